//! The session cookie: who is signed in, for which tenant and until when. It is signed, so a client cannot alter it.
//!
//! `session=<payload>.<signature>`: the payload is JSON in base64url, the signature the HMAC-SHA256 of that text,
//! in base64url as well.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::fmt::serde::timestamp::second::required;
use jiff::{SignedDuration, Timestamp};
use rules::SalesforceId;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use store::TenantId;

/// The cookie's name.
pub const COOKIE_NAME: &str = "session";
/// How long a session lasts.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// Scripts cannot read the cookie, it is sent over HTTPS only, and not with changes that another site's page makes.
const ATTRIBUTES: &str = "Path=/; HttpOnly; Secure; SameSite=Lax";

/// The `Set-Cookie` header that deletes the session cookie.
pub fn end_cookie() -> String {
    format!("{COOKIE_NAME}=; Max-Age=0; {ATTRIBUTES}")
}

/// A signed-in admin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The tenant whose data the admin sees.
    pub tenant: TenantId,
    /// The admin, as an ID or a label for the history of changes.
    pub user: String,
    /// The admin's Salesforce user; `None` in sessions of before, and for an API token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<SalesforceId>,
    /// When the admin signed in.
    #[serde(with = "required")]
    pub issued: Timestamp,
    /// When the session ends.
    #[serde(with = "required")]
    pub expires: Timestamp,
    /// Distinguishes sessions that began within the same second, so that each can be ended on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The admin's name, for the pages; `None` if only [`Session::user`] is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the admin's Salesforce org, for the pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
}

impl Session {
    /// A session that begins `now` and lasts [`LIFETIME`].
    pub fn new(tenant: TenantId, user: impl Into<String>, now: Timestamp) -> Self {
        let (user, expires) = (user.into(), now + LIFETIME);
        Self { tenant, user, user_id: None, issued: now, expires, id: None, name: None, org: None }
    }

    /// The same session with this unique ID.
    #[must_use]
    pub fn named(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// The same session with the admin's Salesforce user, whom Salesforce has confirmed.
    #[must_use]
    pub fn of_user(self, user_id: SalesforceId) -> Self {
        Self { user_id: Some(user_id), ..self }
    }

    /// The same session with the admin's and the org's display names.
    #[must_use]
    pub fn called(self, name: impl Into<String>, org: impl Into<String>) -> Self {
        Self { name: Some(name.into()), org: Some(org.into()), ..self }
    }

    /// The admin's display name.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.user)
    }

    /// The cookie of this session, as `name=value`.
    pub fn sign(&self, key: &SecretString) -> String {
        let payload = self.payload();
        let signature = URL_SAFE_NO_PAD.encode(mac(key, &payload).finalize().into_bytes());
        format!("{COOKIE_NAME}={payload}.{signature}")
    }

    /// The `Set-Cookie` header that stores this session in the browser.
    pub fn set_cookie(&self, key: &SecretString) -> String {
        format!("{}; Max-Age={}; {ATTRIBUTES}", self.sign(key), LIFETIME.as_secs())
    }

    fn payload(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("texts and numbers are JSON"))
    }

    /// The session in a cookie's value, if it was signed with `key` and has not expired at `now`.
    pub fn verify(value: &str, key: &SecretString, now: Timestamp) -> Option<Self> {
        let (payload, signature) = value.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // The MAC compares in constant time.
        let is_ours = mac(key, payload).verify_slice(&signature).is_ok();
        let session: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok().filter(|_| is_ours)?).ok()?;
        (session.issued <= now && now < session.expires).then_some(session)
    }
}

/// The MAC of session cookies and CSRF tokens.
pub(crate) type Mac = Hmac<Sha256>;

/// The MAC of a text under a session key.
pub(crate) fn mac(key: &SecretString, text: &str) -> Mac {
    let mut mac = Mac::new_from_slice(key.expose_secret().as_bytes()).expect("HMAC accepts keys of any length");
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn key(text: &str) -> SecretString {
        SecretString::from(text)
    }

    fn session() -> Session {
        Session::new(TenantId::parse("one").unwrap(), "user@example.com", at(1000))
    }

    #[track_caller]
    fn check(value: &str, key: &SecretString, now: i64, expected: Option<&Session>) {
        assert_eq!(Session::verify(value, key, at(now)).as_ref(), expected);
    }

    fn value(key: &SecretString) -> String {
        session().sign(key).strip_prefix("session=").unwrap().to_owned()
    }

    #[test]
    fn lasts_twelve_hours() {
        let (key, ours) = (key("key"), session());
        for (now, expected) in [(999, None), (1000, Some(&ours)), (44_199, Some(&ours)), (44_200, None)] {
            check(&value(&key), &key, now, expected);
        }
    }

    #[test]
    fn a_session_of_before_names_no_user() {
        let payload = r#"{"tenant":"one","user":"user@example.com","issued":1000,"expires":44200}"#;
        assert_eq!(serde_json::from_str::<Session>(payload).unwrap(), session());
        let ours = session().of_user(SalesforceId::parse("005000000000001").unwrap());
        let value = ours.sign(&key("key")).strip_prefix("session=").unwrap().to_owned();
        check(&value, &key("key"), 1000, Some(&ours));
    }

    #[test]
    fn another_key_does_not_match_the_signature() {
        check(&value(&key("other")), &key("key"), 1000, None);
    }

    #[test]
    fn an_altered_cookie_is_refused() {
        let key = key("key");
        let good = value(&key);
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            check(str::from_utf8(&bytes).unwrap(), &key, 1000, None);
        }
        for value in ["", ".", "e30.", good.split('.').next().unwrap(), &good[..good.len() - 1]] {
            check(value, &key, 1000, None);
        }
    }

    #[test]
    fn another_tenants_payload_does_not_match_the_signature() {
        let key = key("key");
        let other = Session { tenant: TenantId::parse("two").unwrap(), ..session() }.sign(&key);
        let (payload, _) = other.strip_prefix("session=").unwrap().split_once('.').unwrap();
        let good = value(&key);
        let (_, signature) = good.split_once('.').unwrap();
        check(&format!("{payload}.{signature}"), &key, 1000, None);
    }
}
