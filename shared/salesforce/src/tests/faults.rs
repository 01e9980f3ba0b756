//! Every error code has the same kind in every error shape.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{ok, org};
use crate::{Atomicity, Error, ErrorCode, Graph, Kind, Record, Refusal, SObject, SubResult, Subrequest};

/// The expected kind of each code, stated a second time: a change of [`ErrorCode::kind`] must be intended, and a new
/// code must be decided.
const EXPECTED_KINDS: [(Kind, &[&str]); 10] = [
    (Kind::Refresh, &["INVALID_SESSION_ID"]),
    (Kind::Reconnect, &["OPERATION_WITH_INACTIVE_USER_EXCEPTION", "invalid_grant"]),
    (
        Kind::Pause,
        &[
            "API_CURRENTLY_DISABLED",
            "API_DISABLED_FOR_ORG",
            "LIMIT_EXCEEDED",
            "REQUEST_LIMIT_EXCEEDED",
            "STORAGE_LIMIT_EXCEEDED",
            "TXN_SECURITY_METERING_ERROR",
        ],
    ),
    (
        Kind::Retry,
        &[
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "PROCESSING_HALTED",
            "SERVER_UNAVAILABLE",
            "UNABLE_TO_LOCK_ROW",
            "UNKNOWN_EXCEPTION",
        ],
    ),
    (Kind::AlreadyLogged, &["DUPLICATE_VALUE"]),
    (Kind::UseRecord, &["DUPLICATES_DETECTED"]),
    (Kind::DefaultOwner, &["INACTIVE_OWNER_OR_USER", "OP_WITH_INVALID_USER_TYPE_EXCEPTION", "TRANSFER_REQUIRES_READ"]),
    (Kind::Degrade, &["INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"]),
    (Kind::RematchOnce, &["CANNOT_UPDATE_CONVERTED_LEAD", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"]),
    (
        Kind::Fail,
        &[
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "DUPLICATE_EXTERNAL_ID",
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "FIELD_INTEGRITY_EXCEPTION",
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "INVALID_EMAIL_ADDRESS",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "INVALID_TYPE",
            "JSON_PARSER_ERROR",
            "MALFORMED_ID",
            "MALFORMED_QUERY",
            "MALFORMED_SEARCH",
            "NOT_FOUND",
            "QUERY_TIMEOUT",
            "REQUIRED_FIELD_MISSING",
            "STRING_TOO_LONG",
        ],
    ),
];

#[test]
fn every_code_has_its_expected_kind() {
    for (kind, names) in EXPECTED_KINDS {
        let of_kind = ErrorCode::KNOWN.iter().filter(|code| code.kind() == kind);
        assert_eq!(of_kind.map(ErrorCode::name).collect::<BTreeSet<_>>(), names.iter().copied().collect(), "{kind:?}");
    }
    assert_eq!(ErrorCode::from_name("NEW_CODE").kind(), Kind::Unknown);
}

const HALTED: &str = "PROCESSING_HALTED";

fn single(code: &str) -> Value {
    json!([{"message": "no", "errorCode": code, "fields": []}])
}

fn part(reference_id: &str, code: &str) -> Value {
    json!({"body": single(code), "httpHeaders": {}, "httpStatusCode": 400, "referenceId": reference_id})
}

fn task() -> Record {
    Record::new(SObject::Task).with("Subject", "Call")
}

/// A Contact and a Task on it.
fn bundle() -> Vec<Subrequest> {
    let contact = Record::new(SObject::Contact).with("LastName", "Roe");
    vec![Subrequest::create("c", contact), Subrequest::create("t", task()).link("WhoId", "c")]
}

fn task_refusal(results: &[SubResult]) -> Refusal {
    results[1].done().unwrap_err().clone()
}

/// The refusal of the whole request.
async fn whole(answer: ResponseTemplate) -> Error {
    let (_server, client) = org("POST", "composite", answer).await;
    client.composite(&bundle(), Atomicity::AllOrNone).await.unwrap_err()
}

async fn collection_refusal(code: &str) -> Refusal {
    let record = json!([{"success": false, "errors": [{"statusCode": code, "message": "no", "fields": []}]}]);
    let (_server, client) = org("POST", "composite/sobjects", ok(&record)).await;
    client.create(&[task()], Atomicity::EachAlone).await.unwrap().value.remove(0).unwrap_err()
}

async fn composite_refusal(code: &str) -> Refusal {
    let answer = json!({"compositeResponse": [part("c", HALTED), part("t", code)]});
    let (_server, client) = org("POST", "composite", ok(&answer)).await;
    task_refusal(&client.composite(&bundle(), Atomicity::AllOrNone).await.unwrap().value)
}

async fn graph_refusal(code: &str) -> Refusal {
    let answer = json!({"graphs": [{"graphId": "g", "isSuccessful": false,
        "graphResponse": {"compositeResponse": [part("c", HALTED), part("t", code)]}}]});
    let (_server, client) = org("POST", "composite/graph", ok(&answer)).await;
    let graph = Graph { id: "g".to_owned(), subrequests: bundle() };
    task_refusal(&client.graph(&[graph]).await.unwrap().value[0].results)
}

#[tokio::test]
async fn every_error_shape_gives_the_same_kind() {
    let unknown = ErrorCode::from_name("NEW_CODE");
    for code in ErrorCode::KNOWN.iter().chain([&unknown]) {
        let name = code.name();
        let whole = async |body: Value| whole(ResponseTemplate::new(400).set_body_json(body)).await;
        let refusals = [
            ("single", whole(single(name)).await.refusal().unwrap().clone()),
            ("OAuth", whole(json!({"error": name, "error_description": "no"})).await.refusal().unwrap().clone()),
            ("collection", collection_refusal(name).await),
            ("composite", composite_refusal(name).await),
            ("graph", graph_refusal(name).await),
        ];
        for (shape, refusal) in refusals {
            assert_eq!(refusal.kind(), code.kind(), "{name}: {shape}");
            assert_eq!((refusal.code(), refusal.to_string()), (code, format!("no ({name})")), "{shape}");
        }
    }
}

#[tokio::test]
async fn without_an_error_code_the_http_status_decides() {
    let statuses = [
        (Kind::Refresh, &[301, 302, 401, 404, 410, 421][..]),
        (Kind::Pause, &[403]),
        (Kind::Retry, &[400, 406, 408, 409, 420, 425, 429, 500, 502, 503, 504]),
        (Kind::Fail, &[405, 413, 414, 415, 428, 431]),
    ];
    let bodies = [
        "<html><body>We are down for maintenance</body></html>",
        "",
        "null",
        "[]",
        "{}",
        "[1]",
        r#"{"message": "no"}"#,
        r#"{"error": {"code": 7}}"#,
        r#"[{"errorCode": null, "message": "no"}]"#,
    ];
    for (kind, statuses) in statuses {
        for status in statuses {
            for body in bodies {
                let refusal = Refusal::from_body(*status, body.as_bytes());
                assert_eq!((refusal.code(), refusal.kind()), (&ErrorCode::Http(*status), kind), "{status} {body}");
            }
            let error = whole(ResponseTemplate::new(*status).set_body_string(bodies[0])).await;
            assert_eq!(error.kind(), kind, "{status}");
        }
    }
}

#[tokio::test]
async fn a_truncated_error_is_never_a_permanent_failure() {
    let whole_body = single("UNABLE_TO_LOCK_ROW").to_string();
    for end in 1..whole_body.len() {
        for (status, kind) in
            [(400, Kind::Retry), (404, Kind::Retry), (410, Kind::Retry), (401, Kind::Refresh), (403, Kind::Pause)]
        {
            let error = Refusal::from_body(status, &whole_body.as_bytes()[..end]);
            assert_eq!(error.code(), &ErrorCode::Http(status), "a truncated code is no code");
            if end % 7 == 0 {
                let answer = ResponseTemplate::new(status).set_body_string(&whole_body[..end]);
                assert_eq!(whole(answer).await.kind(), kind, "{status} {}", &whole_body[..end]);
            }
        }
    }
}

#[tokio::test]
async fn for_an_unknown_code_the_http_status_decides() {
    for (status, kind) in [
        (400, Kind::Unknown),
        (401, Kind::Refresh),
        (403, Kind::Unknown),
        (404, Kind::Unknown),
        (410, Kind::Unknown),
        (420, Kind::Retry),
        (429, Kind::Retry),
        (500, Kind::Retry),
        (503, Kind::Retry),
    ] {
        let error = whole(ResponseTemplate::new(status).set_body_json(single("NEW_CODE"))).await;
        assert_eq!(error.kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn an_unreadable_success_is_retried() {
    for body in ["<html>Maintenance</html>", "", "null", "[]", "{}", r#"{"compositeResponse": [{"#] {
        let error = whole(ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!((error.kind(), error.refusal()), (Kind::Retry, None), "{body}");
    }
}
