//! Who a request is from.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use jiff::Timestamp;

use crate::console::Console;
use crate::error::ApiError;
use crate::session::{COOKIE_NAME, Session};

/// The session of a request; a request without one is answered before anything else is looked at.
pub(crate) struct SignedIn(pub(crate) Session);

impl FromRequestParts<Arc<Console>> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, ApiError> {
        let cookies = parts.headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
        let mut values = cookies
            .flat_map(|header| header.split(';'))
            .filter_map(|cookie| cookie.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='));
        let now = Timestamp::now();
        let session = values.find_map(|value| Session::verify(value, &console.session_keys, now));
        session.map(Self).ok_or(ApiError::NotSignedIn)
    }
}
