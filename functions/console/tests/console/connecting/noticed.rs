//! What Activity, where an admin starts, says of an Aircall that sends no calls.

use axum::http::Method;
use serde_json::{Value, json};

use super::aircall::{fault, in_the_dashboard};
use crate::fixture::Fixture;

/// Both sides are connected, and all is well.
async fn connected() -> Fixture {
    let f = Fixture::new().await;
    f.connect().await;
    f.connect_aircall().await;
    let page = f.get("/activity").await.text;
    assert!(page.contains("Everything is connected") && !page.contains("class=\"notice"), "{page}");
    f
}

/// A page of a minute later says so, with a link to where it is mended.
async fn check_noticed(f: &Fixture, texts: &[&str]) {
    let other = f.again();
    // What is known already is as good.
    for _ in 0..2 {
        let page = other.get("/activity").await.text;
        for text in texts {
            assert!(page.contains(text), "{text} is not in {page}");
        }
        assert!(!page.contains("Everything is connected"), "{page}");
    }
}

#[tokio::test]
async fn a_webhook_that_was_deleted_turned_off_or_changed() {
    for (method, body, words) in [
        (Method::DELETE, Value::Null, "somebody has deleted it."),
        (Method::PUT, json!({ "active": false, "events": ::aircall::EVENTS }), "Aircall has turned the webhook off"),
        (Method::PUT, json!({ "events": ["contact.created"] }), "Somebody changed in Aircall what the webhook sends"),
    ] {
        let f = connected().await;
        in_the_dashboard(&f, method, body).await;
        let link = "<a href=\"/connections\">Re-activate the webhook</a>";
        check_noticed(&f, &["Aircall does not send calls as it should.", words, link]).await;
    }
}

#[tokio::test]
async fn a_key_that_aircall_no_longer_accepts() {
    let f = connected().await;
    fault(&f, json!({ "path": "/v1/", "status": 403, "times": 50, "body": { "message": "Forbidden" } })).await;
    let link = "<a href=\"/connections\">Look at the connection</a>";
    check_noticed(&f, &["It is not known whether Aircall sends calls. Aircall does not accept the API key", link])
        .await;
}

#[tokio::test]
async fn an_aircall_that_does_not_answer_is_no_news() {
    let f = connected().await;
    fault(&f, json!({ "path": "/v1/", "status": 500, "times": 50 })).await;
    let page = f.again().get("/activity").await.text;
    assert!(page.contains("Everything is connected"), "{page}");
}

#[tokio::test]
async fn where_neither_side_is_connected_both_are_next() {
    let f = Fixture::new().await.with_tenant().await;
    let page = f.get("/activity").await.text;
    for side in ["Salesforce", "Aircall"] {
        assert!(page.contains(&format!("{side} is not connected")), "{side}: {page}");
        // In the notice, and where the calls would be.
        assert_eq!(page.matches(&format!("<a href=\"/connections\">Connect {side}</a>")).count(), 2, "{side}: {page}");
    }
}
