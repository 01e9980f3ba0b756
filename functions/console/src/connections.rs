//! A tenant's connections: its Salesforce org and its Aircall account. Pages and API both change them through this
//! module.
//!
//! Every change is a sequence of steps. A crash between two steps leaves a consistent state; running the change again
//! completes it. Where two admins at once could undo each other's change, a lease on the tenant serializes them: the
//! second one waits or is asked to try again.

pub(crate) mod aircall;
mod api;
pub(crate) mod check_page;
pub(crate) mod consent;
mod lease;
pub(crate) mod lines;
pub(crate) mod page;
pub(crate) mod predecessor;
pub(crate) mod salesforce;
mod view;
mod warning;

use axum::Router;
use axum::routing::get;
use jiff::SignedDuration;
use org::{BatchError, Reason};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::aircall::AircallError;
use crate::console::AppState;
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::nav::Nav;
use crate::web::openapi::refusals::operations;
use crate::web::page::redirect_to;
use crate::web::random;

/// Its entry in the navigation.
pub(crate) const NAV: Nav = Nav::new("Connections", "/connections");

/// The pages of the connections.
pub(crate) fn pages() -> Router<AppState> {
    Router::new()
        .route("/connections", get(page::show))
        .route("/connections/salesforce/check", get(check_page::show))
        .route(
            "/connections/salesforce/set-up",
            get(redirect_to("/connections/salesforce/check")).post(check_page::set_up),
        )
        .route("/connections/salesforce/statuses", get(redirect_to("/connections")).post(page::choose_statuses))
        .route("/connections/salesforce/consent-link", get(redirect_to("/connections")).post(page::make_consent_link))
        .route(
            "/connections/salesforce/consent-link/withdraw",
            get(redirect_to("/connections")).post(page::withdraw_consent_link),
        )
        .route(
            "/connections/salesforce/predecessor/copy",
            get(redirect_to("/connections")).post(page::copy_predecessor),
        )
        .route(
            "/connections/salesforce/predecessor/dismiss",
            get(redirect_to("/connections")).post(page::dismiss_predecessor),
        )
        .route(
            "/connections/salesforce/former-user/dismiss",
            get(redirect_to("/connections")).post(page::dismiss_former_user),
        )
        .route("/connections/salesforce/disconnect", get(redirect_to("/connections")).post(page::disconnect_salesforce))
        .route("/connections/aircall", get(redirect_to("/connections")).post(page::connect_aircall))
        .route("/connections/aircall/reactivate", get(redirect_to("/connections")).post(page::reactivate_aircall))
        .route("/connections/aircall/rotate", get(redirect_to("/connections")).post(page::rotate_aircall))
        .route("/connections/aircall/backfill", get(redirect_to("/connections")).post(page::import_calls))
        .route("/connections/aircall/backfill/stop", get(redirect_to("/connections")).post(page::stop_import))
        .route("/connections/aircall/disconnect", get(redirect_to("/connections")).post(page::disconnect_aircall))
}

/// The API of the connections.
pub(crate) fn api() -> OpenApiRouter<AppState> {
    use ErrorCode::{
        AdminOnly, AircallRateLimited, AircallRefused, AircallRejected, AircallUnavailable, BadParameter, Busy,
        InvalidField, InvalidSettings, NotConnected, NotFound, OtherCompany, SalesforcePaused, SalesforceRefused,
        SalesforceUnavailable, Stale,
    };
    const CHANGES_WEBHOOK: &[ErrorCode] = &[
        AdminOnly,
        BadParameter,
        Busy,
        NotConnected,
        AircallRefused,
        AircallRejected,
        AircallRateLimited,
        AircallUnavailable,
    ];
    operations([
        (routes!(api::show), &[]),
        (routes!(api::salesforce::disconnect), &[AdminOnly, Busy, NotConnected]),
        (routes!(api::salesforce::make_consent_link), &[AdminOnly, BadParameter, Busy, NotConnected]),
        (routes!(api::salesforce::withdraw_consent_link), &[AdminOnly, Busy, NotConnected]),
        (routes!(api::salesforce::copy_predecessor), &[AdminOnly, InvalidSettings, NotFound, Stale]),
        (routes!(api::salesforce::dismiss_predecessor), &[AdminOnly]),
        (
            routes!(api::salesforce::check),
            &[Busy, NotConnected, SalesforcePaused, SalesforceRefused, SalesforceUnavailable],
        ),
        (
            routes!(api::salesforce::set_up),
            &[AdminOnly, Busy, NotConnected, SalesforcePaused, SalesforceRefused, SalesforceUnavailable],
        ),
        (
            routes!(api::salesforce::choose_statuses),
            &[AdminOnly, InvalidField, NotConnected, SalesforcePaused, SalesforceRefused, SalesforceUnavailable],
        ),
        (
            routes!(api::aircall::connect),
            &[
                AdminOnly,
                BadParameter,
                Busy,
                OtherCompany,
                AircallRefused,
                AircallRejected,
                AircallRateLimited,
                AircallUnavailable,
                NotConnected,
            ],
        ),
        (routes!(api::aircall::reactivate), CHANGES_WEBHOOK),
        (routes!(api::aircall::rotate), CHANGES_WEBHOOK),
        (routes!(api::backfill::show), &[]),
        (routes!(api::backfill::start), &[AdminOnly, BadParameter, Busy, NotConnected]),
        (routes!(api::backfill::stop), &[AdminOnly]),
        (
            routes!(api::backfill::preview),
            &[
                AdminOnly,
                AircallRateLimited,
                AircallRefused,
                AircallRejected,
                AircallUnavailable,
                BadParameter,
                NotConnected,
            ],
        ),
        (
            routes!(api::aircall::disconnect),
            &[AdminOnly, BadParameter, Busy, NotConnected, AircallRateLimited, AircallUnavailable],
        ),
    ])
}

