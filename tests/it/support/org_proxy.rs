//! A second address of the tenant's org, where a test counts requests and can refuse them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use salesforce_sandbox::Options;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::TestEnv;

/// The largest request body that is read, bytes: more than any request of this system.
const LARGEST_BODY: usize = 16 << 20;

/// Answers a request in place of the org, given its path and body; `None` passes it on to the org.
pub(crate) type Refuses = fn(&str, &str) -> Option<(StatusCode, &'static str)>;

/// A second address of the org. It stops being served when this value is dropped.
pub(crate) struct OrgProxy {
    pub(crate) url: String,
    requests: Arc<AtomicU64>,
    _server: JoinSet<()>,
}

impl OrgProxy {
    /// The number of data requests that came in here.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

impl TestEnv {
    /// Serves the org at a second address, makes it the instance URL that token refreshes return, and ends all sessions
    /// so that a refresh is due.
    pub(crate) async fn move_org(&self, refuses: Refuses) -> OrgProxy {
        let requests = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&requests);
        let count_and_refuse = move |request: Request, next: Next| {
            let counter = Arc::clone(&counter);
            async move { forward(request, next, &counter, refuses).await }
        };
        let router = self.tenant.org.router().layer(from_fn(count_and_refuse));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.expect("the org is served") });
        let org = &self.tenant.org;
        org.set_options(Options { instance_url: Some(url.clone()), ..org.options() });
        self.expire_sessions().await;
        OrgProxy { url, requests, _server: server }
    }
}

async fn forward(request: Request, next: Next, counter: &AtomicU64, refuses: Refuses) -> Response {
    let path = request.uri().path().to_owned();
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else { return StatusCode::BAD_REQUEST.into_response() };
    if path.starts_with("/services/data") {
        counter.fetch_add(1, Ordering::Relaxed);
    }
    match refuses(&path, &String::from_utf8_lossy(&bytes)) {
        Some(answer) => answer.into_response(),
        None => next.run(Request::from_parts(parts, Body::from(bytes))).await,
    }
}
