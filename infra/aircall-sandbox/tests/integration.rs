//! The installation of an app: what it is told of itself, its lines, and its end.

use serde_json::{Value, json};

use crate::client::{Client, column};
use crate::oauth::app_for_lines;
use crate::receiver::Receiver;

fn ended(id: u64, line: u64) -> Value {
    json!({"event": "call.ended", "data": {"id": id, "number": {"id": line}, "started_at": 1_774_259_984}})
}

#[tokio::test]
async fn an_app_is_told_its_company_and_its_lines() {
    let client = Client::new();
    let app = client.app();
    let me = app.get("/v1/integrations/me").await;
    let integration = &me.body["integration"];
    assert_eq!((me.status, &integration["active"], &integration["status"]), (200, &json!(true), &json!("open")));
    assert_eq!((&integration["number_ids"], &integration["numbers_count"]), (&json!([1001, 1002, 1003]), &json!(3)));
    let company = client.get("/_sandbox/company").await.body;
    assert!(company["id"].is_u64());
    assert_eq!(integration["company_id"], company["id"]);
    assert_ne!(Client::new().get("/_sandbox/company").await.body["id"], company["id"]);
    assert_eq!(client.get("/v1/integrations/me").await.status, 404, "an API key is no integration");
}

#[tokio::test]
async fn a_renamed_company_keeps_its_id() {
    let client = Client::new();
    let id = client.get("/_sandbox/company").await.body["id"].clone();
    let renamed = client.put("/_sandbox/company", json!({"name": "Example Group"})).await;
    assert_eq!((renamed.status, &renamed.body), (200, &json!({"id": id, "name": "Example Group"})));
    assert_eq!(client.get("/v1/company").await.body["company"]["name"], "Example Group");
    assert_eq!(client.app().get("/v1/integrations/me").await.body["integration"]["company_id"], id);
    for wrong in [json!({}), json!({"name": " "}), json!({"name": "X", "id": 1})] {
        assert_eq!(client.put("/_sandbox/company", wrong.clone()).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn an_app_gets_the_calls_of_the_lines_that_the_admin_chose() {
    let client = Client::new();
    let app = app_for_lines(&client, &[1002]).await;
    let (_, url) = Receiver::start(&[200]).await;
    app.webhook(json!({"url": url})).await;
    client.webhook(json!({"url": url})).await;
    let integration = app.get("/v1/integrations/me").await.body["integration"].clone();
    assert_eq!((&integration["number_ids"], &integration["numbers_count"]), (&json!([1002]), &json!(1)));
    for (line, count) in [(1002, 2), (1001, 1)] {
        let sent = client.post("/_sandbox/send", ended(line, line)).await.body;
        assert_eq!(sent.as_array().unwrap().len(), count, "{line}");
    }
    assert_eq!(
        client
            .post("/_sandbox/send", json!({"event": "user.opened", "data": {"id": 1}}))
            .await
            .body
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let none = app_for_lines(&client, &[]).await;
    assert_eq!(none.get("/v1/integrations/me").await.body["integration"]["number_ids"], json!([]));
}

#[tokio::test]
async fn a_disabled_app_gets_no_events_until_it_is_enabled() {
    let client = Client::new();
    let app = client.app();
    let (_, url) = Receiver::start(&[200]).await;
    app.webhook(json!({"url": url})).await;
    for (action, active, count) in [("disable", false, 0), ("enable", true, 1)] {
        let answer = app.post(&format!("/v1/integrations/{action}"), json!({})).await;
        assert_eq!((answer.status, &answer.body["integration"]["active"]), (200, &json!(active)));
        let sent = client.post("/_sandbox/send", ended(7, 1001)).await.body;
        assert_eq!(sent.as_array().unwrap().len(), count, "{action}");
        assert_eq!(client.post(&format!("/v1/integrations/{action}"), json!({})).await.status, 404);
    }
}

#[tokio::test]
async fn uninstalling_tells_the_apps_webhooks_and_ends_its_access() {
    let client = Client::new();
    let app = client.app();
    let (receiver, url) = Receiver::start(&[200]).await;
    let webhook = app.webhook(json!({"url": url, "events": ["integration.deleted"]})).await;
    app.webhook(json!({"url": url, "events": ["call.ended"]})).await;
    let kept = client.webhook(json!({"url": url})).await;
    let sent = client.post("/_sandbox/uninstall", json!(null)).await;
    assert_eq!((sent.status, column(&sent.body, "webhook_id")), (200, vec![webhook["webhook_id"].clone()]));
    let bodies = receiver.bodies().await;
    let fields = |key: &str| bodies[0][key].clone();
    assert_eq!(
        (bodies.len(), fields("event"), fields("resource")),
        (1, json!("integration.deleted"), json!("integration"))
    );
    assert_eq!((fields("token"), fields("timestamp").is_i64()), (webhook["token"].clone(), true));
    assert_eq!(fields("data")["company_id"], client.get("/_sandbox/company").await.body["id"]);
    assert_eq!(app.get("/v1/integrations/me").await.status, 403, "its token is void");
    assert_eq!(client.get("/v1/webhooks").await.body["webhooks"], json!([kept]));
    let again = client.app();
    assert_eq!(again.get("/v1/integrations/me").await.status, 200);
    assert_eq!(again.get("/v1/webhooks").await.body["webhooks"], json!([]));
}
