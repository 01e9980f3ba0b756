//! Refusals, end to end.

use serde_json::json;
use wiremock::ResponseTemplate;

use super::{TOKEN, org};
use crate::{ApiUsage, Atomicity, Error, Kind, Record, SObject};

async fn refused(answer: ResponseTemplate) -> Error {
    let (_server, client) = org("POST", "composite/sobjects", answer).await;
    let task = Record::new(SObject::Task).with("Description", "a private remark");
    client.create(&[task], Atomicity::EachAlone).await.unwrap_err()
}

#[track_caller]
fn check(error: &Error, kind: Kind, shown: &str) {
    assert_eq!(error.kind(), kind, "{error:?}");
    assert_eq!(error.to_string(), shown);
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(TOKEN) && !text.contains("private remark"), "{text}");
    }
}

#[tokio::test]
async fn an_expired_session_asks_for_a_refresh() {
    let body = json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]);
    let error = refused(ResponseTemplate::new(401).set_body_json(body)).await;
    check(&error, Kind::Refresh, "Session expired or invalid (INVALID_SESSION_ID)");
}

#[tokio::test]
async fn an_exhausted_allowance_reports_the_usage() {
    let body = json!([{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]);
    let answer = ResponseTemplate::new(403).insert_header("Sforce-Limit-Info", "api-usage=15000/15000");
    let error = refused(answer.set_body_json(body)).await;
    check(&error, Kind::Pause, "TotalRequests Limit exceeded. (REQUEST_LIMIT_EXCEEDED)");
    assert_eq!(error.usage(), Some(ApiUsage { used: 15000, limit: 15000 }));
}

#[tokio::test]
async fn an_error_page_instead_of_json_is_retried() {
    let error = refused(ResponseTemplate::new(503).set_body_raw("<html>We are down</html>", "text/html")).await;
    check(&error, Kind::Retry, "Salesforce answered HTTP 503 without an error code");
}

#[tokio::test]
async fn an_empty_refusal_of_the_edge_is_retried() {
    let error = refused(ResponseTemplate::new(420)).await;
    check(&error, Kind::Retry, "Salesforce answered HTTP 420 without an error code");
}

#[tokio::test]
async fn a_page_with_a_success_status_is_retried() {
    let error = refused(ResponseTemplate::new(200).set_body_raw("<html>Maintenance</html>", "text/html")).await;
    check(&error, Kind::Retry, "Salesforce did not answer: the response cannot be read");
}
