//! The host where users of an org sign in.

use std::fmt;

use url::Url;

use super::hosts::{my_domain_of, name_of_my_domain};

/// The host where users of an org sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginHost {
    /// `login.salesforce.com`, for production and Developer Edition orgs.
    Production,
    /// `test.salesforce.com`, for sandboxes.
    Sandbox,
    /// The org's own address. Some orgs only allow logins there.
    MyDomain(MyDomain),
}

/// A host such as `example.my.salesforce.com` or `example--test.sandbox.my.salesforce.com`, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyDomain(String);

/// The text is not a host where Salesforce's users sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Not a Salesforce address: use production, sandbox, or your My Domain, such as example.my.salesforce.com (Setup, \
     My Domain)."
)]
pub struct NotALoginHost;

impl LoginHost {
    /// Reads `production`, `sandbox`, or a My Domain with or without `https://` before it and `/` after it.
    ///
    /// A browser is sent there, and then a code is exchanged there with the app's secret. So only letters, digits and
    /// `-` between dots are accepted: no URL parser could take these for another host.
    ///
    /// # Errors
    ///
    /// [`NotALoginHost`] for everything else: another scheme, host or port, a user name, a path.
    pub fn parse(text: &str) -> Result<Self, NotALoginHost> {
        match text {
            "production" => Ok(Self::Production),
            "sandbox" => Ok(Self::Sandbox),
            other => MyDomain::parse(other).map(Self::MyDomain),
        }
    }

    /// Reads what an admin types or pastes: also the org's name, or the address of a page of its My Domain, of Lightning
    /// Experience or of Setup, such as `https://example.lightning.force.com/lightning/page/home`.
    ///
    /// The text only names a host of Salesforce's, and is never itself an address that is opened.
    ///
    /// # Errors
    ///
    /// [`NotALoginHost`] if it names none.
    pub fn from_pasted(text: &str) -> Result<Self, NotALoginHost> {
        let text = text.trim().to_ascii_lowercase();
        let host = text.strip_prefix("https://").unwrap_or(&text).split(['/', '?', '#']).next().unwrap_or_default();
        if let Some(shared) = [Self::Production, Self::Sandbox].into_iter().find(|shared| shared.host() == host) {
            return Ok(shared);
        }
        my_domain_of(host).ok_or(NotALoginHost).and_then(|host| MyDomain::parse(&host)).map(Self::MyDomain)
    }

    /// The host's name.
    pub fn host(&self) -> &str {
        match self {
            Self::Production => "login.salesforce.com",
            Self::Sandbox => "test.salesforce.com",
            Self::MyDomain(MyDomain(host)) => host,
        }
    }

    /// The address, for [`super::authorize_url`], [`super::exchange`] and [`super::refresh`].
    ///
    /// # Panics
    ///
    /// Never: hosts contain only what [`LoginHost::parse`] accepts.
    pub fn url(&self) -> Url {
        Url::parse(&format!("https://{}", self.host())).expect("the host is letters, digits, dashes and dots")
    }
}

/// As [`LoginHost::parse`] reads it.
impl fmt::Display for LoginHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
            Self::MyDomain(MyDomain(host)) => host,
        })
    }
}

impl MyDomain {
    fn parse(text: &str) -> Result<Self, NotALoginHost> {
        let text = text.to_ascii_lowercase();
        let host = text.strip_prefix("https://").map_or(text.as_str(), |rest| rest.strip_suffix('/').unwrap_or(rest));
        let name = name_of_my_domain(host).ok_or(NotALoginHost)?;
        let labels: Vec<&str> = name.split('.').collect();
        // example, example--test.sandbox
        if labels.len() <= 2 && labels.into_iter().all(is_label) {
            Ok(Self(host.to_owned()))
        } else {
            Err(NotALoginHost)
        }
    }
}

