//! Error codes of the API, for programs. Each has one row in [`ErrorCode::row`], which the responses and the OpenAPI
//! document are made from.

use axum::http::StatusCode;
use rules::Settings;
use rules::settings::Problem;
use serde::Serialize;
use strum::IntoStaticStr;
use utoipa::ToSchema;

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum ErrorCode {
    AdminOnly,
    AircallRateLimited,
    AircallRefused,
    AircallRejected,
    AircallUnavailable,
    BadParameter,
    BadToken,
    Busy,
    Forged,
    InvalidField,
    InvalidSettings,
    MethodNotAllowed,
    Misconfigured,
    NotConnected,
    NotFailed,
    NotFound,
    NotJson,
    NotSignedIn,
    NotSkipped,
    OtherCompany,
    SalesforcePaused,
    SalesforceRefused,
    SalesforceUnavailable,
    Stale,
    TooLarge,
    TooManyTokens,
    Unavailable,
    Unreadable,
    UnsupportedMediaType,
}

/// What an error carries beyond its code and message.
#[derive(Debug)]
pub(crate) enum Details {
    /// Nothing.
    None,
    /// The invalid parameter or field.
    Parameter(String),
    /// The problems of the settings document.
    Problems(Vec<Problem>),
    /// The current settings.
    Current(Box<Settings>),
}

/// Everything about an error code.
pub(crate) struct Row {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// What it means, for developers: in the OpenAPI document.
    pub(crate) meaning: &'static str,
    /// The message for people, unless the error has one of its own. Also the document's example.
    pub(crate) message: &'static str,
    /// The details in the document's example.
    pub(crate) details: fn() -> Details,
}

