//! Connecting an account through OAuth, as an app of an Aircall technology partner.
//!
//! Source: <https://developer.aircall.io/tutorials/how-aircall-oauth-flow-works>.

use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::client::{Error, read, send, url_at};

/// The production dashboard, where admins give consent.
pub const DASHBOARD_URL: &str = "https://dashboard.aircall.io";

/// The page of Aircall to which an app leads the admin after it was connected, where Aircall ends the installation.
///
/// `dashboard_url` is [`DASHBOARD_URL`] except in tests.
pub fn success_url(dashboard_url: &Url) -> Url {
    url_at(dashboard_url, "/oauth/success")
}

/// The OAuth client registered with Aircall.
#[derive(Debug, Clone)]
pub struct App {
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: SecretString,
    /// The redirect URI registered with Aircall.
    pub redirect_uri: Url,
}

impl App {
    /// The URL for an admin's consent. It redirects back with `code` and `state`, or with `error`.
    ///
    /// `dashboard_url` is [`DASHBOARD_URL`] except in tests. `state` serves to verify that it is the same browser.
    pub fn authorize_url(&self, dashboard_url: &Url, state: &str) -> Url {
        let mut url = url_at(dashboard_url, "/oauth/authorize");
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", self.redirect_uri.as_str())
            .append_pair("response_type", "code")
            .append_pair("scope", "public_api")
            .append_pair("state", state);
        url
    }

    /// Exchanges the code, valid once and for ten minutes, for an access token, which does not expire.
    ///
    /// `base_url` is [`crate::client::BASE_URL`] except in tests.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if Aircall refuses the app's own credentials, which the deployment's operator has to fix.
    /// [`Error::Rejected`] if it refuses the code: the admin has to start again, as after an [`Error::Retry`] that
    /// [may have happened](Error::may_have_happened).
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
        let request = http.post(url_at(base_url, "/v1/oauth/token")).header(CONTENT_TYPE, "application/json");
        let token: Token = read(send(request.body(body.to_string())).await?).await?;
        Ok(token.access_token)
    }
}
