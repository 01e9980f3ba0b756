//! REST client for one Aircall company.
//!
//! Source: <https://developer.aircall.io/api-references/>. The rate limit is 120 requests a minute for a company, by
//! all its integrations together; beyond it, [`Error::Retry`] says when to retry.

mod calls;
mod company;
mod error;
mod error_response;
mod integration;
mod pages;
mod retry_after;
mod subscribe;
mod transport;
mod webhook_id;
mod webhooks;

use reqwest::header::ACCEPT;
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

pub use calls::{CALLS_PER_PAGE, Call, CallPage, MAX_CALLS};
pub use company::{Company, phones};
pub use error::{Error, Reason};
pub use integration::Integration;
pub use subscribe::{Remembered, SubscriptionDiff};
pub use transport::Transport;
pub use webhook_id::{InvalidWebhookId, WebhookId};
pub use webhooks::{NewWebhook, Subscription, Webhook};

use crate::lenient;

/// Base URL of Aircall's production API.
pub const BASE_URL: &str = "https://api.aircall.io";

/// Credentials for a company's API.
#[derive(Clone)]
pub enum Credentials {
    /// An API key that an admin created in Aircall's Dashboard.
    ApiKey {
        /// The API id.
        id: String,
        /// The API token.
        token: SecretString,
    },
    /// The access token from [`crate::oauth::App::exchange_code`]. It does not expire.
    OAuth {
        /// The access token.
        access_token: SecretString,
    },
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ApiKey { .. } => "ApiKey",
            Self::OAuth { .. } => "OAuth",
        })
    }
}

/// Client for a company's API. Cheap to clone.
///
/// Each method sends one request unless it says otherwise, and its [`Error`] says what the caller can do. Timeouts are
/// those of the [`reqwest::Client`]. Give it `redirect::Policy::none()`: Aircall's API never redirects.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
    credentials: Credentials,
}

impl Client {
    /// `base_url` is [`BASE_URL`] except in tests; only its origin is used.
    pub fn new(http: reqwest::Client, base_url: Url, credentials: Credentials) -> Self {
        Self { http, base_url, credentials }
    }

    /// Checks that Aircall responds and accepts the credentials.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it does not accept them.
    pub async fn ping(&self) -> Result<(), Error> {
        self.request(Method::GET, self.url("/v1/ping")).await.map(drop)
    }

    fn url(&self, path: &str) -> Url {
        url_at(&self.base_url, path)
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Error> {
        read(self.request(Method::GET, url).await?).await
    }

    /// Like `get`, but `None` if the resource does not exist.
    async fn find<T: DeserializeOwned>(&self, url: Url) -> Result<Option<T>, Error> {
        match self.get(url).await {
            Err(Error::Rejected { status: 404, .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Sends a request without a body. Returns a successful response, unread.
    async fn request(&self, method: Method, url: Url) -> Result<Response, Error> {
        self.send(self.http.request(method, url)).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let request = match &self.credentials {
            Credentials::ApiKey { id, token } => request.basic_auth(id, Some(token.expose_secret())),
            Credentials::OAuth { access_token } => request.bearer_auth(access_token.expose_secret()),
        };
        send(request).await
    }
}

/// The URL of `path` at the origin of `base_url`.
pub(crate) fn url_at(base_url: &Url, path: &str) -> Url {
    let mut url = base_url.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Sends a request; a response without a success status is an error.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, Error> {
    let response = request.header(ACCEPT, "application/json").send().await.map_err(Error::from_send)?;
    if response.status().is_success() { Ok(response) } else { Err(error_response::from_response(response).await) }
}

/// Parses the body of a successful response.
pub(crate) async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    let body = transport::read(response).await.map_err(Error::unanswered)?;
    let body = String::from_utf8_lossy(&body);
    let body = lenient::without_lone_surrogates(&body);
    serde_json::from_str(&body).map_err(|_| Error::unanswered(Transport::Unreadable))
}
