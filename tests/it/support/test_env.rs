//! The environment of a test: one tenant with its webhook, its console and its Salesforce org.

use std::sync::Arc;
use std::time::Duration;

use local::TenantHandle;
use local::demo::bodies::CallBody;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::Running;

/// A fresh tenant with an org of its own, which isolates the tests from each other.
pub(crate) struct TestEnv {
    pub(crate) running: Arc<Running>,
    pub(crate) tenant: TenantHandle,
    pub(super) http: Client,
    /// How long [`TestEnv::wait_until_idle`] and [`TestEnv::until`] wait.
    pub(crate) timeout: Duration,
}

impl TestEnv {
    /// In the shared stack, with a plain org.
    pub(crate) async fn new() -> Self {
        Self::with(salesforce_sandbox::Options::default()).await
    }

    /// In the shared stack, with an org of these options.
    pub(crate) async fn with(org: salesforce_sandbox::Options) -> Self {
        Self::within(&Running::shared(), org).await
    }

    /// In the shared stack, with an org that has Person Accounts.
    pub(crate) async fn with_person_accounts() -> Self {
        Self::with(salesforce_sandbox::Options { person_accounts: true, ..Default::default() }).await
    }

    /// In `running`, with an org of these options.
    pub(crate) async fn within(running: &Arc<Running>, org: salesforce_sandbox::Options) -> Self {
        Self::for_tenant(running, running.tenant(org).await)
    }

    /// For an existing tenant of `running`.
    pub(crate) fn for_tenant(running: &Arc<Running>, tenant: TenantHandle) -> Self {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(40)).build().expect("an HTTP client");
        Self { running: Arc::clone(running), tenant, http, timeout: Duration::from_mins(1) }
    }

    /// A `POST` request to any URL of the stack.
    pub(crate) fn request(&self, url: String) -> RequestBuilder {
        self.http.post(url)
    }

    /// Sends a request with any method and body to the webhook of a tenant.
    pub(crate) async fn send(&self, method: Method, tenant: &str, body: impl Into<reqwest::Body>) -> Response {
        let url = self.tenant.webhook_url.replace(&self.tenant.tenant, tenant);
        self.http.request(method, url).body(body).send().await.expect("a response")
    }

    /// Posts a body unchanged to the tenant's webhook.
    pub(crate) async fn post_raw(&self, body: impl Into<reqwest::Body>) -> Response {
        self.send(Method::POST, &self.tenant.tenant, body).await
    }

    /// Posts an event with the tenant's token and, like Aircall, retries server errors, fifty times at most.
    /// Returns the number of failed attempts.
    pub(crate) async fn post(&self, event: Value) -> usize {
        let (url, body) = (self.tenant.webhook_url.clone(), self.signed(event).to_string());
        deliver(self.http.clone(), url, body).await
    }

    /// Posts events concurrently, each with retries as in [`TestEnv::post`].
    pub(crate) async fn post_all(&self, events: impl IntoIterator<Item = Value>) {
        for events in events.into_iter().collect::<Vec<_>>().chunks(8) {
            let mut posts = tokio::task::JoinSet::new();
            for event in events {
                let (url, body) = (self.tenant.webhook_url.clone(), self.signed(event.clone()).to_string());
                posts.spawn(deliver(self.http.clone(), url, body));
            }
            posts.join_all().await;
        }
    }

    /// Posts the `call.ended` events of these calls concurrently, and waits until no entry is pending.
    pub(crate) async fn end<'a>(&self, calls: impl IntoIterator<Item = &'a CallBody>) {
        self.post_all(calls.into_iter().map(|call| call.event("call.ended"))).await;
        self.wait_until_idle().await;
    }

    fn signed(&self, mut event: Value) -> Value {
        event["token"] = json!(self.tenant.webhook_token);
        event
    }
}

async fn deliver(http: Client, url: String, body: String) -> usize {
    for refused in 0..50 {
        match http.post(&url).body(body.clone()).send().await.expect("a response").status() {
            StatusCode::OK => return refused,
            status if status.is_server_error() => tokio::time::sleep(super::POLL).await,
            status => panic!("{status}"),
        }
    }
    panic!("the webhook was not accepted in fifty attempts");
}
