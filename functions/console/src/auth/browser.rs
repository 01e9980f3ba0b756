//! The cookie that binds an OAuth attempt to the browser that began it.

use axum::http::{HeaderMap, HeaderValue};

use super::grant::LIFETIME;
use crate::web::random;
use crate::web::signed_in::cookies;

/// Its name.
const NAME: &str = "signin";

/// The value for an attempt that begins: the one that the browser has, as concurrent attempts share it, so that the
/// second does not invalidate the first.
pub(crate) fn of(headers: &HeaderMap) -> String {
    all(headers).find(|cookie| random::may_be(cookie)).map_or_else(random::text, ToOwned::to_owned)
}

/// The values in a request.
pub(crate) fn all(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    cookies(headers, NAME)
}

/// The `Set-Cookie` header for an attempt.
pub(crate) fn cookie(value: &str) -> HeaderValue {
    set(value, LIFETIME.as_secs())
}

/// The `Set-Cookie` header that deletes it.
pub(crate) fn end_cookie() -> HeaderValue {
    set("", 0)
}

fn set(value: &str, seconds: i64) -> HeaderValue {
    let text = format!("{NAME}={value}; Max-Age={seconds}; Path=/auth/salesforce; HttpOnly; Secure; SameSite=Lax");
    HeaderValue::try_from(text).expect("base64url is plain")
}
