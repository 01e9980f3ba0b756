//! `GET /api/settings/history`, `GET /api/settings/history/{version}` and `POST …/restore`.

#![expect(unused_qualifications, reason = "what utoipa makes of IntoParams")]

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use rules::Settings;
use serde::Serialize;
use store::{MadeFrom, SettingsVersion, TenantId};
use utoipa::{IntoParams, ToSchema};

use super::parameters;
use crate::activity::filters::number;
use crate::console::Console;
use crate::error::ApiError;
use crate::settings;
use crate::signed_in::SignedIn;

/// Versions on a page.
const LIMIT: usize = 25;

/// A page of the history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryView {
    /// The latest first.
    versions: Vec<VersionView>,
    /// What `before` is for the next page; null on the last.
    #[schema(required, example = 17)]
    next_before: Option<u64>,
}

/// A version of the settings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingsVersion)]
struct VersionView {
    #[schema(example = 7)]
    version: u64,
    /// Who stored it.
    #[schema(example = "admin@example.com")]
    changed_by: String,
    /// When, UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    changed_at: Timestamp,
    /// What it was made from.
    made_from: MadeFrom,
    settings: Settings,
}

/// Which part of the history to show.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the document, by which the query string is read")]
struct HistoryParameters {
    /// The versions before this one: `next_before` of an earlier page. Without it, from the latest on.
    #[param(required = false, example = 17)]
    before: u64,
}

/// The history of the settings
///
/// The latest version first, 25 on a page. Version 0, which nobody stored, is not listed.
#[utoipa::path(
    get,
    path = "/api/settings/history",
    tag = "Settings",
    operation_id = "listSettingsHistory",
    params(HistoryParameters),
    responses((status = OK, description = "A page of the history.", body = HistoryView)),
)]
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Json<HistoryView>, ApiError> {
    let query = parameters::read::<HistoryParameters>(query)?;
    let before = match query.get("before") {
        "" => None,
        text => Some(number(text).filter(|version| i64::try_from(*version).is_ok()).ok_or_else(|| {
            let message = "It is the number of a version.".to_owned();
            ApiError::Parameter { name: "before", message }
        })?),
    };
    let found = console.history.list(&session.tenant, before, LIMIT + 1).await?;
    let has_more = found.len() > LIMIT;
    let readable = found.into_iter().take(LIMIT).filter_map(|version| {
        version.inspect_err(|error| tracing::error!(%error, "a version of the settings cannot be read")).ok()
    });
    let versions: Vec<VersionView> = readable.map(VersionView::new).collect();
    let next_before = versions.last().map(|last| last.version).filter(|_| has_more);
    Ok(Json(HistoryView { versions, next_before }))
}

/// A version of the settings
#[utoipa::path(
    get,
    path = "/api/settings/history/{version}",
    tag = "Settings",
    operation_id = "getSettingsVersion",
    params(("version" = u64, Path, description = "The version; 0 is what a new tenant has.", example = 7)),
    responses((status = OK, description = "The settings document of that version.", body = Settings)),
)]
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    version: Result<Path<u64>, PathRejection>,
) -> Result<Json<Settings>, ApiError> {
    Ok(Json(version_of(&console, &session.tenant, version).await?))
}

/// Take a version of the settings back
///
/// As a new version, whatever the settings are now. Refused as `stale` if somebody else saves at the same moment.
#[utoipa::path(
    post,
    path = "/api/settings/history/{version}/restore",
    tag = "Settings",
    operation_id = "restoreSettingsVersion",
    params(("version" = u64, Path, description = "The version; 0 is what a new tenant has.", example = 7)),
    responses((status = OK, description = "The document as it was stored, at its new version.", body = Settings)),
)]
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
    fn new(version: SettingsVersion) -> Self {
        let SettingsVersion { settings, changed_by, changed_at, made_from } = version;
        Self { version: settings.version, changed_by, changed_at, made_from, settings }
    }
}
