//! Aircall turns webhooks off, people delete and change them, and nobody is told: a schedule finds and repairs them.

use local::demo::bodies::CallBody;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

async fn env(name: &str) -> TestEnv {
    let env = TestEnv::within(&Running::start(name).await, salesforce_sandbox::Options::default()).await;
    env.contact("Lou Sample", "+33639980001");
    env.connect_aircall().await;
    env
}

impl TestEnv {
    /// Runs the schedule, after an hour without an event or a check.
    async fn check_webhooks(&self) {
        self.update_tenant(json!({"UpdateExpression": "REMOVE webhook_checked_at"})).await;
        let schedule = self.running.stack.info().schedules["ReconcileFunctionHealth"].clone();
        assert!(self.request(schedule).send().await.unwrap().status().is_success());
    }

    /// The tenant's only webhook.
    async fn webhook(&self) -> Value {
        let webhooks = self.webhooks().await;
        assert_eq!(webhooks.len(), 1, "{webhooks:#?}");
        webhooks[0].clone()
    }

    /// Checks that the events of a call arrive from Aircall, and that it is logged.
    async fn logs(&self, id: u64) {
        let call = CallBody::inbound(id);
        let attempts = self.aircall(Method::POST, "/_sandbox/send", call.event("call.ended")).await;
        assert!(attempts.as_array().unwrap().iter().any(|attempt| attempt["status"] == 200), "{attempts}");
        self.wait_until_idle().await;
        assert!(self.is_logged(&call), "{id}");
    }

    async fn activity_page(&self) -> String {
        self.admin(Method::GET, "/activity").send().await.unwrap().text().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_does_not_send_is_repaired_and_the_activity_says_so() {
    let env = env("webhook-health").await;
    let created = env.webhook().await;
    let path = |webhook: &Value| format!("/v1/webhooks/{}", webhook["webhook_id"].as_str().unwrap());
    let (url, events) = (created["url"].clone(), created["events"].clone());

    env.check_webhooks().await;
    assert_eq!(env.webhook().await, created, "nothing is changed while it sends");
    assert!(!env.activity_page().await.contains("was repaired"));

    let off = json!({"custom_name": "x", "url": url, "events": events, "active": false});
    env.aircall(Method::PUT, &path(&created), off).await;
    env.check_webhooks().await;
    let repaired = env.webhook().await;
    assert_eq!((&repaired["active"], &repaired["webhook_id"]), (&json!(true), &created["webhook_id"]));
    assert!(env.activity_page().await.contains("The webhook was turned off in Aircall, and was repaired on"));
    env.logs(1).await;

    let fewer = json!({"custom_name": "x", "url": url, "events": ["call.created"], "active": true});
    env.aircall(Method::PUT, &path(&created), fewer).await;
    env.check_webhooks().await;
    assert_eq!(env.webhook().await["events"], events);
    assert!(env.activity_page().await.contains("The webhook was changed in Aircall"));

    env.aircall(Method::DELETE, &path(&created), Value::Null).await;
    env.check_webhooks().await;
    let another = env.webhook().await;
    assert_ne!(another["webhook_id"], created["webhook_id"]);
    assert_eq!((&another["active"], &another["events"]), (&json!(true), &events));
    assert!(env.activity_page().await.contains("The webhook was deleted in Aircall"));
    env.logs(2).await;
    let logs = env.running.logs();
    let repairs: usize =
        logs.iter().map(|(_, text)| text.matches("\"message\":\"repaired the webhook\"").count()).sum();
    assert_eq!(repairs, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_checked_once_an_hour_while_no_event_comes() {
    let env = env("webhook-checks").await;
    let requests =
        async || env.aircall(Method::GET, "/_sandbox/requests", Value::Null).await["total"].as_u64().unwrap();
    env.check_webhooks().await;
    let before = requests().await;
    let schedule = env.running.stack.info().schedules["ReconcileFunctionHealth"].clone();
    for _ in 0..3 {
        assert!(env.request(schedule.clone()).send().await.unwrap().status().is_success());
    }
    assert_eq!(requests().await, before);
}
