//! The tenant's Aircall account, in the sandbox Aircall that all tenants of a stack share.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::TestEnv;

impl TestEnv {
    /// A request to the sandbox Aircall.
    pub(crate) async fn aircall(&self, method: Method, path: &str, body: Value) -> Value {
        let info = self.running.stack.info();
        let request = self.http.request(method, format!("{}{path}", info.aircall_url));
        let request = request.basic_auth(&info.aircall_api_id, Some(&info.aircall_api_token));
        let response = request.json(&body).send().await.expect("a response");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap_or_default()
    }

    /// Connects the tenant to the account, which creates a webhook.
    pub(crate) async fn connect_aircall(&self) {
        let info = self.running.stack.info();
        let key = json!({"api_id": info.aircall_api_id, "api_token": info.aircall_api_token});
        let response = self.admin(Method::PUT, "/api/connections/aircall").json(&key).send().await.expect("a response");
        assert_eq!(response.status(), StatusCode::OK);
    }

    /// The tenant's webhooks at Aircall.
    pub(crate) async fn webhooks(&self) -> Vec<Value> {
        let listed = self.aircall(Method::GET, "/v1/webhooks", Value::Null).await;
        let is_ours = |webhook: &&Value| webhook["url"].as_str().is_some_and(|url| url.ends_with(&self.tenant.tenant));
        listed["webhooks"].as_array().expect("webhooks").iter().filter(is_ours).cloned().collect()
    }

    /// The request to replace the webhook and its token.
    pub(crate) fn rotation(&self) -> RequestBuilder {
        self.admin(Method::POST, "/api/connections/aircall/rotate")
    }
}
