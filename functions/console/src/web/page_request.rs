//! Extractors for pages: a signed-in admin's request, and a submitted form.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;

use crate::web::csrf;
use crate::web::error_code::ErrorCode;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::kit::Kit;
use crate::web::nav::Nav;
use crate::web::page::Page;
use crate::web::page_error::PageError;
use crate::web::session::Session;
use crate::web::signed_in::SignedIn;

/// Longest form, in bytes: enough for the opening hours of seventy lines.
const MAX_LEN: usize = 64 * 1024;

/// A signed-in admin's request for a page; others are redirected to the sign-in page.
#[derive(Debug)]
pub(crate) struct PageRequest {
    /// The admin's session.
    pub(crate) session: Session,
    csrf_token: String,
    flash: Option<Flash>,
    navigation: &'static [Nav],
}

impl PageRequest {
    /// The request of a signed-in admin.
    pub(crate) fn new(signed_in: SignedIn, kit: &Kit, flash: Option<Flash>) -> Self {
        let csrf_token = csrf::token(&signed_in);
        Self { session: signed_in.session, csrf_token, flash, navigation: kit.navigation }
    }

    /// The page of the navigation with this path, else the start page.
    pub(crate) fn nav_at(&self, path: &str) -> Nav {
        self.navigation.iter().copied().find(|nav| nav.path == path).unwrap_or(self.navigation[0])
    }

    /// The layout around a page for this admin.
    pub(crate) fn page(self, title: &str, nav: Option<Nav>) -> Page {
        let Self { session, csrf_token, flash, navigation } = self;
        Page { title: title.to_owned(), nav, navigation, session: Some(session), csrf_token, flash }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PageRequest
where
    Arc<Kit>: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let kit = Arc::from_ref(state);
        let signed_in = SignedIn::from_cookies(parts, &kit).await?.ok_or(PageError::NotSignedIn)?;
        Ok(Self::new(signed_in, &kit, Flash::from_headers(&parts.headers)))
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

impl<S: Send + Sync> FromRequest<S> for SubmittedForm
where
    Arc<Kit>: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        let kit = Arc::from_ref(state);
        let signed_in = SignedIn::from_cookies(&mut parts, &kit).await?.ok_or(PageError::NotSignedIn)?;
        let body = to_bytes(body, MAX_LEN).await.map_err(|_| PageError::from(ErrorCode::TooLarge))?;
        let fields = Fields::read(&body);
        if !csrf::is_valid(fields.get(csrf::FIELD), &signed_in) {
            return Err(PageError::Forged);
        }
        Ok(Self { page: PageRequest::new(signed_in, &kit, None), fields })
    }
}
