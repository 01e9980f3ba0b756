//! The console's API, as the tenant's admin uses it.

use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::Value;

use super::TestEnv;

impl TestEnv {
    /// A request to a path of the console, without a session.
    pub(crate) fn console(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.running.stack.info().console_url);
        self.http.request(method, url)
    }

    /// A request to a path of the console as the tenant's admin.
    pub(crate) fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.console(method, path).header(header::COOKIE, &self.tenant.session_cookie)
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.admin(Method::GET, path).send().await.expect("a response");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.expect("JSON")
    }

    /// The settings document.
    pub(crate) async fn settings(&self) -> Value {
        self.get("/api/settings").await
    }

    /// Saves the settings with these keys replaced.
    pub(crate) async fn put_settings(&self, changes: Value) {
        let mut settings = self.settings().await;
        let changes = changes.as_object().expect("an object").clone();
        settings.as_object_mut().expect("an object").extend(changes);
        let response = self.admin(Method::PUT, "/api/settings").json(&settings).send().await.expect("a response");
        let status = response.status();
        assert_eq!(status, StatusCode::OK, "{}", response.text().await.expect("a text"));
    }

    /// How the Salesforce org is connected: state, reason, until, warnings, api_usage.
    pub(crate) async fn connection(&self) -> Value {
        self.get("/api/connections").await["salesforce"].clone()
    }

    /// An entry of the activity log with its trace.
    pub(crate) async fn activity(&self, key: &str) -> Value {
        self.get(&format!("/api/activity/{key}")).await
    }

    /// All entries of the activity log, the latest call first.
    pub(crate) async fn entries(&self) -> Vec<Value> {
        let mut entries = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("/api/activity?limit=100&cursor={cursor}")).await;
            entries.extend(page["entries"].as_array().expect("a list").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return entries,
            }
        }
    }

    /// Decides again about the skipped entries that these filters list.
    pub(crate) async fn decide_again(&self, query: &str) -> Value {
        let path = format!("/api/activity/decide-again?{query}");
        let response = self.admin(Method::POST, &path).send().await.expect("a response");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.expect("JSON")
    }

    /// The findings about a topic in the trace of an entry, joined by spaces.
    pub(crate) async fn finding(&self, key: &str, about: &str) -> String {
        let entry = self.activity(key).await;
        let steps = entry["trace"].as_array().expect("a trace").clone();
        let findings = steps.iter().filter(|step| step["about"] == about).filter_map(|step| step["finding"].as_str());
        findings.collect::<Vec<_>>().join(" ")
    }
}
