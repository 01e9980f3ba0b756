//! The console's own address, as the client sees it.
//!
//! A deployment with a domain name of its own sets it; then no header changes it. Else it is read from the `Host` header:
//! API Gateway only accepts requests for its own hosts, and passes the header on. The template cannot hand the API's
//! address to the function, as the API already refers to its functions: that would be a circular reference.

use std::str::FromStr;

use axum::http::{HeaderMap, header};
use store::TenantId;
use url::{Host, Url};

use crate::web::error::ApiError;

/// The console's own address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// The text is not the address of a console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBaseUrl;

impl FromStr for BaseUrl {
    type Err = NotBaseUrl;

    /// Reads an address such as `https://calls.example.com`; `http` is allowed on the local machine only.
    fn from_str(text: &str) -> Result<Self, NotBaseUrl> {
        let host = text.split_once("://").map(|(_, rest)| rest.strip_suffix('/').unwrap_or(rest));
        let base_url = host.and_then(Self::from_host).ok_or(NotBaseUrl)?;
        if Url::parse(text).is_ok_and(|url| url == base_url.0) { Ok(base_url) } else { Err(NotBaseUrl) }
    }
}

impl BaseUrl {
    /// The address that a request was sent to: `https`, except on the local machine, which uses `http`.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Self, ApiError> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        host.and_then(Self::from_host)
            .ok_or_else(|| ApiError::parameter("Host", "The Host header must name the console's host."))
    }

    fn from_host(host: &str) -> Option<Self> {
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
        // Parsed again, as `https` drops port 443 and `http` must keep it.
        if is_this_machine { Url::parse(&format!("http://{host}")).ok().map(Self) } else { Some(Self(url)) }
    }

    /// The console's URL with this path.
    pub(crate) fn path(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// Its host, with the port if it is not the scheme's own.
    pub(crate) fn authority(&self) -> &str {
        self.0.authority()
    }

    /// The URL that Aircall sends a tenant's webhooks to.
    pub(crate) fn webhook(&self, tenant: &TenantId) -> Url {
        self.path(&webhook::path(tenant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, expected: Option<&str>) {
        assert_eq!(BaseUrl::from_host(host).map(|base_url| base_url.0.to_string()).as_deref(), expected, "{host:?}");
    }

    #[test]
    fn the_scheme_is_https_except_on_the_local_machine() {
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
    fn a_configured_address_is_https_except_on_the_local_machine() {
        for text in ["https://calls.example.com", "https://calls.example.com/", "http://localhost:8080"] {
            assert!(text.parse::<BaseUrl>().is_ok(), "{text}");
        }
        let refused =
            ["", "calls.example.com", "http://calls.example.com", "https://example.com/a", "https://example.com//"];
        for text in refused {
            assert_eq!(text.parse::<BaseUrl>(), Err(NotBaseUrl), "{text}");
        }
    }

    #[test]
    fn invalid_hosts_are_refused() {
        for text in
            ["", "a b", "example.com/", "example.com/path", "user@example.com", "@example.com", "a?b", "a#b", ":80"]
        {
            check(text, None);
        }
    }
}
