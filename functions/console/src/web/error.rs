//! Errors of the API, all in one shape: `{"error": {"code", "message", …}}`.

use std::borrow::Cow;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::Settings;
use rules::settings::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::error_code::{Details, ErrorCode};
use super::errors::InvalidField;

/// The response to a request that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    error: RefusalReason,
}

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
struct RefusalReason {
    code: ErrorCode,
    /// What went wrong, as sentences for people.
    #[schema(value_type = String, example = "There is no entry with this key.")]
    message: Cow<'static, str>,
    /// With `bad_parameter` and `invalid_field`: the invalid query parameter, header or body field.
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

/// Why a request was refused or failed: a code, a message for people, and what else the code promises. Features convert
/// their own errors into it.
#[derive(Debug)]
pub(crate) struct ApiError {
    code: ErrorCode,
    message: Cow<'static, str>,
    details: Details,
    /// The error of a store, which is logged when the request is answered with it.
    cause: Option<store::Error>,
}

impl ApiError {
    /// An error with a message of its own.
    pub(crate) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), details: Details::None, cause: None }
    }

    /// A parameter, header or body field is invalid: what it must be, as a sentence.
    pub(crate) fn parameter(name: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::BadParameter, message).with(Details::Parameter(name.into()))
    }

    /// A field of the body is missing, unknown, or has a value that the connected org does not have: what it must be, as a
    /// sentence.
    pub(crate) fn field(name: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidField, message).with(Details::Parameter(name.into()))
    }

    /// The resource does not exist; says so as a sentence.
    pub(crate) fn not_found(message: &'static str) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// The settings are invalid.
    pub(crate) fn invalid_settings(problems: Vec<Problem>) -> Self {
        Self::from(ErrorCode::InvalidSettings).with(Details::Problems(problems))
    }

    /// The same error with these details.
    pub(crate) fn with(self, details: Details) -> Self {
        Self { details, ..self }
    }

    /// The example of a code in the OpenAPI document.
    pub(crate) fn example(code: ErrorCode) -> Self {
        Self::from(code).with((code.row().details)())
    }

    /// The code.
    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    /// The status and the message, for a page.
    pub(crate) fn into_page_parts(self) -> (StatusCode, String) {
        let Refusal { error } = self.into_refusal();
        (error.code.row().status, error.message.into_owned())
    }

    /// The body of the response. Logs the cause.
    pub(crate) fn into_refusal(self) -> Refusal {
        let Self { code, message, details, cause } = self;
        if let Some(error) = cause {
            tracing::error!(%error, "a request could not be answered");
        }
        let plain =
            RefusalReason { code, message, parameter: None, problems: None, current_version: None, settings: None };
        let error = match details {
            Details::None => plain,
            Details::Parameter(parameter) => RefusalReason { parameter: Some(parameter), ..plain },
            Details::Problems(problems) => RefusalReason { problems: Some(problems), ..plain },
            Details::Current(settings) => {
                RefusalReason { current_version: Some(settings.version), settings: Some(settings), ..plain }
            }
        };
        Refusal { error }
    }
}

impl From<ErrorCode> for ApiError {
    /// The error with the code's own message.
    fn from(code: ErrorCode) -> Self {
        Self::new(code, code.row().message)
    }
}

impl From<InvalidField> for ApiError {
    fn from(InvalidField { name, message }: InvalidField) -> Self {
        Self::parameter(name, message)
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        let code = match error {
            store::Error::Retry { .. } => ErrorCode::Unavailable,
            store::Error::Misconfigured { .. } => ErrorCode::Misconfigured,
            store::Error::Corrupt(_) => ErrorCode::Unreadable,
        };
        Self { cause: Some(error), ..Self::from(code) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.code.row().status;
        (status, Json(self.into_refusal())).into_response()
    }
}
