//! The settings: their pages, their API, and the changes that both make.

mod api;
pub(crate) mod call_workflow;
mod choices;
mod conflict;
pub(crate) mod general;
pub(crate) mod history;
mod merge;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use rules::Settings;
use rules::settings::Problem;
use serde_json::Value;
use store::{MadeFrom, PutError, TenantId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::console::{AppState, Console};
use crate::web::error::ApiError;
use crate::web::error_code::{Details, ErrorCode};
use crate::web::openapi::refusals::operations;
use crate::web::page::redirect_to;
use crate::web::session::Session;

/// The pages that show and change the settings.
pub(crate) fn pages() -> Router<AppState> {
    Router::new()
        .route("/call-workflow", get(call_workflow::show).post(call_workflow::save))
        .route("/general", get(general::show).post(general::save))
        .route("/history", get(history::list))
        .route("/history/{version}", get(history::show).post(history::restore))
        .route("/settings/conflict", get(redirect_to("/history")).post(conflict::resolve))
}

/// The API of the settings and their history.
pub(crate) fn api() -> OpenApiRouter<AppState> {
    use ErrorCode::{BadParameter, InvalidSettings, NotFound, Stale};
    operations([
        (routes!(api::show), &[]),
        (routes!(api::replace), &[Stale, InvalidSettings]),
        (routes!(api::history::list), &[BadParameter]),
        (routes!(api::history::show), &[NotFound]),
        (routes!(api::history::restore), &[NotFound, Stale]),
    ])
}

/// Why settings were not saved. On an error, nothing is saved.
#[derive(Debug)]
pub(crate) enum SaveError {
    /// They are invalid.
    Invalid(Vec<Problem>),
    /// Somebody else changed the settings first: the current ones.
    Stale(Box<Settings>),
    /// DynamoDB did not answer.
    Store(store::Error),
}

impl From<SaveError> for ApiError {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Invalid(problems) => Self::invalid_settings(problems),
            SaveError::Stale(current) => {
                let message =
                    format!("Somebody else changed the settings: they are now at version {}.", current.version);
                Self::new(ErrorCode::Stale, message).with(Details::Current(current))
            }
            SaveError::Store(error) => error.into(),
        }
    }
}

/// Replaces the tenant's settings with `document`, if they are still at the version that it names (optimistic locking).
pub(crate) async fn save(console: &Console, session: &Session, document: &Value) -> Result<Settings, SaveError> {
    let settings = Settings::parse(document).map_err(SaveError::Invalid)?;
    put(console, session, &settings, MadeFrom::Edit).await
}

/// A version of the tenant's settings, if it exists. Version 0 is the defaults of a new tenant.
pub(crate) async fn version(
    console: &Console,
    tenant: &TenantId,
    version: u64,
) -> Result<Option<Settings>, store::Error> {
    if version == 0 {
        return Ok(Some(Settings::default()));
    }
    Ok(console.history.get(tenant, version).await?.map(|version| version.settings))
}

/// Replaces the tenant's settings with others, if they are still at the version that these carry.
pub(crate) async fn replace(console: &Console, session: &Session, settings: &Settings) -> Result<Settings, SaveError> {
    put(console, session, settings, MadeFrom::Edit).await
}

/// Restores `old` as a new version, if the settings are still at the version `current`.
pub(crate) async fn restore(
    console: &Console,
    session: &Session,
    old: &Settings,
    current: u64,
) -> Result<Settings, SaveError> {
    let settings = Settings { version: current, ..old.clone() };
    put(console, session, &settings, MadeFrom::Restore { version: old.version }).await
}

async fn put(
    console: &Console,
    session: &Session,
    settings: &Settings,
    made_from: MadeFrom,
) -> Result<Settings, SaveError> {
    let now = Timestamp::now();
    let put = console.settings.put_with_origin(&session.tenant, settings, made_from, session.label(), now).await;
    let stored = put.map_err(|error| match error {
        PutError::Stale { current } => SaveError::Stale(current),
        PutError::Store(error) => SaveError::Store(error),
    })?;
    tracing::info!(tenant = %session.tenant, version = stored.version, "changed the settings");
    Ok(stored)
}
