//! Events that Aircall does not grant.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::aircall::{change_in_dashboard, requests};
use crate::fixture::Fixture;

/// Changes options of the sandbox.
async fn options(f: &Fixture, options: Value) {
    let url = format!("{}/_sandbox/options", f.vendors.aircall_url);
    let changed = reqwest::Client::new().put(url).json(&options).send().await.unwrap();
    assert!(changed.status().is_success());
}

/// All our events but this one, sorted.
fn all_but(missing: &str) -> Vec<&str> {
    let mut events: Vec<&str> = ::aircall::EVENTS.into_iter().filter(|event| *event != missing).collect();
    events.sort_unstable();
    events
}

fn sorted(events: &Value) -> Vec<&str> {
    let mut events: Vec<&str> = events.as_array().unwrap().iter().map(|event| event.as_str().unwrap()).collect();
    events.sort_unstable();
    events
}

#[tokio::test]
async fn an_event_that_is_refused_or_dropped_is_left_out_and_shown() {
    for (option, event) in [
        ("refused_events", "ai_voice_agent.summary"),
        ("refused_events", "call.commented"),
        ("dropped_events", "call.commented"),
    ] {
        let f = Fixture::new().await.with_tenant().await;
        options(&f, json!({ option: [event] })).await;
        let answer = f.connect_aircall().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let shown = &answer.body["aircall"];
        assert_eq!((&shown["state"], &shown["reason"]), (&json!("active"), &Value::Null), "{option} {event}");
        assert_eq!((sorted(&shown["events"]), &shown["missing_events"]), (all_but(event), &json!([event])));
        let page = f.get("/connections").await;
        assert!(page.text.contains("Events that Aircall does not grant"), "{}", page.text);
        assert!(page.text.contains(&format!("<li><code>{event}</code>: {}", ::aircall::brings(event).unwrap())));
        assert_eq!(f.webhooks().len(), 1);
        assert!(requests(&f).await.iter().filter(|request| request.starts_with("PUT ")).count() <= 17);

        // The plan has changed.
        options(&f, json!({ option: [] })).await;
        let answer = f.send(Method::POST, "/api/connections/aircall/reactivate", "").await;
        assert_eq!(answer.body["aircall"]["missing_events"], json!([]), "{}", answer.text);
        f.check_connected(&f.stored(&f.tenant).await);
        assert!(!f.get("/connections").await.text.contains("does not grant"));
    }
}

#[tokio::test]
async fn that_uninstalling_is_not_announced_does_not_matter_with_an_api_key() {
    let f = Fixture::new().await.with_tenant().await;
    options(&f, json!({ "refused_events": ["integration.deleted"] })).await;
    assert_eq!(f.connect_aircall().await.body["aircall"]["missing_events"], json!(["integration.deleted"]));
    assert!(!f.get("/connections").await.text.contains("does not grant"));
}

#[tokio::test]
async fn events_that_only_this_version_asks_for_are_nobodys_fault() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let former = [&::aircall::EVENTS[..17], &["call.hungup"]].concat();
    change_in_dashboard(&f, Method::PUT, json!({ "active": true, "events": former })).await;
    let mut connection = f.stored(&f.tenant).await.aircall.unwrap();
    let events: Vec<String> = former.iter().map(|event| (*event).to_owned()).collect();
    for subscription in [None, Some(store::AircallSubscription { asked: events.clone(), granted: events })] {
        connection.subscription = subscription;
        f.tenants.connect_aircall(&f.tenant, &connection).await.unwrap();
        let shown = f.restarted().get("/api/connections").await.body["aircall"].clone();
        assert_eq!((&shown["state"], &shown["reason"]), (&json!("active"), &Value::Null), "{shown}");
    }
    assert_eq!(f.send(Method::POST, "/api/connections/aircall/reactivate", "").await.status, StatusCode::OK);
    f.check_connected(&f.stored(&f.tenant).await);
}
