// What holds for every text that is sent as a session cookie. The fuzz target and the tests of `console` both check it.

use console::session::{COOKIE_NAME, Session};
use jiff::Timestamp;
use secrecy::SecretString;
use store::TenantId;

fn now() -> Timestamp {
    "2026-04-01T00:00:00Z".parse().unwrap()
}

fn key() -> SecretString {
    SecretString::from("a key that nobody knows, for tests only")
}

/// The value of the cookie of somebody's session.
pub(crate) fn ours() -> String {
    let session = Session::new(TenantId::parse("one").unwrap(), "admin@example.com", now()).named("0123456789abcdef");
    session.sign(&key()).strip_prefix(COOKIE_NAME).unwrap().trim_start_matches('=').to_owned()
}

/// Checks that no session is read from the text, alone or put into another's cookie, unless it is that cookie.
///
/// # Panics
/// If one is read.
pub(crate) fn check(text: &str) {
    let ours = ours();
    assert!(Session::verify(&ours, &key(), now()).is_some());
    let (payload, signature) = ours.split_once('.').unwrap();
    let middle = &ours[..ours.len() / 2];
    let forged = [
        text.to_owned(),
        format!("{text}.{signature}"),
        format!("{payload}.{text}"),
        format!("{text}{ours}"),
        format!("{ours}{text}"),
        format!("{middle}{text}"),
        format!("{payload}{text}.{signature}"),
    ];
    for value in forged.iter().filter(|value| **value != ours) {
        assert_eq!(Session::verify(value, &key(), now()), None, "{value:?}");
    }
}
