//! One tenant: its webhook, its console and its Salesforce org.

use std::sync::Arc;
use std::time::Duration;

use local::TenantHandle;
use local::demo::bodies::CallBody;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::Running;

/// A fresh tenant with an org of its own, so that tests cannot see each other.
pub(crate) struct TestEnv {
    pub(crate) running: Arc<Running>,
    pub(crate) tenant: TenantHandle,
    pub(super) http: Client,
    /// How long [`TestEnv::settle`] waits.
    pub(crate) timeout: Duration,
}

impl TestEnv {
    /// In the shared stack, with a plain org.
    pub(crate) async fn new() -> Self {
        Self::with(salesforce_sandbox::Options::default()).await
    }

    /// In the shared stack, with such an org.
    pub(crate) async fn with(org: salesforce_sandbox::Options) -> Self {
        Self::within(&Running::shared(), org).await
    }

    /// In the shared stack, with an org that has Person Accounts.
    pub(crate) async fn with_person_accounts() -> Self {
        Self::with(salesforce_sandbox::Options { person_accounts: true, ..Default::default() }).await
    }

    /// In that stack.
    pub(crate) async fn within(running: &Arc<Running>, org: salesforce_sandbox::Options) -> Self {
        Self::for_tenant(running, running.tenant(org).await)
    }

    /// Of a tenant of that stack.
    pub(crate) fn for_tenant(running: &Arc<Running>, tenant: TenantHandle) -> Self {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(40)).build().expect("an HTTP client");
        Self { running: Arc::clone(running), tenant, http, timeout: Duration::from_mins(1) }
    }

    /// A `POST` to anywhere in the stack.
    pub(crate) fn request(&self, url: String) -> RequestBuilder {
        self.http.post(url)
    }

    /// Sends anything to the webhook of a tenant.
    pub(crate) async fn send(&self, method: Method, tenant: &str, body: impl Into<reqwest::Body>) -> Response {
        let url = self.tenant.webhook_url.replace(&self.tenant.tenant, tenant);
        self.http.request(method, url).body(body).send().await.expect("an answer")
    }

    /// Posts a body as it stands.
    pub(crate) async fn post_raw(&self, body: impl Into<reqwest::Body>) -> Response {
        self.send(Method::POST, &self.tenant.tenant, body).await
    }

    /// Posts an event with the tenant's token as Aircall does: again, fifty times at most, while it is answered that it
    /// was not stored. Says how often that was.
    pub(crate) async fn post(&self, event: Value) -> usize {
        let (url, body) = (self.tenant.webhook_url.clone(), self.signed(event).to_string());
        deliver(self.http.clone(), url, body).await
    }

    /// Posts events side by side, each as Aircall does.
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

    /// Lets these calls end, side by side, and waits until each is logged or is not.
    pub(crate) async fn end<'a>(&self, calls: impl IntoIterator<Item = &'a CallBody>) {
        self.post_all(calls.into_iter().map(|call| call.event("call.ended"))).await;
        self.settle().await;
    }

    fn signed(&self, mut event: Value) -> Value {
        event["token"] = json!(self.tenant.webhook_token);
        event
    }
}

async fn deliver(http: Client, url: String, body: String) -> usize {
    for refused in 0..50 {
        match http.post(&url).body(body.clone()).send().await.expect("an answer").status() {
            StatusCode::OK => return refused,
            status if status.is_server_error() => tokio::time::sleep(super::POLL).await,
            status => panic!("{status}"),
        }
    }
    panic!("a webhook was never taken");
}
