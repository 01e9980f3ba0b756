//! The host names of Salesforce's clouds.
//!
//! Source: <https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm>; for the clouds of the US
//! military and of China, the same names in Salesforce's own `@salesforce/core` and in jsforce.

use url::{Position, Url};

/// A cloud: each org of it has one name, in front of all these suffixes.
struct Cloud {
    /// The suffix of hosts that sign users in and take tokens.
    trusted: &'static str,
    /// The suffix of every My Domain.
    my_domain: &'static str,
    /// The suffixes of an org's pages, which admins see in their browsers: of Lightning Experience, and of Setup.
    pages: &'static [&'static str],
}

const CLOUDS: [Cloud; 3] = [
    Cloud {
        trusted: ".salesforce.com",
        my_domain: ".my.salesforce.com",
        pages: &[".lightning.force.com", ".my.salesforce-setup.com"],
    },
    Cloud {
        trusted: ".salesforce.mil",
        my_domain: ".my.salesforce.mil",
        pages: &[".lightning.crmforce.mil", ".my.salesforce-setup.mil"],
    },
    Cloud { trusted: ".sfcrmproducts.cn", my_domain: ".my.sfcrmproducts.cn", pages: &[".lightning.sfcrmapps.cn"] },
];

/// The name of the org with this My Domain, such as `example` or `example--test.sandbox`; `None` for another host.
pub(super) fn name_of_my_domain(host: &str) -> Option<&str> {
    CLOUDS.iter().find_map(|cloud| host.strip_suffix(cloud.my_domain))
}

/// The My Domain of the org that this is a host of; a name without dots is one of the first cloud. What stands before
/// the suffix is not checked.
pub(super) fn my_domain_of(host: &str) -> Option<String> {
    let of_cloud = |cloud: &Cloud| {
        let mut suffixes = cloud.pages.iter().chain([&cloud.my_domain]);
        suffixes.find_map(|suffix| host.strip_suffix(*suffix)).map(|name| format!("{name}{}", cloud.my_domain))
    };
    let bare = || (!host.contains('.')).then(|| format!("{host}{}", CLOUDS[0].my_domain));
    CLOUDS.iter().find_map(of_cloud).or_else(bare)
}

/// The hosts that an org's tokens may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustedHosts<'a> {
    /// Salesforce's.
    Salesforce,
    /// The host and port of this URL, which stands in for Salesforce. No other host is trusted then, nor is any trusted
    /// because it is local.
    Only(&'a Url),
}

impl<'a> TrustedHosts<'a> {
    /// Those of a deployment whose login URL is replaced by this one, if it is.
    pub fn replaced_by(login_url: Option<&'a Url>) -> Self {
        login_url.map_or(Self::Salesforce, Self::Only)
    }

    /// Whether the URL is at one of these hosts.
    pub fn contains(self, url: &Url) -> bool {
        match self {
            Self::Salesforce => {
                let is_plain = url.scheme() == "https" && url.port().is_none() && is_anonymous(url);
                is_plain && url.host_str().is_some_and(|host| CLOUDS.iter().any(|cloud| is_below(host, cloud.trusted)))
            }
            Self::Only(trusted) => is_anonymous(url) && origin(url) == origin(trusted),
        }
    }
}

fn is_anonymous(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

/// Scheme, host and port.
fn origin(url: &Url) -> (&str, &str) {
    (url.scheme(), &url[Position::BeforeHost..Position::AfterPort])
}

/// Whether a label, or more, stands before the suffix.
fn is_below(host: &str, suffix: &str) -> bool {
    host.strip_suffix(suffix).is_some_and(|name| !name.is_empty() && !name.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(hosts: TrustedHosts<'_>, url: &str, expected: bool) {
        assert_eq!(hosts.contains(&url.parse().unwrap()), expected, "{url}");
    }

    #[test]
    fn hosts_of_salesforces_clouds_are_trusted() {
        for url in [
            "https://example.my.salesforce.com",
            "https://example--test.sandbox.my.salesforce.com/",
            "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS",
            "https://eu55.salesforce.com:443/",
            "https://EXAMPLE.my.salesforce.com",
            "https://example.my.salesforce.mil",
            "https://example.my.sfcrmproducts.cn",
        ] {
            check(TrustedHosts::Salesforce, url, true);
        }
    }

    #[test]
    fn other_hosts_are_not_trusted() {
        for url in [
            "http://example.my.salesforce.com",
            "https://example.my.salesforce.com:8443",
            "https://user@example.my.salesforce.com",
            "https://:word@example.my.salesforce.com",
            "https://salesforce.com",
            "https://.salesforce.com",
            "https://example.my.salesforce.com.",
            "https://example.my.salesforce.com.example.com",
            "https://mysalesforce.com",
            "https://example.lightning.force.com",
            "https://example.com/.salesforce.com",
            "https://127.0.0.1",
            "http://localhost:8080",
            "https://[::1]",
            "data:,.salesforce.com",
        ] {
            check(TrustedHosts::Salesforce, url, false);
        }
    }

    #[test]
    fn a_replaced_login_url_is_trusted_alone_and_with_its_port() {
        let sandbox = "http://127.0.0.1:8080".parse().unwrap();
        let hosts = TrustedHosts::replaced_by(Some(&sandbox));
        check(hosts, "http://127.0.0.1:8080/id/00D/005", true);
        for url in [
            "http://127.0.0.1",
            "http://127.0.0.1:8081",
            "https://127.0.0.1:8080",
            "http://localhost:8080",
            "http://user@127.0.0.1:8080",
            "https://example.my.salesforce.com",
        ] {
            check(hosts, url, false);
        }
        assert_eq!(TrustedHosts::replaced_by(None), TrustedHosts::Salesforce);
        let without_port = "https://example.com".parse().unwrap();
        check(TrustedHosts::Only(&without_port), "https://example.com:443", true);
        check(TrustedHosts::Only(&without_port), "https://example.com:444", false);
    }
}
