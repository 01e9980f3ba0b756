//! `/v1/webhooks`, and the meaning of omitted events.

use aircall_sandbox::EVENTS;
use serde_json::{Value, json};

use crate::client::{Client, column};

const URL: &str = "https://hooks.example.com/aircall";

fn uri(webhook: &Value) -> String {
    format!("/v1/webhooks/{}", webhook["webhook_id"].as_str().unwrap())
}

#[tokio::test]
async fn a_webhook_is_created_shown_and_deleted() {
    let client = Client::new();
    let body = json!({"custom_name": "Mine", "url": URL, "events": ["call.ended", "call.created", "call.ended"]});
    let webhook = client.webhook(body).await;
    let fields: Vec<&String> = webhook.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["active", "created_at", "custom_name", "direct_link", "events", "token", "url", "webhook_id"]);
    assert_eq!(
        (&webhook["custom_name"], &webhook["url"], &webhook["active"]),
        (&json!("Mine"), &json!(URL), &json!(true))
    );
    assert_eq!(webhook["events"], json!(["call.ended", "call.created"]));
    assert_eq!((webhook["token"].as_str().unwrap().len(), webhook["webhook_id"].as_str().unwrap().len()), (32, 36));
    assert_eq!(client.get(&uri(&webhook)).await.body["webhook"], webhook);
    assert_eq!(client.get("/v1/webhooks").await.body["webhooks"], json!([webhook]));
    assert_eq!(client.delete(&uri(&webhook)).await.status, 204);
    for answer in [client.get(&uri(&webhook)).await, client.delete(&uri(&webhook)).await] {
        assert_eq!(answer.status, 404);
    }
}

#[tokio::test]
async fn omitted_or_empty_events_mean_all_events() {
    let client = Client::new();
    for body in [json!({"url": URL}), json!({"url": URL, "events": []}), json!({"url": URL, "events": null})] {
        assert_eq!(client.webhook(body).await["events"], json!(EVENTS));
    }
    let webhook = client.webhook(json!({"url": URL, "events": ["call.ended"]})).await;
    let changed = client.put(&uri(&webhook), json!({"active": true})).await.body["webhook"].clone();
    assert_eq!(changed["events"], json!(EVENTS), "an update without events subscribes to all");
    assert_eq!(changed["token"], webhook["token"]);
}

#[tokio::test]
async fn an_update_replaces_adds_or_removes_events() {
    let client = Client::new();
    let webhook = client.webhook(json!({"url": URL, "events": ["call.ended"]})).await;
    let events = async |query: &str, events: &[&str]| {
        let answer = client.put(&(uri(&webhook) + query), json!({"events": events})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["webhook"]["events"].clone()
    };
    assert_eq!(events("", &["call.tagged"]).await, json!(["call.tagged"]));
    let added = events("?events_action=add", &["call.tagged", "call.ended"]).await;
    assert_eq!(added, json!(["call.tagged", "call.ended"]));
    assert_eq!(events("?events_action=remove", &["call.tagged"]).await, json!(["call.ended"]));
    let same = client.put(&(uri(&webhook) + "?events_action=add"), json!({"active": false, "custom_name": "B"})).await;
    let same = &same.body["webhook"];
    assert_eq!(
        (&same["events"], &same["active"], &same["custom_name"]),
        (&json!(["call.ended"]), &json!(false), &json!("B"))
    );
    assert_eq!(client.put(&(uri(&webhook) + "?events_action=swap"), json!({})).await.status, 400);
}

#[tokio::test]
async fn an_invalid_webhook_is_refused_and_changes_nothing() {
    let client = Client::new();
    for body in [
        json!({}),
        json!({"url": ""}),
        json!({"url": "nowhere"}),
        json!({"url": "http://hooks.example.com/"}),
        json!({"url": "ftp://localhost/"}),
        json!({"url": URL, "events": ["call.missed"]}),
        json!({"url": URL, "events": "call.ended"}),
        json!({"url": URL, "events": [7]}),
        json!({"url": URL, "custom_name": 7}),
        json!([URL]),
    ] {
        let answer = client.post("/v1/webhooks", body.clone()).await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("Bad Request")), "{body}");
    }
    assert_eq!(client.get("/v1/webhooks").await.body["webhooks"], json!([]));
    let webhook = client.webhook(json!({"url": "http://127.0.0.1:9/"})).await;
    let refused = client.put(&uri(&webhook), json!({"url": URL, "events": ["call.missed"]})).await;
    assert_eq!(refused.status, 400);
    assert_eq!(client.get(&uri(&webhook)).await.body["webhook"], webhook, "a refused update changes nothing");
}

