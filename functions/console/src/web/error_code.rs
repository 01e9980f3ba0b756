//! Error codes of the API, for programs.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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
    InvalidSettings,
    MethodNotAllowed,
    Misconfigured,
    NotConnected,
    NotFailed,
    NotFound,
    NotJson,
    NotSignedIn,
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

impl ErrorCode {
    /// The HTTP status of the code.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::BadParameter | Self::NotJson => StatusCode::BAD_REQUEST,
            Self::BadToken | Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::AdminOnly | Self::Forged => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy
            | Self::NotConnected
            | Self::NotFailed
            | Self::OtherCompany
            | Self::SalesforcePaused
            | Self::SalesforceRefused
            | Self::Stale
            | Self::TooManyTokens => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::AircallRefused | Self::AircallRejected | Self::InvalidSettings => StatusCode::UNPROCESSABLE_ENTITY,
            Self::AircallRateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Misconfigured | Self::Unreadable => StatusCode::INTERNAL_SERVER_ERROR,
            Self::AircallUnavailable | Self::SalesforceUnavailable | Self::Unavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}
