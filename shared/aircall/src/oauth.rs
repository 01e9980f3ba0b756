//! Connecting an account as an app, which is how Aircall's technology partners do it.
//!
//! Source: <https://developer.aircall.io/tutorials/how-aircall-oauth-flow-works>.

use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::client::{Error, at, read, send};

/// Where admins of the real Aircall consent.
pub const DASHBOARD_URL: &str = "https://dashboard.aircall.io";

/// What Aircall knows an app by.
#[derive(Debug, Clone)]
pub struct App {
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: SecretString,
    /// Where admins come back to, as Aircall has it on file.
    pub redirect_uri: Url,
}

impl App {
    /// Where to send an admin to consent. They come back with `code` and `state`, or with `error`.
    ///
    /// `dashboard_url` is [`DASHBOARD_URL`], but in tests. `state` is for telling that it is the same browser.
    pub fn authorize_url(&self, dashboard_url: &Url, state: &str) -> Url {
        let mut url = at(dashboard_url, "/oauth/authorize");
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", self.redirect_uri.as_str())
            .append_pair("response_type", "code")
            .append_pair("scope", "public_api")
            .append_pair("state", state);
        url
    }

    /// Exchanges the code, which works once and for ten minutes, for an access token, which does not expire.
    ///
    /// `base_url` is [`crate::client::BASE_URL`], but in tests.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if Aircall does not take the app's own credentials, which is for whoever runs the deployment;
    /// [`Error::Rejected`] if it does not take the code: the admin is to start again, and also after a
    /// [`Error::Retry`] that [may have happened](Error::may_have_happened).
    pub async fn exchange_code(
        &self,
        http: &reqwest::Client,
        base_url: &Url,
        code: &str,
    ) -> Result<SecretString, Error> {
        #[derive(Deserialize)]
        struct Token {
            access_token: SecretString,
        }
        let body = json!({
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri.as_str(),
            "client_id": self.client_id, "client_secret": self.client_secret.expose_secret(),
        });
        let request = http.post(at(base_url, "/v1/oauth/token")).header(CONTENT_TYPE, "application/json");
        let token: Token = read(send(request.body(body.to_string())).await?).await?;
        Ok(token.access_token)
    }
}
