//! The JSON API: everything that the pages do, for programs.
//!
//! To add an operation, write a handler with `#[utoipa::path]`, which declares its route, parameters and response, and
//! add a line to [`routes`] with its error codes. Routes are only registered this way, so the document lists all of
//! them.

pub(crate) mod activity;
mod body;
pub(crate) mod connections;
pub(crate) mod document;
mod entry;
pub(crate) mod history;
mod parameters;
pub(crate) mod preview;
mod refusals;
pub(crate) mod schema;
pub(crate) mod settings;
pub(crate) mod tokens;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::refusals::Operation;
use crate::console::Console;
use crate::error_code::ErrorCode;

/// All operations except the one that serves the document, each with its own error codes. The codes that every
/// operation shares are added by [`refusals::add`].
pub(crate) fn routes() -> OpenApiRouter<Arc<Console>> {
    use ErrorCode::{
        AdminOnly, AircallRateLimited, AircallRefused, AircallRejected, AircallUnavailable, BadParameter, Busy,
        InvalidSettings, NotConnected, NotFailed, NotFound, OtherCompany, SalesforcePaused, SalesforceRefused,
        SalesforceUnavailable, Stale, TooManyTokens,
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
    let operations: [(Operation, &[ErrorCode]); _] = [
        (routes!(settings::show), &[]),
        (routes!(settings::replace), &[Stale, InvalidSettings]),
        (routes!(history::list), &[BadParameter]),
        (routes!(history::show), &[NotFound]),
        (routes!(history::restore), &[NotFound, Stale]),
        (routes!(activity::list), &[BadParameter]),
        (routes!(activity::count_days), &[BadParameter]),
        (routes!(activity::retry_failed), &[]),
        (routes!(activity::show), &[NotFound]),
        (routes!(activity::retry), &[NotFound, NotFailed]),
        (routes!(preview::show), &[BadParameter, NotFound, InvalidSettings]),
        (routes!(connections::show), &[]),
        (routes!(connections::disconnect_salesforce), &[AdminOnly, Busy, NotConnected]),
        (routes!(connections::check), &[NotConnected, SalesforcePaused, SalesforceRefused, SalesforceUnavailable]),
        (
            routes!(connections::set_up),
            &[AdminOnly, NotConnected, SalesforcePaused, SalesforceRefused, SalesforceUnavailable],
        ),
        (
            routes!(connections::connect_aircall),
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
        (routes!(connections::reactivate_aircall), CHANGES_WEBHOOK),
        (routes!(connections::rotate_aircall), CHANGES_WEBHOOK),
        (
            routes!(connections::disconnect_aircall),
            &[AdminOnly, BadParameter, Busy, NotConnected, AircallRateLimited, AircallUnavailable],
        ),
        (routes!(tokens::list), &[AdminOnly]),
        (routes!(tokens::create), &[AdminOnly, BadParameter, TooManyTokens]),
        (routes!(tokens::revoke), &[AdminOnly, NotFound]),
    ];
    let router = OpenApiRouter::with_openapi(document::about());
    operations.into_iter().fold(router, |router, (operation, codes)| refusals::add(router, operation, codes))
}
