//! What goes wrong, in one form: `{"error": {"code", "message", …}}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::Settings;
use rules::settings::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error_code::ErrorCode;
use crate::settings::SaveError;

/// Any answer that refuses a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    pub(crate) error: RefusalReason,
}

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusalReason {
    pub(crate) code: ErrorCode,
    /// What went wrong, as sentences for people.
    #[schema(example = "There is no entry of this key.")]
    message: String,
    /// With `bad_parameter`: the parameter, or the field of the body, that is not what it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "until")]
    parameter: Option<String>,
    /// With `invalid_settings`: each mistake. A document of the wrong shape gives its first one only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problems: Option<Vec<Problem>>,
    /// With `stale`: the version that the settings are at by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 8)]
    current_version: Option<u64>,
    /// With `stale`: the settings as they are by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Settings)]
    settings: Option<Box<Settings>>,
}

/// What else an error has to say.
#[derive(Debug)]
pub(crate) enum Details {
    /// The parameter or field at fault.
    Parameter(String),
    /// What is wrong with the settings.
    Problems(Vec<Problem>),
    /// The settings as they are by now.
    Current(Box<Settings>),
}

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
    /// The query string is not made as it should be.
    Query {
        /// The parameter at fault.
        name: String,
        /// How it should be, as a sentence.
        message: &'static str,
    },
    /// The body is not JSON.
    NotJson(String),
    /// The body says that it is something else than JSON.
    NotJsonType,
    /// The body is longer than any that makes sense.
    TooLarge,
    /// There is nothing base_url, as a sentence.
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
        /// What went wrong, for programs.
        code: ErrorCode,
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
        let refusal = self.refusal();
        (refusal.error.code.status(), Json(refusal)).into_response()
    }
}

impl ApiError {
    /// What is answered.
    pub(crate) fn refusal(self) -> Refusal {
        let (_, code, message, more) = self.parts();
        let plain =
            RefusalReason { code, message, parameter: None, problems: None, current_version: None, settings: None };
        let error = match more {
            None => plain,
            Some(Details::Parameter(parameter)) => RefusalReason { parameter: Some(parameter), ..plain },
            Some(Details::Problems(problems)) => RefusalReason { problems: Some(problems), ..plain },
            Some(Details::Current(settings)) => {
                RefusalReason { current_version: Some(settings.version), settings: Some(settings), ..plain }
            }
        };
        Refusal { error }
    }

    /// Status, code, message and whatever else the error has to say.
    pub(crate) fn parts(self) -> (StatusCode, ErrorCode, String, Option<Details>) {
        let (code, message, more) = self.told();
        (code.status(), code, message, more)
    }

    fn told(self) -> (ErrorCode, String, Option<Details>) {
        let plain = |code, message: &str| (code, message.to_owned(), None);
        match self {
            ApiError::NotSignedIn => plain(ErrorCode::NotSignedIn, "Sign in to the console."),
            ApiError::BadToken => {
                plain(ErrorCode::BadToken, "This API token is not one of the console's, or was revoked.")
            }
            ApiError::AdminOnly => plain(
                ErrorCode::AdminOnly,
                "This takes an admin who is signed in to the console. An API token does not do.",
            ),
            ApiError::Forged => plain(
                ErrorCode::Forged,
                "This change does not prove that it comes from a page of the console. Open the page again and repeat it.",
            ),
            ApiError::Parameter { name, message } => {
                (ErrorCode::BadParameter, message, Some(Details::Parameter(name.to_owned())))
            }
            ApiError::Query { name, message } => {
                (ErrorCode::BadParameter, message.to_owned(), Some(Details::Parameter(name)))
            }
            ApiError::NotJson(message) => (ErrorCode::NotJson, message, None),
            ApiError::NotJsonType => plain(
                ErrorCode::UnsupportedMediaType,
                "The body must be JSON and say so: Content-Type: application/json.",
            ),
            ApiError::TooLarge => plain(ErrorCode::TooLarge, "The body is too long."),
            ApiError::NotFound(message) => (ErrorCode::NotFound, message, None),
            ApiError::MethodNotAllowed => plain(ErrorCode::MethodNotAllowed, "This resource has other methods."),
            ApiError::NotFailed => {
                plain(ErrorCode::NotFailed, "Only an entry that failed can be retried, and this one has not.")
            }
            ApiError::Stale(current) => {
                let message = format!("Somebody changed the settings: they are at version {} by now.", current.version);
                (ErrorCode::Stale, message, Some(Details::Current(current)))
            }
            ApiError::Invalid(problems) => {
                let message = "The settings are wrong, so nothing was saved.".to_owned();
                (ErrorCode::InvalidSettings, message, Some(Details::Problems(problems)))
            }
            ApiError::Connection { code, message } => (code, message, None),
            ApiError::TooManyTokens => {
                plain(ErrorCode::TooManyTokens, "There are 20 API tokens already. Revoke one of them first.")
            }
            ApiError::Store(error) => {
                tracing::error!(%error, "a request could not be answered");
                match error {
                    store::Error::Retry { .. } => plain(ErrorCode::Unavailable, "This is not possible now. Try again."),
                    store::Error::Misconfigured { .. } => {
                        plain(ErrorCode::Misconfigured, "The console is not set up well.")
                    }
                    store::Error::Corrupt(_) => {
                        plain(ErrorCode::Unreadable, "This was stored by another version and cannot be read.")
                    }
                }
            }
        }
    }
}
