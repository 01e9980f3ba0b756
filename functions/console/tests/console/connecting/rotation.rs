//! Replacing the webhook and its token.

use axum::http::{Method, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{AircallConnection, RetiredToken, TOKEN_GRACE, TokenHash};

use super::aircall::{change_in_dashboard, created, fault, requests};
use crate::fixture::Fixture;

#[tokio::test]
async fn a_rotation_replaces_the_webhook_and_its_token() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let before = f.stored(&f.tenant).await;
    let answer = f.send(Method::POST, "/api/connections/aircall/rotate", "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let after = f.stored(&f.tenant).await;
    f.check_connected(&after);
    assert_eq!(after.webhook_tokens.len(), 1);
    assert_ne!(before.webhook_tokens, after.webhook_tokens);
    // Events of the former webhook are still on their way.
    let retired = after.retired_tokens[0];
    assert_eq!((after.retired_tokens.len(), retired.hash), (1, before.webhook_tokens[0]));
    let left = retired.until.duration_since(Timestamp::now());
    assert!(left > TOKEN_GRACE - SignedDuration::from_secs(60) && left <= TOKEN_GRACE, "{left}");
    // Aircall always had a webhook that sends: the new one was activated before the old one was deleted.
    let is_change = |request: &String| !request.starts_with("GET");
    let method = |request: String| request.split(' ').next().unwrap().to_owned();
    let changes: Vec<String> = requests(&f).await.into_iter().filter(is_change).map(method).collect();
    assert_eq!(changes, ["POST", "PUT", "POST", "PUT", "DELETE"]);
}

/// Rotates the webhook and returns the ID of the new one.
async fn rotate(f: &Fixture) -> String {
    let answer = f.send(Method::POST, "/api/connections/aircall/rotate", "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.body["aircall"]["webhook_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_rotation_that_is_asked_for_again_is_done_once() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let other = f.restarted();
    let (one, same) = tokio::join!(rotate(&f), rotate(&other));
    assert_eq!(one, same);
    for f in [&f, &other] {
        assert_eq!(rotate(f).await, one);
        let page = f.post("/connections/aircall/rotate", &[]).await;
        assert_eq!((page.status, page.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/connections"));
    }
    assert_eq!(created(&f).await, 2, "the first webhook and its successor");
    let tenant = f.stored(&f.tenant).await;
    f.check_connected(&tenant);
    assert_eq!((tenant.webhook_tokens.len(), tenant.retired_tokens.len()), (1, 1));

    // When the former token is not accepted any more, it is another rotation.
    let connection = tenant.aircall.unwrap();
    let rotated_at = connection.rotated_at.map(|at| at - TOKEN_GRACE);
    f.tenants.connect_aircall(&f.tenant, &AircallConnection { rotated_at, ..connection }).await.unwrap();
    assert_ne!(rotate(&f).await, one);
    f.check_connected(&f.stored(&f.tenant).await);
}

#[tokio::test]
async fn a_rotation_whose_responses_are_lost_is_done_once() {
    for method in ["POST", "PUT", "DELETE"] {
        let f = Fixture::new().await.with_tenant().await;
        f.connect_aircall().await;
        fault(&f, json!({ "method": method, "path": "/v1/webhooks", "status": 502, "commit": true })).await;
        let answer = f.send(Method::POST, "/api/connections/aircall/rotate", "").await;
        if method == "DELETE" {
            answer.check_error(StatusCode::SERVICE_UNAVAILABLE, "aircall_unavailable");
        } else {
            assert_eq!(answer.status, StatusCode::OK, "{method}: {}", answer.text);
        }
        rotate(&f).await;
        let tenant = f.stored(&f.tenant).await;
        f.check_connected(&tenant);
        assert_eq!(
            (created(&f).await, tenant.webhook_tokens.len(), tenant.retired_tokens.len()),
            (2, 1, 1),
            "{method}"
        );
    }
}

#[tokio::test]
async fn a_rotation_whose_webhook_does_not_send_any_more_is_another_one() {
    for (method, body) in [(Method::DELETE, Value::Null), (Method::PUT, json!({ "active": false }))] {
        let f = Fixture::new().await.with_tenant().await;
        f.connect_aircall().await;
        let former = rotate(&f).await;
        change_in_dashboard(&f, method, body).await;
        assert_ne!(rotate(&f).await, former);
        f.check_connected(&f.stored(&f.tenant).await);
    }
}

#[tokio::test]
async fn a_token_that_was_retired_is_accepted_again_with_its_webhook() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let tenant = f.stored(&f.tenant).await;
    let retired = RetiredToken { hash: tenant.webhook_tokens[0], until: Timestamp::now() };
    f.tenants.retire_webhook_tokens(&f.tenant, &[], &[retired]).await.unwrap();
    f.send(Method::POST, "/api/connections/aircall/reactivate", "").await;
    let after = f.stored(&f.tenant).await;
    assert_eq!((after.webhook_tokens, after.retired_tokens), (tenant.webhook_tokens, tenant.retired_tokens));
}

#[tokio::test]
async fn an_incomplete_rotation_leaves_both_tokens_valid() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    fault(&f, json!({ "method": "DELETE", "path": "/v1/webhooks", "status": 500 })).await;
    let answer = f.send(Method::POST, "/api/connections/aircall/rotate", "").await;
    answer.check_error(StatusCode::SERVICE_UNAVAILABLE, "aircall_unavailable");
    let tenant = f.stored(&f.tenant).await;
    let sending = f.webhooks();
    assert_eq!((sending.len(), tenant.webhook_tokens.len()), (2, 2));
    for webhook in sending {
        assert!(tenant.webhook_tokens.contains(&TokenHash::new(webhook["token"].as_str().unwrap())));
    }
    f.send(Method::POST, "/api/connections/aircall/rotate", "").await;
    let tenant = f.stored(&f.tenant).await;
    f.check_connected(&tenant);
    assert_eq!(tenant.webhook_tokens.len(), 1);
}
