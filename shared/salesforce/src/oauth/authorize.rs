//! The URL of Salesforce's login and consent pages.

use url::Url;

use super::Pkce;

/// The URL where a browser signs in and approves the app. Salesforce redirects it to `redirect_uri` with a `code` for
/// [`super::exchange`], or with an `error` for [`super::ExchangeError::of_redirect`], and with `state`.
///
/// `login_url` is as in [`super::refresh`], `scope` a list such as `api refresh_token openid`. `redirect_uri` must
/// match the app's setting exactly. `prompt` is what the user is asked even with a session and after a former consent, such
/// as `login consent`.
pub fn authorize_url(
    login_url: &Url,
    client_id: &str,
    redirect_uri: &str,
    scope: &str,
    state: &str,
    pkce: &Pkce,
    prompt: Option<&str>,
) -> Url {
    let mut url = login_url.clone();
    url.set_path("/services/oauth2/authorize");
    url.set_query(None);
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", scope)
        .append_pair("state", state)
        .append_pair("code_challenge", pkce.challenge())
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(prompt.map(|prompt| ("prompt", prompt)));
    url
}
