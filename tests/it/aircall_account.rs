//! An Aircall account as it may be: without an event, with another name, or with an app that is uninstalled.

use local::demo::bodies::CallBody;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode, Url, header};
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// A tenant in a stack of its own, whose sandbox Aircall it alone uses.
async fn env(name: &str) -> TestEnv {
    let env = TestEnv::within(&Running::start(name).await, salesforce_sandbox::Options::default()).await;
    env.contact("Lou Sample", "+33639980001");
    env
}

impl TestEnv {
    /// The Aircall account, as the console's API shows it.
    async fn account(&self) -> Value {
        let answer = self.admin(Method::GET, "/api/connections").send().await.unwrap();
        answer.json::<Value>().await.unwrap()["aircall"].clone()
    }

    /// Lets Aircall send an event to all webhooks, and checks that it was accepted.
    async fn send_by_aircall(&self, event: Value) {
        let attempts = self.aircall(Method::POST, "/_sandbox/send", event).await;
        assert!(attempts.as_array().unwrap().iter().any(|attempt| attempt["status"] == 200), "{attempts}");
    }

    /// An admin grants access to the app, and is led to Aircall's success page.
    async fn grant(&self) {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        let info = self.running.stack.info();
        let get = |url: &str| http.get(url).header(header::COOKIE, &self.tenant.session_cookie);
        let location = |answer: &reqwest::Response| answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
        let consent = get(&format!("{}/auth/aircall", info.console_url)).send().await.unwrap();
        let consent: Url = location(&consent).parse().unwrap();
        let mut fields: Vec<_> = consent.query_pairs().into_owned().collect();
        fields.push(("decision".to_owned(), "allow".to_owned()));
        let allowed = http.post(consent).form(&fields).send().await.unwrap();
        let connected = get(&location(&allowed)).send().await.unwrap();
        assert_eq!(location(&connected), format!("{}/oauth/success", info.aircall_url));
        assert_eq!(http.get(location(&connected)).send().await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn an_account_without_an_event_and_with_another_name_is_connected_and_its_calls_are_logged() {
    let env = env("aircall-account").await;
    for (id, option, event) in [(1, "refused_events", "ai_voice_agent.ended"), (2, "dropped_events", "call.commented")]
    {
        let options = json!({"rate_limit": 0, "refused_events": [], "dropped_events": []});
        env.aircall(Method::PUT, "/_sandbox/options", options).await;
        env.aircall(Method::PUT, "/_sandbox/options", json!({option: [event]})).await;
        env.aircall(Method::PUT, "/_sandbox/company", json!({"name": format!("Name {id}")})).await;
        env.connect_aircall().await;
        let account = env.account().await;
        assert_eq!(account["missing_events"], json!([event]), "{account:#}");
        assert_eq!((&account["state"], &account["reason"]), (&json!("active"), &Value::Null));
        assert_eq!(account["company_name"], format!("Name {id}"));
        assert_eq!(env.webhooks().await.len(), 1);
        let call = CallBody::inbound(id);
        env.send_by_aircall(call.event("call.ended")).await;
        env.wait_until_idle().await;
        assert!(env.is_logged(&call), "{option}");
    }
}

#[tokio::test]
async fn uninstalling_the_app_ends_the_connection() {
    let env = env("aircall-uninstalled").await;
    env.grant().await;
    let account = env.account().await;
    assert_eq!((&account["state"], &account["how"]), (&json!("active"), &json!("oauth")), "{account:#}");
    let webhooks = env.aircall(Method::GET, "/v1/webhooks", Value::Null).await;
    let is_current = |webhook: &&Value| webhook["webhook_id"] == account["webhook_id"];
    let token = webhooks["webhooks"].as_array().unwrap().iter().find(is_current).unwrap()["token"].clone();
    let call = CallBody::inbound(1);
    env.send_by_aircall(call.event("call.ended")).await;
    env.wait_until_idle().await;
    assert!(env.is_logged(&call));

    env.aircall(Method::POST, "/_sandbox/uninstall", Value::Null).await;
    env.until("uninstalled", async |env| env.account().await["state"] == "uninstalled").await;
    let later = CallBody::inbound(2).token(token.as_str().unwrap()).event("call.ended").to_string();
    env.until("refused", async |env| env.post_raw(later.clone()).await.status() == StatusCode::UNAUTHORIZED).await;

    env.grant().await;
    assert_eq!(env.account().await["state"], "active");
    let call = CallBody::inbound(3);
    env.send_by_aircall(call.event("call.ended")).await;
    env.wait_until_idle().await;
    assert!(env.is_logged(&call));
}
