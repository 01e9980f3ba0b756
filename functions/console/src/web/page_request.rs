//! Extractors for pages: a signed-in admin's request, and a submitted form.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;

use crate::console::Console;
use crate::web::csrf;
use crate::web::error_code::ErrorCode;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::page::{Nav, Page};
use crate::web::page_error::PageError;
use crate::web::session::Session;
use crate::web::signed_in::SignedIn;

/// Longest form, in bytes: enough for the opening hours of a hundred lines.
const MAX_LEN: usize = 512 * 1024;

/// A signed-in admin's request for a page; others are redirected to the sign-in page.
#[derive(Debug)]
pub(crate) struct PageRequest {
    /// The admin's session.
    pub(crate) session: Session,
    csrf_token: String,
    flash: Option<Flash>,
}

impl PageRequest {
    /// The request of a signed-in admin.
    pub(crate) fn new(signed_in: SignedIn, console: &Console, flash: Option<Flash>) -> Self {
        let csrf_token = csrf::token(&signed_in, &console.session_keys);
        Self { session: signed_in.session, csrf_token, flash }
    }

    /// The layout around a page for this admin.
    pub(crate) fn page(self, title: &str, nav: Option<Nav>) -> Page {
        let Self { session, csrf_token, flash } = self;
        Page { title: title.to_owned(), nav, session: Some(session), csrf_token, flash }
    }
}

impl FromRequestParts<Arc<Console>> for PageRequest {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, PageError> {
        let signed_in = SignedIn::from_cookies(parts, console).await?.ok_or(PageError::NotSignedIn)?;
        Ok(Self::new(signed_in, console, Flash::from_headers(&parts.headers)))
    }
}

/// A form that a signed-in admin submitted from one of our pages. A form without a valid CSRF token is refused.
#[derive(Debug)]
pub(crate) struct SubmittedForm {
    /// The admin who submitted it.
    pub(crate) page: PageRequest,
    /// Its fields.
    pub(crate) fields: Fields,
}

impl FromRequest<Arc<Console>> for SubmittedForm {
    type Rejection = PageError;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        let signed_in = SignedIn::from_cookies(&mut parts, console).await?.ok_or(PageError::NotSignedIn)?;
        let body = to_bytes(body, MAX_LEN).await.map_err(|_| PageError::from(ErrorCode::TooLarge))?;
        let fields = Fields::read(&body);
        if !csrf::is_valid(fields.get(csrf::FIELD), &signed_in, &console.session_keys) {
            return Err(PageError::Forged);
        }
        Ok(Self { page: PageRequest::new(signed_in, console, None), fields })
    }
}
