//! The login pages of Salesforce, as the console's paths name them.

use salesforce::oauth::{LoginHost, NotALoginHost};
use url::Url;

use crate::console::Console;

/// The login URL for `at`: `production`, `sandbox` or a My Domain.
pub(crate) fn login_url(console: &Console, at: &str) -> Result<Url, NotALoginHost> {
    match (LoginHost::parse(at)?, &console.salesforce_login_url) {
        (LoginHost::Production | LoginHost::Sandbox, Some(url)) => Ok(url.clone()),
        (host, _) => Ok(host.url()),
    }
}

/// The value of `at` for the login URL that the org was connected with: the inverse of [`login_url`].
pub(crate) fn at(login_url: &str) -> String {
    let host = Url::parse(login_url).ok().and_then(|url| url.host_str().map(ToOwned::to_owned)).unwrap_or_default();
    if host == LoginHost::Sandbox.host() {
        return LoginHost::Sandbox.to_string();
    }
    LoginHost::parse(&host).unwrap_or(LoginHost::Production).to_string()
}
