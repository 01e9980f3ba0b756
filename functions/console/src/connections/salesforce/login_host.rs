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

/// The host, with its port if it has one, if it is the My Domain of one org, and not a host that orgs share. Where another
/// server stands in for Salesforce, that is its host.
pub(crate) fn my_domain<'a>(console: &Console, host: &'a str) -> Option<&'a str> {
    is_my_domain(host, console.salesforce_login_url.as_ref()).then_some(host)
}

fn is_my_domain(host: &str, replaced: Option<&Url>) -> bool {
    match replaced {
        Some(url) => url.authority() == host,
        None => matches!(LoginHost::parse(host), Ok(LoginHost::MyDomain(_))),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, replaced: Option<&str>, expected: bool) {
        let replaced = replaced.map(|url| url.parse().unwrap());
        assert_eq!(is_my_domain(host, replaced.as_ref()), expected, "{host}");
    }

    #[test]
    fn a_host_that_orgs_share_is_no_my_domain() {
        check("example.my.salesforce.com", None, true);
        check("example--test.sandbox.my.salesforce.com", None, true);
        for host in
            ["eu55.salesforce.com", "login.salesforce.com", "test.salesforce.com", "production", "", "127.0.0.1"]
        {
            check(host, None, false);
        }
    }

    #[test]
    fn what_stands_in_for_salesforce_is_the_only_my_domain() {
        let sandbox = Some("http://127.0.0.1:8080");
        check("127.0.0.1:8080", sandbox, true);
        for host in ["127.0.0.1", "127.0.0.1:8081", "example.my.salesforce.com"] {
            check(host, sandbox, false);
        }
    }
}
