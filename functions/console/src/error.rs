//! What goes wrong, in one form: `{"error": {"code", "message", …}}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::Settings;
use rules::settings::Problem;
use serde_json::{Value, json};

use crate::settings::SaveError;

/// Why a request was not answered.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// There is no session, or it does not count any more.
    NotSignedIn,
    /// The API token is not one, or was revoked.
    BadToken,
    /// An API token does not do for this.
    AdminOnly,
    /// The change may come from a page that is not ours.
    Forged,
    /// A query parameter is not what it should be.
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What it should be, as a sentence.
        message: String,
    },
    /// The body is not JSON.
    NotJson(String),
    /// The body says that it is something else than JSON.
    NotJsonType,
    /// The body is longer than any that makes sense.
    TooLarge,
    /// There is nothing here, as a sentence.
    NotFound(String),
    /// The resource has other methods.
    MethodNotAllowed,
    /// Only what failed is retried.
    NotFailed,
    /// Somebody else changed the settings first.
    Stale(Box<Settings>),
    /// The settings are wrong.
    Invalid(Vec<Problem>),
    /// A connection was not changed, or not looked at.
    Connection {
        /// What went wrong, as HTTP tells it.
        status: StatusCode,
        /// What went wrong, for programs.
        code: &'static str,
        /// What went wrong, as sentences.
        message: String,
    },
    /// The tenant has as many API tokens as it may have.
    TooManyTokens,
    /// A store could not answer.
    Store(store::Error),
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        ApiError::Store(error)
    }
}

impl From<SaveError> for ApiError {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Invalid(problems) => ApiError::Invalid(problems),
            SaveError::Stale(current) => ApiError::Stale(current),
            SaveError::Store(error) => ApiError::Store(error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code, message, more) = self.parts();
        let mut error = json!({ "code": code, "message": message });
        if let (Value::Object(error), Value::Object(more)) = (&mut error, more) {
            error.extend(more);
        }
        (status, Json(json!({ "error": error }))).into_response()
    }
}

impl ApiError {
    /// Status, code, message and whatever else the error has to say.
    pub(crate) fn parts(self) -> (StatusCode, &'static str, String, Value) {
        let plain = |status, code, message: &str| (status, code, message.to_owned(), Value::Null);
        match self {
            ApiError::NotSignedIn => plain(StatusCode::UNAUTHORIZED, "not_signed_in", "Sign in to the console."),
            ApiError::BadToken => plain(
                StatusCode::UNAUTHORIZED,
                "bad_token",
                "This API token is not one of the console's, or was revoked.",
            ),
            ApiError::AdminOnly => plain(
                StatusCode::FORBIDDEN,
                "admin_only",
                "This takes an admin who is signed in to the console. An API token does not do.",
            ),
            ApiError::Forged => plain(
                StatusCode::FORBIDDEN,
                "forged",
                "This change does not prove that it comes from a page of the console. Open the page again and repeat it.",
            ),
            ApiError::Parameter { name, message } => {
                (StatusCode::BAD_REQUEST, "bad_parameter", message, json!({ "parameter": name }))
            }
            ApiError::NotJson(message) => (StatusCode::BAD_REQUEST, "not_json", message, Value::Null),
            ApiError::NotJsonType => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body must be JSON and say so: Content-Type: application/json.",
            ),
            ApiError::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too long."),
            ApiError::NotFound(message) => (StatusCode::NOT_FOUND, "not_found", message, Value::Null),
            ApiError::MethodNotAllowed => {
                plain(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This resource has other methods.")
            }
            ApiError::NotFailed => plain(
                StatusCode::CONFLICT,
                "not_failed",
                "Only an entry that failed can be retried, and this one has not.",
            ),
            ApiError::Stale(current) => {
                let message = format!("Somebody changed the settings: they are at version {} by now.", current.version);
                let more = json!({ "current_version": current.version, "settings": current });
                (StatusCode::CONFLICT, "stale", message, more)
            }
            ApiError::Invalid(problems) => {
                let message = "The settings are wrong, so nothing was saved.".to_owned();
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid_settings", message, json!({ "problems": problems }))
            }
            ApiError::Connection { status, code, message } => (status, code, message, Value::Null),
            ApiError::TooManyTokens => plain(
                StatusCode::CONFLICT,
                "too_many_tokens",
                "There are 20 API tokens already. Revoke one of them first.",
            ),
            ApiError::Store(error) => {
                tracing::error!(%error, "a request could not be answered");
                match error {
                    store::Error::Retry { .. } => {
                        plain(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "This is not possible now. Try again.")
                    }
                    store::Error::Misconfigured { .. } => {
                        plain(StatusCode::INTERNAL_SERVER_ERROR, "misconfigured", "The console is not set up well.")
                    }
                    store::Error::Corrupt(_) => plain(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        "unreadable",
                        "This was stored by another version and cannot be read.",
                    ),
                }
            }
        }
    }
}