/// How long a lease lasts if it is not released: longer than a request to the console can take.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Why a connection could not be changed or checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    /// There is no connection to change or check.
    #[error("{0} is not connected. Connect it first.")]
    NotConnected(&'static str),
    /// Another request holds the lease.
    #[error(
        "Somebody else is changing or checking this connection, or an earlier request was interrupted. Nothing was \
         changed. Try again in a minute."
    )]
    Busy,
    /// Calls are being imported.
    #[error("Calls are being imported already. Wait until that is done, or stop it first.")]
    Importing,
    /// Aircall refused the request or did not answer.
    #[error(transparent)]
    Aircall(#[from] AircallError),
    /// The org refused the request; its own message.
    #[error("{0}")]
    SalesforceRefused(String),
    /// The org is paused and gets no requests for now; the reason.
    #[error("{0}")]
    SalesforcePaused(String),
    /// The org cannot answer now; a later try may succeed. Its own message.
    #[error("{0}")]
    SalesforceUnavailable(String),
    /// One of our own stores does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<::aircall::client::Error> for ConnectionError {
    fn from(error: ::aircall::client::Error) -> Self {
        ConnectionError::Aircall(error.into())
    }
}

impl From<::webhook::Error> for ConnectionError {
    fn from(error: ::webhook::Error) -> Self {
        match error {
            ::webhook::Error::Aircall(error) => error.into(),
            ::webhook::Error::Store(error) => ConnectionError::Store(error),
        }
    }
}

impl From<BatchError> for ConnectionError {
    fn from(stop: BatchError) -> Self {
        match stop {
            BatchError::Failed(Reason { message, .. })
            | BatchError::TimedOut(Reason { message, .. })
            | BatchError::CutOff(Reason { message, .. })
            | BatchError::OutOfTime(Reason { message, .. })
            | BatchError::RetrySoon(Reason { message, .. }) => ConnectionError::SalesforceUnavailable(message),
            BatchError::Pause(Reason { message, .. }) => ConnectionError::SalesforcePaused(message),
            BatchError::Refused(Reason { message, .. })
            | BatchError::Unknown(Reason { message, .. })
            | BatchError::Reconnect(Reason { message, .. }) => ConnectionError::SalesforceRefused(message),
            BatchError::Store(error) => ConnectionError::Store(error),
        }
    }
}

impl From<ConnectionError> for ApiError {
    fn from(error: ConnectionError) -> Self {
        let code = match error {
            ConnectionError::NotConnected(_) => ErrorCode::NotConnected,
            ConnectionError::Busy | ConnectionError::Importing => ErrorCode::Busy,
            ConnectionError::Aircall(ref error) => error.code(),
            ConnectionError::SalesforceRefused(_) => ErrorCode::SalesforceRefused,
            ConnectionError::SalesforcePaused(_) => ErrorCode::SalesforcePaused,
            ConnectionError::SalesforceUnavailable(_) => ErrorCode::SalesforceUnavailable,
            ConnectionError::Store(error) => return error.into(),
        };
        ApiError::new(code, error.to_string())
    }
}

/// A unique name for the holder of a lease.
fn lease_holder() -> String {
    random::text()
}
