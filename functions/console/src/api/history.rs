//! `GET /api/settings/history`, `GET /api/settings/history/{version}` and `POST …/restore`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use rules::Settings;
use serde::Serialize;
use store::{MadeFrom, SettingsVersion, TenantId};

use crate::console::Console;
use crate::error::ApiError;
use crate::form::Fields;
use crate::settings;
use crate::signed_in::SignedIn;

/// Versions on a page.
const LIMIT: usize = 25;

/// A page of the history.
#[derive(Debug, Serialize)]
pub(crate) struct HistoryView {
    /// The latest first.
    versions: Vec<VersionView>,
    /// What `before` is for the next page; null on the last.
    next_before: Option<u64>,
}

/// A version of the settings.
#[derive(Debug, Serialize)]
struct VersionView {
    version: u64,
    /// Who stored it.
    changed_by: String,
    /// When, UNIX seconds.
    #[serde(with = "required")]
    changed_at: Timestamp,
    /// What it was made from.
    made_from: MadeFrom,
    settings: Settings,
}

/// The versions from before the version `before` on, the latest first.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Json<HistoryView>, ApiError> {
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    let before = match query.get("before") {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            let message = "It is the number of a version.".to_owned();
            ApiError::Parameter { name: "before", message }
        })?),
    };
    let found = console.history.list(&session.tenant, before, LIMIT + 1).await?;
    let has_more = found.len() > LIMIT;
    let readable = found.into_iter().take(LIMIT).filter_map(|version| {
        version.inspect_err(|error| tracing::error!(%error, "a version of the settings cannot be read")).ok()
    });
    let versions: Vec<VersionView> = readable.map(VersionView::of).collect();
    let next_before = versions.last().map(|last| last.version).filter(|_| has_more);
    Ok(Json(HistoryView { versions, next_before }))
}

/// The settings document of a version.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    version: Result<Path<u64>, PathRejection>,
) -> Result<Json<Settings>, ApiError> {
    Ok(Json(version_of(&console, &session.tenant, version).await?))
}

/// Takes a version back, as a new version, whatever the settings are now.
pub(crate) async fn restore(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    version: Result<Path<u64>, PathRejection>,
) -> Result<Json<Settings>, ApiError> {
    let old = version_of(&console, &session.tenant, version).await?;
    let current = console.settings.get(&session.tenant).await?;
    Ok(Json(settings::restore(&console, &session, &old, current.version).await?))
}

async fn version_of(
    console: &Console,
    tenant: &TenantId,
    version: Result<Path<u64>, PathRejection>,
) -> Result<Settings, ApiError> {
    let nothing = || ApiError::NotFound("There is no such version of the settings.".to_owned());
    let Path(version) = version.map_err(|_| nothing())?;
    settings::version(console, tenant, version).await?.ok_or_else(nothing)
}

impl VersionView {
    fn of(version: SettingsVersion) -> Self {
        let SettingsVersion { settings, changed_by, changed_at, made_from } = version;
        Self { version: settings.version, changed_by, changed_at, made_from, settings }
    }
}
