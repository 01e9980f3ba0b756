//! `POST /sign-out`.

use axum::http::{HeaderValue, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect};

use crate::flash::Flash;
use crate::session;
use crate::visit::Submitted;

/// Ends the session of this browser.
pub(crate) async fn sign_out(_: Submitted) -> impl IntoResponse {
    let end = HeaderValue::try_from(session::end_cookie()).expect("a cookie without a value is plain");
    let cookies = [(header::SET_COOKIE, end), (header::SET_COOKIE, Flash::SignedOut.set_cookie())];
    (AppendHeaders(cookies), Redirect::to("/login"))
}
