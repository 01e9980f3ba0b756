//! The notices on the Activity page about a missing or broken Aircall connection.

use axum::http::Method;
use serde_json::{Value, json};

use super::aircall::{change_in_dashboard, fault};
use crate::fixture::Fixture;

/// A console with both sides connected and no notice.
async fn connected() -> Fixture {
    let f = Fixture::new().await;
    f.connect().await;
    f.connect_aircall().await;
    let page = f.get("/activity").await.text;
    assert!(page.contains("Everything is connected") && !page.contains("class=\"notice"), "{page}");
    f
}

/// Checks that a new process shows these texts on the Activity page.
async fn check_noticed(f: &Fixture, texts: &[&str]) {
    let other = f.restarted();
    // The second time the result comes from the cache or the stored state.
    for _ in 0..2 {
        let page = other.get("/activity").await.text;
        for text in texts {
            assert!(page.contains(text), "{text} is not in {page}");
        }
        assert!(!page.contains("Everything is connected"), "{page}");
    }
}

#[tokio::test]
async fn a_deleted_deactivated_or_changed_webhook_is_noticed() {
    for (method, body, message) in [
        (Method::DELETE, Value::Null, "somebody has deleted it."),
        (Method::PUT, json!({ "active": false, "events": ::aircall::EVENTS }), "Aircall has turned the webhook off"),
        (Method::PUT, json!({ "events": ["contact.created"] }), "Somebody changed in Aircall what the webhook sends"),
    ] {
        let f = connected().await;
        change_in_dashboard(&f, method, body).await;
        let link = "<a href=\"/connections\">Re-activate the webhook</a>";
        check_noticed(&f, &["Aircall does not send calls correctly.", message, link]).await;
    }
}

#[tokio::test]
async fn a_revoked_key_is_noticed() {
    let f = connected().await;
    fault(&f, json!({ "path": "/v1/", "status": 403, "times": 50, "body": { "message": "Forbidden" } })).await;
    let link = "<a href=\"/connections\">Check the connection</a>";
    check_noticed(&f, &["The state of the Aircall webhook is unknown. Aircall does not accept the API key", link])
        .await;
}

#[tokio::test]
async fn an_unavailable_aircall_raises_no_notice() {
    let f = connected().await;
    fault(&f, json!({ "path": "/v1/", "status": 500, "times": 50 })).await;
    let page = f.restarted().get("/activity").await.text;
    assert!(page.contains("Everything is connected"), "{page}");
}

#[tokio::test]
async fn missing_connections_are_both_offered() {
    let f = Fixture::new().await.with_tenant().await;
    let page = f.get("/activity").await.text;
    for side in ["Salesforce", "Aircall"] {
        assert!(page.contains(&format!("{side} is not connected")), "{side}: {page}");
        // Once in the notice and once in the empty list.
        assert_eq!(page.matches(&format!("<a href=\"/connections\">Connect {side}</a>")).count(), 2, "{side}: {page}");
    }
}
