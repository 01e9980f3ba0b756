//! Errors of pages, rendered in the common layout.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;

/// Why a page was not shown, or a form not accepted.
#[derive(Debug)]
pub(crate) enum PageError {
    /// There is no session: the client is redirected to the sign-in page.
    NotSignedIn,
    /// There is no such page.
    NotFound,
    /// The form's CSRF token is not valid for this session.
    Forged,
    /// Any other error, with the API's message.
    Other(ApiError),
}

/// A response that [`crate::web::error_pages`] still has to render as a page.
#[derive(Clone, Debug)]
pub(crate) enum Unrendered {
    /// A redirect to the sign-in page, and back.
    SignIn,
    /// An error.
    Error {
        /// The heading.
        title: &'static str,
        /// What happened and what to do, as sentences.
        message: String,
    },
}

impl<E: Into<ApiError>> From<E> for PageError {
    fn from(error: E) -> Self {
        let error = error.into();
        if error.code() == ErrorCode::NotSignedIn { PageError::NotSignedIn } else { PageError::Other(error) }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, message) = match self {
            PageError::NotSignedIn => {
                return (StatusCode::UNAUTHORIZED, axum::Extension(Unrendered::SignIn)).into_response();
            }
            PageError::NotFound => {
                let message = "The address is wrong, or the page no longer exists.".to_owned();
                (StatusCode::NOT_FOUND, "There is no such page", message)
            }
            PageError::Forged => {
                let message = "The form is from another session or another site. Go back, reload the page and repeat \
                               the change.";
                (StatusCode::FORBIDDEN, "Nothing was changed", message.to_owned())
            }
            PageError::Other(error) => {
                let (status, message) = error.into_page_parts();
                (status, title(status), message)
            }
        };
        (status, axum::Extension(Unrendered::Error { title, message })).into_response()
    }
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is no such page",
        StatusCode::SERVICE_UNAVAILABLE => "Not available right now",
        status if status.is_server_error() => "Something went wrong",
        _ => "This did not work",
    }
}