/// Whether the text is a valid label of a host name.
fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        let url = LoginHost::parse(text).ok().map(|host| host.url().to_string());
        assert_eq!(url.as_deref(), expect, "{text:?}");
    }

    #[test]
    fn production_and_sandbox_have_shared_hosts() {
        check("production", Some("https://login.salesforce.com/"));
        check("sandbox", Some("https://test.salesforce.com/"));
    }

    #[test]
    fn a_my_domain_is_read_in_every_spelling() {
        let example = Some("https://example.my.salesforce.com/");
        check("example.my.salesforce.com", example);
        check("https://example.my.salesforce.com", example);
        check("https://example.my.salesforce.com/", example);
        check("HTTPS://Example.My.Salesforce.COM", example);
        let sandbox = Some("https://example--test.sandbox.my.salesforce.com/");
        check("example--test.sandbox.my.salesforce.com", sandbox);
        check("orgfarm-0a1b2c-dev-ed.develop.my.salesforce.com", {
            Some("https://orgfarm-0a1b2c-dev-ed.develop.my.salesforce.com/")
        });
    }

    #[test]
    fn my_domains_of_other_clouds_are_read() {
        check("example.my.salesforce.mil", Some("https://example.my.salesforce.mil/"));
        check("example.my.sfcrmproducts.cn", Some("https://example.my.sfcrmproducts.cn/"));
    }

    #[track_caller]
    fn check_pasted(text: &str, expect: Option<&str>) {
        assert_eq!(LoginHost::from_pasted(text).ok().as_ref().map(LoginHost::host), expect, "{text:?}");
    }

    #[test]
    fn the_address_of_any_page_of_an_org_names_its_login_host() {
        for text in [
            "example",
            " Example ",
            "example.my.salesforce.com",
            "https://example.my.salesforce.com//",
            "example.lightning.force.com/",
            "https://example.lightning.force.com/lightning/page/home",
            "HTTPS://EXAMPLE.LIGHTNING.FORCE.COM/lightning/o/Task/list?filterName=Recent",
            "https://example.my.salesforce-setup.com/lightning/setup/OrgDomain/home",
            "\texample.my.salesforce-setup.com\n",
        ] {
            check_pasted(text, Some("example.my.salesforce.com"));
        }
        let sandbox = Some("example--test.sandbox.my.salesforce.com");
        check_pasted("https://example--test.sandbox.lightning.force.com/lightning/setup/SetupOneHome/home", sandbox);
        check_pasted("https://example--test.sandbox.my.salesforce-setup.com", sandbox);
        check_pasted("https://example--test.sandbox.my.salesforce.com/?un=x", sandbox);
        let developer = Some("orgfarm-0a1b2c-dev-ed.develop.my.salesforce.com");
        check_pasted("orgfarm-0a1b2c-dev-ed.develop.lightning.force.com", developer);
        check_pasted("https://example.lightning.crmforce.mil/lightning", Some("example.my.salesforce.mil"));
        check_pasted("https://example.my.salesforce-setup.mil/", Some("example.my.salesforce.mil"));
        check_pasted("https://example.lightning.sfcrmapps.cn/", Some("example.my.sfcrmproducts.cn"));
        check_pasted("https://login.salesforce.com/", Some("login.salesforce.com"));
        check_pasted("test.salesforce.com", Some("test.salesforce.com"));
    }

    #[test]
    fn a_paste_that_names_no_org_is_refused() {
        for text in [
            "",
            " ",
            "example.com",
            "example.my.salesforce.com.example.com",
            "https://example.com/.my.salesforce.com",
            "https://example.com/?x=example.lightning.force.com",
            "user@example.my.salesforce.com",
            "example.my.salesforce.com:8443",
            ".my.salesforce.com",
            ".lightning.force.com",
            "a.b.c.lightning.force.com",
            "lightning.force.com",
            "my.salesforce-setup.com",
            "a b",
            "-example",
            "http://example.my.salesforce.com",
            "javascript:example.lightning.force.com",
            "ex\u{e4}mple",
            "example.force.com",
        ] {
            check_pasted(text, None);
        }
    }

    #[test]
    fn other_hosts_are_refused() {
        for hostile in [
            "",
            " ",
            "Production",
            "my.salesforce.com",
            ".my.salesforce.com",
            "..my.salesforce.com",
            "login.salesforce.com",
            "example.lightning.force.com",
            "example.com",
            "evil.example/.my.salesforce.com",
            "evil.example#.my.salesforce.com",
            "evil.example?.my.salesforce.com",
            "evil.example\\.my.salesforce.com",
            "evil.example:443/.my.salesforce.com",
            "my.salesforce.com.evil.example",
            "example.my.salesforce.com.evil.example",
            "example.my.salesforce.com.",
            "examplemy.salesforce.com",
            "example.my.salesforce.com:8443",
            "example.my.salesforce.com/",
            "example.my.salesforce.com/services",
            "https://example.my.salesforce.com//",
            "https://example.my.salesforce.com/services",
            "https://example.my.salesforce.com?x",
            "https://example.my.salesforce.com#x",
            "https://example.my.salesforce.com@evil.example",
            "https://user:word@example.my.salesforce.com",
            "user@example.my.salesforce.com",
            "http://example.my.salesforce.com",
            "//example.my.salesforce.com",
            "javascript://example.my.salesforce.com",
            "https://https://example.my.salesforce.com",
            "evil.example%2f.my.salesforce.com",
            "evil.example%00.my.salesforce.com",
            "evil.example\0.my.salesforce.com",
            "evil\n.my.salesforce.com",
            "evil\t.my.salesforce.com",
            " example.my.salesforce.com",
            "example.my.salesforce.com ",
            "evil.example\u{2215}.my.salesforce.com",
            "evil.example\u{ff0f}.my.salesforce.com",
            "example.my.salesforce\u{3002}com",
            "ex\u{430}mple.my.salesforce.com",
            "\u{212a}.my.salesforce.com",
            "exampl\u{e9}.my.salesforce.com",
            "-example.my.salesforce.com",
            "example-.my.salesforce.com",
            "exa_mple.my.salesforce.com",
            "a.b.c.my.salesforce.com",
            "[::1].my.salesforce.com",
            &format!("{}.my.salesforce.com", "a".repeat(64)),
        ] {
            check(hostile, None);
        }
    }

    proptest! {
        #[test]
        fn accepted_hosts_belong_to_salesforce(text in r"(https://)?[a-zA-Z0-9:/@.?#\\%é-]{0,12}\.my\.salesforce\.com[a-z:/@.?#]{0,4}") {
            if let Ok(host) = LoginHost::parse(&text) {
                let url = host.url();
                prop_assert!(url.host_str().is_some_and(|host| host.ends_with(".my.salesforce.com")));
                prop_assert_eq!((url.scheme(), url.port(), url.path(), url.username()), ("https", None, "/", ""));
                prop_assert_eq!(LoginHost::parse(&host.to_string()), Ok(host));
            }
        }
    }
}
