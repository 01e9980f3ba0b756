//! Errors of the API, all in one shape: `{"error": {"code", "message", …}}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::Settings;
use rules::settings::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::settings::SaveError;
use crate::web::error_code::ErrorCode;

/// The response to a request that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    pub(crate) error: RefusalReason,
}

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusalReason {
    pub(crate) code: ErrorCode,
    /// What went wrong, as sentences for people.
    #[schema(example = "There is no entry with this key.")]
    message: String,
    /// With `bad_parameter`: the invalid query parameter, header or body field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "until")]
    parameter: Option<String>,
    /// With `invalid_settings`: every problem found. For a document of the wrong shape, only the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problems: Option<Vec<Problem>>,
    /// With `stale`: the current version of the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 8)]
    current_version: Option<u64>,
    /// With `stale`: the current settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Settings)]
    settings: Option<Box<Settings>>,
}

/// Details of an error beyond its code and message.
#[derive(Debug)]
pub(crate) enum Details {
    /// The invalid parameter or field.
    Parameter(String),
    /// The problems of the settings document.
    Problems(Vec<Problem>),
    /// The current settings.
    Current(Box<Settings>),
}

/// Why a request was refused or failed.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// There is no session, or it has expired or was ended.
    NotSignedIn,
    /// The API token is invalid or was revoked.
    BadToken,
    /// The operation needs an admin's session; an API token is not enough.
    AdminOnly,
    /// The change may come from another site's page (CSRF).
    Forged,
    /// A parameter, header or body field is invalid.
    Parameter {
        /// Its name.
        name: &'static str,
        /// What it must be, as a sentence.
        message: String,
    },
    /// The query string has an unknown, repeated or malformed parameter.
    Query {
        /// The parameter.
        name: String,
        /// What is wrong with it, as a sentence.
        message: &'static str,
    },
    /// The body is not JSON, or JSON of another shape.
    NotJson(String),
    /// The `Content-Type` is not JSON.
    NotJsonType,
    /// The body is longer than the limit.
    TooLarge,
    /// The resource does not exist; says so as a sentence.
    NotFound(String),
    /// The resource does not support the method.
    MethodNotAllowed,
    /// The entry has not failed, so it cannot be retried.
    NotFailed,
    /// Somebody else changed the settings first: the current ones.
    Stale(Box<Settings>),
    /// The settings are invalid.
    Invalid(Vec<Problem>),
    /// A connection could not be changed or checked.
    Connection {
        /// The error code.
        code: ErrorCode,
        /// What went wrong, as sentences.
        message: String,
    },
    /// The tenant already has the maximum number of API tokens.
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
    /// The body of the response.
    pub(crate) fn refusal(self) -> Refusal {
        let (_, code, message, details) = self.parts();
        let plain =
            RefusalReason { code, message, parameter: None, problems: None, current_version: None, settings: None };
        let error = match details {
            None => plain,
            Some(Details::Parameter(parameter)) => RefusalReason { parameter: Some(parameter), ..plain },
            Some(Details::Problems(problems)) => RefusalReason { problems: Some(problems), ..plain },
            Some(Details::Current(settings)) => {
                RefusalReason { current_version: Some(settings.version), settings: Some(settings), ..plain }
            }
        };
        Refusal { error }
    }

    /// Status, code, message and details of the error.
    pub(crate) fn parts(self) -> (StatusCode, ErrorCode, String, Option<Details>) {
        let (code, message, details) = self.describe();
        (code.status(), code, message, details)
    }

    fn describe(self) -> (ErrorCode, String, Option<Details>) {
        let plain = |code, message: &str| (code, message.to_owned(), None);
        match self {
            ApiError::NotSignedIn => plain(ErrorCode::NotSignedIn, "Sign in to the console."),
            ApiError::BadToken => plain(ErrorCode::BadToken, "This API token is invalid or was revoked."),
            ApiError::AdminOnly => plain(
                ErrorCode::AdminOnly,
                "Only an admin who is signed in to the console can do this. An API token is not enough.",
            ),
            ApiError::Forged => plain(
                ErrorCode::Forged,
                "It cannot be verified that this change comes from a page of the console. Open the page and try again.",
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
                "The body must be JSON, with the header Content-Type: application/json.",
            ),
            ApiError::TooLarge => plain(ErrorCode::TooLarge, "The body is too long."),
            ApiError::NotFound(message) => (ErrorCode::NotFound, message, None),
            ApiError::MethodNotAllowed => {
                plain(ErrorCode::MethodNotAllowed, "This resource does not support this method.")
            }
            ApiError::NotFailed => {
                plain(ErrorCode::NotFailed, "Only a failed entry can be retried. This entry has not failed.")
            }
            ApiError::Stale(current) => {
                let message =
                    format!("Somebody else changed the settings: they are now at version {}.", current.version);
                (ErrorCode::Stale, message, Some(Details::Current(current)))
            }
            ApiError::Invalid(problems) => {
                let message = "The settings are invalid, so nothing was saved.".to_owned();
                (ErrorCode::InvalidSettings, message, Some(Details::Problems(problems)))
            }
            ApiError::Connection { code, message } => (code, message, None),
            ApiError::TooManyTokens => {
                plain(ErrorCode::TooManyTokens, "There are 20 API tokens already. Revoke one of them first.")
            }
            ApiError::Store(error) => {
                tracing::error!(%error, "a request could not be answered");
                match error {
                    store::Error::Retry { .. } => {
                        plain(ErrorCode::Unavailable, "This is not possible right now. Try again.")
                    }
                    store::Error::Misconfigured { .. } => {
                        plain(ErrorCode::Misconfigured, "The console is not configured correctly.")
                    }
                    store::Error::Corrupt(_) => {
                        plain(ErrorCode::Unreadable, "This was stored by another version and cannot be read.")
                    }
                }
            }
        }
    }
}
