//! `POST /sign-out`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};

use crate::web::flash::Flash;
use crate::web::kit::Kit;
use crate::web::page_error::PageError;
use crate::web::page_request::SubmittedForm;
use crate::web::session;
use crate::web::signed_in::Caller;

/// Ends the session, so that every copy of its cookie becomes invalid.
pub(crate) async fn sign_out(
    State(kit): State<Arc<Kit>>,
    Caller(signed_in): Caller,
    _: SubmittedForm,
) -> Result<Response, PageError> {
    signed_in.ok_or(PageError::NotSignedIn)?.end(&kit).await?;
    let end = HeaderValue::try_from(session::end_cookie()).expect("a cookie without a value is plain");
    let cookies = [(header::SET_COOKIE, end), (header::SET_COOKIE, Flash::SignedOut.set_cookie())];
    Ok((AppendHeaders(cookies), Redirect::to("/login")).into_response())
}
