//! What goes wrong, as a page in the layout of all others.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// Why a page was not shown, or a form not accepted.
#[derive(Debug)]
pub(crate) enum PageError {
    /// Nobody is signed in: the sign-in page comes first.
    NotSignedIn,
    /// There is no such page.
    NotFound,
    /// A form did not come from a page of this session.
    Forged,
    /// Whatever else goes wrong, in the API's words.
    Other(ApiError),
}

/// An answer that [`crate::frame`] still has to make a page of.
#[derive(Clone, Debug)]
pub(crate) enum Unframed {
    /// The sign-in page, and back.
    SignIn,
    /// An error.
    Error {
        /// As a heading.
        title: &'static str,
        /// What happened and what to do, as sentences.
        message: String,
    },
}

impl<E: Into<ApiError>> From<E> for PageError {
    fn from(error: E) -> Self {
        match error.into() {
            ApiError::NotSignedIn => PageError::NotSignedIn,
            error => PageError::Other(error),
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, message) = match self {
            PageError::NotSignedIn => {
                return (StatusCode::UNAUTHORIZED, axum::Extension(Unframed::SignIn)).into_response();
            }
            PageError::NotFound => {
                let message = "The address is wrong, or what was here is gone.".to_owned();
                (StatusCode::NOT_FOUND, "There is no such page", message)
            }
            PageError::Forged => {
                let message = "The form is from another session or another site. Go back, load the page again and \
                               repeat what you did.";
                (StatusCode::FORBIDDEN, "Nothing was changed", message.to_owned())
            }
            PageError::Other(error) => {
                let (status, _, message, _) = error.parts();
                (status, title(status), message)
            }
        };
        (status, axum::Extension(Unframed::Error { title, message })).into_response()
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
