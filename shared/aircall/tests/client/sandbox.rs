//! The Aircall sandbox on a loopback port.

use aircall::Client;
use aircall::client::Credentials;
use aircall_sandbox::{Company, Options};
use serde_json::Value;
use url::Url;

/// A running sandbox.
pub(crate) struct Sandbox {
    pub(crate) company: Company,
    pub(crate) url: Url,
}

impl Sandbox {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let company = Company::new(options);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = company.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { company, url }
    }

    pub(crate) fn client_with(&self, credentials: Credentials) -> Client {
        Client::new(reqwest::Client::new(), self.url.clone(), credentials)
    }

    /// A client with the company's API key.
    pub(crate) fn client(&self) -> Client {
        self.client_with(api_key(&self.company.api_id(), &self.company.api_token()))
    }

    /// A client with a newly issued OAuth access token.
    pub(crate) fn app(&self) -> Client {
        self.client_with(Credentials::OAuth { access_token: self.company.issue_token().into() })
    }

    /// The number of requests that the sandbox has received.
    pub(crate) async fn requests(&self) -> u64 {
        let url = self.url.join("/_sandbox/requests").unwrap();
        let requests: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        requests["total"].as_u64().unwrap()
    }

    /// Posts to a control endpoint under `/_sandbox`.
    pub(crate) async fn control(&self, path: &str, body: Value) {
        let url = self.url.join(&format!("/_sandbox/{path}")).unwrap();
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
}

pub(crate) fn api_key(id: &str, token: &str) -> Credentials {
    Credentials::ApiKey { id: id.to_owned(), token: token.into() }
}