#[tokio::test]
async fn a_company_has_at_most_a_hundred_webhooks() {
    let client = Client::new();
    for _ in 0..100 {
        client.webhook(json!({"url": URL})).await;
    }
    assert_eq!(client.post("/v1/webhooks", json!({"url": URL})).await.status, 400);
    assert_eq!(client.get("/v1/webhooks?per_page=50&page=2").await.body["meta"]["count"], 50);
}

#[tokio::test]
async fn an_app_sees_its_own_webhooks_only() {
    let client = Client::new();
    let (one, other) = (client.app(), client.app());
    let webhook = one.webhook(json!({"url": URL})).await;
    client.webhook(json!({"url": URL})).await;
    assert_eq!(one.get("/v1/webhooks").await.body["webhooks"], json!([webhook]));
    assert_eq!(other.get("/v1/webhooks").await.body["meta"]["total"], 0);
    assert_eq!(other.get(&uri(&webhook)).await.status, 404);
    assert_eq!(other.delete(&uri(&webhook)).await.status, 404);
    assert_eq!(column(&client.get("/v1/webhooks").await.body["webhooks"], "url").len(), 2);
}

#[tokio::test]
async fn a_webhook_with_an_event_that_aircall_refuses_is_refused_as_a_whole() {
    let client = Client::with(json!({"refused_events": ["ai_voice_agent.started"]}));
    let body = json!({"url": URL, "events": ["call.ended", "ai_voice_agent.started"]});
    assert_eq!(client.post("/v1/webhooks", body.clone()).await.status, 400);
    assert_eq!(client.get("/v1/webhooks").await.body["webhooks"], json!([]));
    let webhook = client.webhook(json!({"url": URL, "events": ["call.ended"]})).await;
    for query in ["", "?events_action=add", "?events_action=remove"] {
        assert_eq!(client.put(&(uri(&webhook) + query), body.clone()).await.status, 400, "{query}");
    }
    assert_eq!(client.get(&uri(&webhook)).await.body["webhook"], webhook);
    let all = client.webhook(json!({"url": URL})).await;
    assert!(!all["events"].as_array().unwrap().contains(&json!("ai_voice_agent.started")));
}

#[tokio::test]
async fn an_event_that_the_plan_lacks_is_left_out_without_an_error() {
    let client = Client::with(json!({"dropped_events": ["call.tagged"]}));
    let webhook = client.webhook(json!({"url": URL, "events": ["call.ended", "call.tagged"]})).await;
    assert_eq!(webhook["events"], json!(["call.ended"]));
    let added = client.put(&(uri(&webhook) + "?events_action=add"), json!({"events": ["call.tagged"]})).await;
    assert_eq!((added.status, &added.body["webhook"]["events"]), (200, &json!(["call.ended"])));
    assert_eq!(client.get("/v1/webhooks").await.body["webhooks"][0]["events"], json!(["call.ended"]));
    let sent = json!({"event": "call.tagged", "data": {"id": 7}});
    assert_eq!(client.post("/_sandbox/send", sent).await.body, json!([]));
    client.put("/_sandbox/options", json!({"dropped_events": []})).await;
    let webhook = client.get(&uri(&webhook)).await.body["webhook"].clone();
    assert_eq!(webhook["events"], json!(["call.ended", "call.tagged"]), "a better plan has them");
}
