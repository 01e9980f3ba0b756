//! The external services of the console's tests: the Salesforce and Aircall sandboxes and an in-memory Secrets Manager.

mod barrier;
mod secrets;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;

use crate::fixture::KEY;

pub(crate) use self::barrier::Barrier;
pub(crate) use self::secrets::Secrets;

/// The external services, behind one barrier.
#[derive(Clone)]
pub(crate) struct Vendors {
    pub(crate) salesforce: salesforce_sandbox::Org,
    pub(crate) salesforce_url: String,
    pub(crate) aircall: aircall_sandbox::Company,
    pub(crate) aircall_url: String,
    pub(crate) secrets: Secrets,
    pub(crate) barrier: Barrier,
}

impl Vendors {
    pub(crate) async fn start() -> Self {
        let barrier = Barrier::default();
        let salesforce = salesforce_sandbox::Org::new(salesforce_sandbox::Options::default());
        let salesforce_url = serve(barrier.in_front_of(salesforce.router())).await;
        let aircall = aircall_sandbox::Company::new(aircall_sandbox::Options {
            rate_limit: 0,
            api_id: Some("api-id".to_owned()),
            api_token: Some("api-token".to_owned()),
            ..aircall_sandbox::Options::default()
        });
        let aircall_url = serve(barrier.in_front_of(aircall.router())).await;
        let secrets = Secrets::default();
        let (client_id, client_secret) = (salesforce.client_id(), salesforce.client_secret());
        secrets.put("session-key", KEY);
        secrets.put("salesforce-app", &app(&client_id, &client_secret));
        secrets.put("aircall-app", &app(&aircall.client_id(), &aircall.client_secret()));
        secrets.listen(&serve(barrier.in_front_of(secrets.router())).await);
        Self { salesforce, salesforce_url, aircall, aircall_url, secrets, barrier }
    }

    /// Puts the barrier in front of another server, too. Returns the address that leads to it.
    pub(crate) async fn in_front_of(&self, url: &str) -> String {
        let (http, url) = (reqwest::Client::builder().no_proxy().build().unwrap(), url.to_owned());
        let on = async move |request| forward(http.clone(), url.clone(), request).await;
        serve(self.barrier.in_front_of(Router::new().fallback(on))).await
    }
}

/// Sends a request on to the server at this address.
async fn forward(http: reqwest::Client, url: String, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let sent = http.request(parts.method, format!("{url}{}", parts.uri)).headers(parts.headers).body(body);
    let answer = sent.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.bytes().await.unwrap()).into_response()
}

/// The secret that holds an OAuth app's credentials.
pub(crate) fn app(client_id: &str, client_secret: &str) -> String {
    serde_json::json!({ "client_id": client_id, "client_secret": client_secret }).to_string()
}

/// Serves `router` while the test runs and returns its URL.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}
