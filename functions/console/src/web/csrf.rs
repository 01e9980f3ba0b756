//! CSRF protection: a change must come from a page of the console and not from another site's page in the same browser.
//!
//! A form carries a token that only the console can make, bound to the session that the form was rendered for. A
//! program that sends JSON needs no token: no form can send JSON, and browsers send the origin of a cross-origin
//! script.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;

use crate::web::base_url::BaseUrl;
use crate::web::bearer::TokenSession;
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::kit::Kit;
use crate::web::session;
use crate::web::signed_in::SignedIn;

/// The form field that carries the token.
pub(crate) const FIELD: &str = "csrf_token";
/// The header that carries the token of a script.
pub(crate) const HEADER: &str = "x-csrf-token";

/// The token for the forms of a session.
pub(crate) fn token(signed_in: &SignedIn) -> String {
    mac(signed_in).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())).unwrap_or_default()
}

/// Whether `token` belongs to this session. The MAC compares in constant time.
pub(crate) fn is_valid(token: &str, signed_in: &SignedIn) -> bool {
    let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return false };
    mac(signed_in).is_some_and(|mac| mac.verify_slice(&token).is_ok())
}

/// The MAC of a session's CSRF token, under the key of the session's cookie. The prefix separates it from session
/// signatures: no session payload contains a colon, so neither can be used as the other. `None` without a cookie, as forms
/// are only shown to cookie sessions.
fn mac(signed_in: &SignedIn) -> Option<session::Mac> {
    let cookie = signed_in.cookie.as_ref()?;
    let payload = cookie.value.split('.').next().unwrap_or_default();
    Some(session::mac(&cookie.key, &format!("csrf:{payload}")))
}

/// Middleware that refuses API changes that a page of another site may have caused.
pub(crate) async fn csrf_protect(State(kit): State<Arc<Kit>>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // Browsers do not attach API tokens on their own, so such a request cannot be forged.
    if parts.extensions.get::<TokenSession>().is_none() {
        let signed_in = match SignedIn::from_cookies(&mut parts, &kit).await {
            Ok(Some(signed_in)) => signed_in,
            Ok(None) => return ApiError::from(ErrorCode::NotSignedIn).into_response(),
            Err(error) => return ApiError::from(error).into_response(),
        };
        let headers = &parts.headers;
        let token = headers.get(HEADER).and_then(|token| token.to_str().ok());
        let has_token = token.is_some_and(|token| is_valid(token, &signed_in));
        if !has_token && !is_same_origin(headers, kit.public_url.as_ref()) {
            return ApiError::from(ErrorCode::Forged).into_response();
        }
    }
    if !is_json(&parts.headers, &body) {
        return ApiError::from(ErrorCode::UnsupportedMediaType).into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Whether the headers allow that the request comes from one of our own pages, or from no page at all.
/// Every current browser sends where a request comes from: <https://www.w3.org/TR/fetch-metadata/>
pub(crate) fn is_from_own_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|site| site.to_str().unwrap_or("?"));
    site.is_none_or(|site| matches!(site, "same-origin" | "none"))
}

/// The same for scripts, which also send their origin; our own pages' forms do not, as they send no referrer.
///
/// A proxy that serves the console's own address need not pass its `Host` header on.
fn is_same_origin(headers: &HeaderMap, public_url: Option<&BaseUrl>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let ours = public_url.map(BaseUrl::authority).or_else(|| text(header::HOST.as_str()));
    let origin = text(header::ORIGIN.as_str()).is_none_or(|origin| {
        let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        authority.is_some() && authority == ours
    });
    is_from_own_page(headers) && origin
}

/// Whether the body is declared as JSON, or there is no body.
fn is_json(headers: &HeaderMap, body: &Body) -> bool {
    match headers.get(header::CONTENT_TYPE) {
        Some(kind) => {
            let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case("application/json")
        }
        // Without a body, Lambda's requests have no exact length.
        None => body.is_end_stream() || body.size_hint().exact() == Some(0),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use secrecy::SecretString;
    use store::TenantId;

    use super::*;
    use crate::web::session::Session;
    use crate::web::signed_in::SessionCookie;

    /// A signed-in admin, with a cookie that was signed with this key.
    fn signed_in(id: &str, key: &str) -> SignedIn {
        let session =
            Session::new(TenantId::parse("one").unwrap(), "admin@example.com", Timestamp::UNIX_EPOCH).named(id);
        let key = SecretString::from(key);
        let value = session.sign(&key).strip_prefix("session=").unwrap().to_owned();
        SignedIn { session, cookie: Some(SessionCookie { value, key }) }
    }

    #[test]
    fn a_token_is_that_of_one_session_under_one_key() {
        let ours = signed_in("a", "key");
        assert!(is_valid(&token(&ours), &ours));
        let without = SignedIn { cookie: None, ..ours.clone() };
        for other in [signed_in("b", "key"), signed_in("a", "other key"), without.clone()] {
            assert!(!is_valid(&token(&other), &ours) && !is_valid(&token(&ours), &other));
        }
        assert!(!is_valid("", &without));
        // The cookie's own signature is none.
        let (_, signature) = ours.cookie.as_ref().unwrap().value.split_once('.').unwrap();
        assert!(!is_valid(signature, &ours));
    }

    proptest! {
        #[test]
        fn no_made_up_token_is_valid(text in prop_oneof![any::<String>(), "[A-Za-z0-9_=-]{0,60}"], at in 0usize..43) {
            let ours = signed_in("a", "key");
            let token = token(&ours);
            let put = format!("{}{text}{}", &token[..at], &token[at..]);
            for made_up in [&text, &put, &token[..at].to_owned()] {
                prop_assert!(*made_up == token || !is_valid(made_up, &ours), "{}", made_up);
            }
        }
    }
}