impl ErrorCode {
    /// The row of the code.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(crate) fn row(self) -> Row {
        use StatusCode as Status;
        match self {
            Self::AdminOnly => row(
                Status::FORBIDDEN,
                "the operation needs an admin's session; an API token is not enough.",
                "Only an admin who is signed in to the console can do this. An API token is not enough.",
            ),
            Self::AircallRateLimited => row(
                Status::TOO_MANY_REQUESTS,
                "Aircall's rate limit for the company is reached. Try again in a minute.",
                "Aircall accepts no more requests from this company for now. Try again in a minute.",
            ),
            Self::AircallRefused => row(
                Status::UNPROCESSABLE_ENTITY,
                "Aircall does not accept the API key.",
                "Aircall does not accept the API key: Unauthorized.",
            ),
            Self::AircallRejected => row(
                Status::UNPROCESSABLE_ENTITY,
                "Aircall rejected the request; the message says why.",
                "Aircall rejected the request: Bad Request (HTTP 400).",
            ),
            Self::AircallUnavailable => row(
                Status::SERVICE_UNAVAILABLE,
                "Aircall cannot be reached or failed. Try again later.",
                "Aircall cannot do this now (Aircall answered HTTP 502). Try again in a minute.",
            ),
            Self::BadParameter => Row {
                details: || Details::Parameter("until".to_owned()),
                ..row(
                    Status::BAD_REQUEST,
                    "a parameter or field is invalid; `parameter` names it.",
                    "The last day is before the first.",
                )
            },
            Self::BadToken => row(
                Status::UNAUTHORIZED,
                "the API token is invalid or was revoked.",
                "This API token is invalid or was revoked.",
            ),
            Self::Busy => row(
                Status::CONFLICT,
                "somebody else is changing or checking this connection: try again in a minute. Or calls are being imported already.",
                "Somebody else is changing or checking this connection, or an earlier request was interrupted. Nothing \
                 was changed. Try again in a minute.",
            ),
            Self::Forged => row(
                Status::FORBIDDEN,
                "the headers say that the change comes from another site's page, and there is no valid CSRF token.",
                "It cannot be verified that this change comes from a page of the console. Open the page and try again.",
            ),
            Self::InvalidField => Row {
                details: || Details::Parameter("salesforce_user_id".to_owned()),
                ..row(
                    Status::UNPROCESSABLE_ENTITY,
                    "a field of the body is missing or unknown, or the connected org does not have its value; `parameter` \
                     names it.",
                    "Choose an active user of the connected org with a Salesforce license: the ID begins with 005.",
                )
            },
            Self::InvalidSettings => Row {
                details: || {
                    let message = "a Case can only be created when relate_to is \"case\"".to_owned();
                    Details::Problems(vec![Problem { path: "create_case_if_none".to_owned(), message }])
                },
                ..row(
                    Status::UNPROCESSABLE_ENTITY,
                    "the settings are invalid, and nothing was saved; `problems` lists why.",
                    "The settings are invalid, so nothing was saved.",
                )
            },
            Self::MethodNotAllowed => row(
                Status::METHOD_NOT_ALLOWED,
                "the resource does not support this method; `Allow` lists those that it does.",
                "This resource does not support this method.",
            ),
            Self::Misconfigured => row(
                Status::INTERNAL_SERVER_ERROR,
                "the deployment is not configured correctly; its log says what is missing.",
                "The console is not configured correctly.",
            ),
            Self::NotConnected => row(
                Status::CONFLICT,
                "there is no connection to change or check.",
                "Salesforce is not connected. Connect it first.",
            ),
            Self::NotFailed => row(
                Status::CONFLICT,
                "only a failed entry can be retried.",
                "Only a failed entry can be retried. This entry has not failed.",
            ),
            Self::NotFound => row(
                Status::NOT_FOUND,
                "the resource does not exist in this tenant.",
                "There is no entry with this key.",
            ),
            Self::NotJson => row(
                Status::BAD_REQUEST,
                "the body is not JSON, or does not match the schema.",
                "The body is not JSON: EOF while parsing a value at line 1 column 0.",
            ),
            Self::NotSignedIn => {
                row(Status::UNAUTHORIZED, "there is no valid session and no API token.", "Sign in to the console.")
            }
            Self::NotSkipped => row(
                Status::CONFLICT,
                "only a skipped entry can be decided again.",
                "Only a skipped entry can be decided again. This entry is not skipped.",
            ),
            Self::OtherCompany => row(
                Status::CONFLICT,
                "the API key belongs to another company than the connected one.",
                "This account belongs to Example Ltd, but Example Company is connected. Disconnect Example Company first.",
            ),
            Self::SalesforcePaused => row(
                Status::CONFLICT,
                "the org gets no requests for now, as its API calls are used up.",
                "The org has used 14250 of its 15000 API calls of 24 hours, all integrations together, and the settings \
                 say to stop at 95 %.",
            ),
            Self::SalesforceRefused => row(
                Status::CONFLICT,
                "Salesforce refused the request; the message says why.",
                "INSUFFICIENT_ACCESS: insufficient access rights.",
            ),
            Self::SalesforceUnavailable => row(
                Status::SERVICE_UNAVAILABLE,
                "Salesforce cannot be reached or failed. Try again later.",
                "Salesforce did not answer in time.",
            ),
            Self::Stale => Row {
                details: || Details::Current(Box::new(Settings { version: 8, ..Settings::default() })),
                ..row(
                    Status::CONFLICT,
                    "somebody else changed the settings in between; `settings` has the current ones.",
                    "Somebody else changed the settings: they are now at version 8.",
                )
            },
            Self::TooLarge => {
                row(Status::PAYLOAD_TOO_LARGE, "the body is longer than the limit.", "The body is too long.")
            }
            Self::TooManyTokens => row(
                Status::CONFLICT,
                "the tenant already has 20 API tokens, the maximum.",
                "There are 20 API tokens already. Revoke one of them first.",
            ),
            Self::Unavailable => row(
                Status::SERVICE_UNAVAILABLE,
                "not possible right now. Try again later.",
                "This is not possible right now. Try again.",
            ),
            Self::Unreadable => row(
                Status::INTERNAL_SERVER_ERROR,
                "the stored data was written by another version and cannot be read.",
                "This was stored by another version and cannot be read.",
            ),
            Self::UnsupportedMediaType => row(
                Status::UNSUPPORTED_MEDIA_TYPE,
                "a request with a body needs the `Content-Type` `application/json`.",
                "The body must be JSON, with the header Content-Type: application/json.",
            ),
        }
    }
}

fn row(status: StatusCode, meaning: &'static str, message: &'static str) -> Row {
    Row { status, meaning, message, details: || Details::None }
}
