//! The REST client of one Aircall company.
//!
//! Source: <https://developer.aircall.io/api-references/>. 120 requests a minute are allowed to a company, those of all
//! its integrations together; beyond, [`Error::Retry`] says when.

mod calls;
mod company;
mod error;
mod pages;
mod refusal;
mod transport;
mod wait;
mod webhook_id;
mod webhooks;

use reqwest::header::ACCEPT;
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

pub use calls::{Call, MAX_CALLS};
pub use company::Company;
pub use error::{Error, Reason};
pub use transport::Transport;
pub use webhook_id::{InvalidWebhookId, WebhookId};
pub use webhooks::{Events, Subscription, Webhook};

use crate::lenient;

/// Where the real Aircall answers.
pub const BASE_URL: &str = "https://api.aircall.io";

/// What a company lets us in with.
#[derive(Clone)]
pub enum Credentials {
    /// An API key that an admin made in Aircall's Dashboard.
    ApiKey {
        /// The API id.
        id: String,
        /// The API token.
        token: SecretString,
    },
    /// What [`crate::oauth::exchange_code`] gave. It does not expire.
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

/// A company's Aircall. Cheap to clone.
///
/// Each method is one request unless it says otherwise, and its [`Error`] says what to do. Time-outs are those of the
/// [`reqwest::Client`]; give it `redirect::Policy::none()`, for Aircall's API never redirects.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
    credentials: Credentials,
}

impl Client {
    /// `base_url` is [`BASE_URL`], but in tests; only its origin counts.
    pub fn new(http: reqwest::Client, base_url: Url, credentials: Credentials) -> Self {
        Self { http, base_url, credentials }
    }

    /// Whether Aircall answers and takes the credentials.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it does not take them.
    pub async fn ping(&self) -> Result<(), Error> {
        self.ask(Method::GET, self.url("/v1/ping")).await.map(drop)
    }

    fn url(&self, path: &str) -> Url {
        at(&self.base_url, path)
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Error> {
        read(self.ask(Method::GET, url).await?).await
    }

    /// The same, or nothing if Aircall has nothing there.
    async fn find<T: DeserializeOwned>(&self, url: Url) -> Result<Option<T>, Error> {
        match self.get(url).await {
            Err(Error::Rejected { status: 404, .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// A success, unread.
    async fn ask(&self, method: Method, url: Url) -> Result<Response, Error> {
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

/// The address of `path` at the origin of `base_url`.
pub(crate) fn at(base_url: &Url, path: &str) -> Url {
    let mut url = base_url.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Sends a request; what is no success is an error.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, Error> {
    let response = request.header(ACCEPT, "application/json").send().await.map_err(Error::of_send)?;
    if response.status().is_success() { Ok(response) } else { Err(refusal::from_response(response).await) }
}

/// Reads the body of a success.
pub(crate) async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    let body = transport::read(response).await.map_err(Error::unanswered)?;
    let body = String::from_utf8_lossy(&body);
    let body = lenient::without_lone_surrogates(&body);
    serde_json::from_str(&body).map_err(|_| Error::unanswered(Transport::Unreadable))
}
