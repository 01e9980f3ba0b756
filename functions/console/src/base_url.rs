//! Where the console is, as whoever asks sees it.
//!
//! API Gateway takes requests for its own hosts only and passes their `Host` on. A function cannot be told its API's
//! address by the template, as the API names its functions already.

use axum::http::{HeaderMap, header};
use store::TenantId;
use url::{Host, Url};

use crate::error::ApiError;

/// The console's own address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl(Url);

impl BaseUrl {
    /// The address that a request was sent to: `https`, but on this machine.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Self, ApiError> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        host.and_then(Self::at).ok_or_else(|| ApiError::Parameter {
            name: "Host",
            message: "The header Host has to name the console's host.".to_owned(),
        })
    }

    fn at(host: &str) -> Option<Self> {
        let url = Url::parse(&format!("https://{host}")).ok()?;
        let is_host_only = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none() && !host.contains('@');
        if !is_host_only || !is_anonymous || host.ends_with('/') {
            return None;
        }
        let is_this_machine = match url.host()? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        // Read anew, as 443 is no port of its own under https only.
        if is_this_machine { Url::parse(&format!("http://{host}")).ok().map(Self) } else { Some(Self(url)) }
    }

    /// The address of a path of the console's.
    pub(crate) fn path(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// Where Aircall sends a tenant's webhooks to.
    pub(crate) fn webhook(&self, tenant: &TenantId) -> Url {
        self.path(&format!("/webhooks/aircall/{tenant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, expected: Option<&str>) {
        assert_eq!(BaseUrl::at(host).map(|base_url| base_url.0.to_string()).as_deref(), expected, "{host:?}");
    }

    #[test]
    fn the_address_is_encrypted_but_on_this_machine() {
        check("abc123.execute-api.eu-central-1.amazonaws.com", {
            Some("https://abc123.execute-api.eu-central-1.amazonaws.com/")
        });
        check("console.example.com:8443", Some("https://console.example.com:8443/"));
        check("127.0.0.1:8080", Some("http://127.0.0.1:8080/"));
        check("localhost:443", Some("http://localhost:443/"));
        check("[::1]:8080", Some("http://[::1]:8080/"));
        check("localhost.example.com", Some("https://localhost.example.com/"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in
            ["", "a b", "example.com/", "example.com/path", "user@example.com", "@example.com", "a?b", "a#b", ":80"]
        {
            check(text, None);
        }
    }
}
