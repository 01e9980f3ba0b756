//! `GET /history`: who changed which settings and when. `GET` and `POST /history/{version}`: restores a version.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{Html, Response};
use rules::Settings;
use store::{Corrupt, MadeFrom, SettingsVersion};

use super::conflict;
use crate::changes::{Change, changes};
use crate::console::Console;
use crate::settings::{self, SaveError};
use crate::web::error::ApiError;
use crate::web::flash::Flash;
use crate::web::form::{Fields, number};
use crate::web::nav::Nav;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};
use crate::web::when::When;

/// The number of versions on a page.
const LIMIT: usize = 20;

/// Its entry in the navigation.
pub(crate) const NAV: Nav = Nav::secondary("History", "/history");

#[derive(Template)]
#[template(path = "settings/history.html")]
struct HistoryPage {
    page: Page,
    versions: Vec<VersionView>,
    /// The version before which the next page starts.
    older: Option<u64>,
}

struct VersionView {
    version: u64,
    when: When,
    by: String,
    /// The version that was restored, if it was made by a restore.
    restored: Option<u64>,
    is_current: bool,
    /// The changes from the previous version; `None` if that version is not available.
    changes: Option<Vec<Change>>,
}

#[derive(Template)]
#[template(path = "settings/restore.html")]
struct RestorePage {
    page: Page,
    version: u64,
    current: u64,
    /// The changes from the current settings to this version.
    changes: Vec<Change>,
}

/// Lists the versions, latest first.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    page: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, PageError> {
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    let before = match query.get("before") {
        "" => None,
        text => {
            Some(number(text).ok_or_else(|| ApiError::parameter("before", "There is no version with this number."))?)
        }
    };
    // One more than is shown, to compare the last one with.
    let mut found = console.history.list(&page.session.tenant, before, LIMIT + 1).await?;
    let settings = console.settings.get(&page.session.tenant).await?;
    let next = (found.len() > LIMIT).then(|| found.pop()).flatten();
    let older = found.last().and_then(|last| last.as_ref().ok()).map(|last| last.settings.version);
    let older = older.filter(|_| next.is_some());
    let compared: Vec<_> = found.iter().skip(1).map(Some).chain([next.as_ref()]).collect();
    let versions = found.iter().zip(compared).filter_map(|(version, before)| view(version, before, settings.version));
    let versions = versions.collect();
    Ok(page::render(&HistoryPage { page: page.page("History", Some(NAV)), versions, older }))
}

/// Compares a version with the previous one. The first version is compared with the default settings.
fn view(
    version: &Result<SettingsVersion, Corrupt>,
    before: Option<&Result<SettingsVersion, Corrupt>>,
    current: u64,
) -> Option<VersionView> {
    let version = version.as_ref().inspect_err(|error| tracing::error!(%error, "a version cannot be read")).ok()?;
    let SettingsVersion { settings, changed_by, changed_at, made_from } = version;
    let previous = settings.version.checked_sub(1)?;
    let known = before.and_then(|before| before.as_ref().ok()).map(|before| before.settings.clone());
    let known = known.or_else(|| (previous == 0).then(Settings::default)).filter(|known| known.version == previous);
    Some(VersionView {
        version: settings.version,
        when: When::new(*changed_at),
        by: changed_by.clone(),
        restored: match made_from {
            MadeFrom::Edit => None,
            MadeFrom::Restore { version } => Some(*version),
        },
        is_current: settings.version == current,
        changes: known.map(|known| changes(&known, settings)),
    })
}

/// Shows what restoring a version would change.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    page: PageRequest,
    version: Result<Path<u64>, PathRejection>,
) -> Result<Html<String>, PageError> {
    let old = version_of(&console, &page, version).await?;
    let current = console.settings.get(&page.session.tenant).await?;
    let title = if old.version == 0 {
        "Restore the default settings".to_owned()
    } else {
        format!("Restore version {}", old.version)
    };
    Ok(page::render(&RestorePage {
        page: page.page(&title, Some(NAV)),
        version: old.version,
        current: current.version,
        changes: changes(&current, &old),
    }))
}

/// Restores a version.
pub(crate) async fn restore(
    State(console): State<Arc<Console>>,
    version: Result<Path<u64>, PathRejection>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let old = version_of(&console, &page, version).await?;
    let seen = fields
        .get("version")
        .parse()
        .map_err(|_| ApiError::parameter("version", "The version to replace is not a number."))?;
    match settings::restore(&console, &page.session, &old, seen).await {
        Ok(_) => Ok(page::done(NAV.path, Flash::Restored)),
        Err(SaveError::Stale(theirs)) => conflict::after_restore(&console, page, old, *theirs, NAV).await,
        Err(error) => Err(ApiError::from(error).into()),
    }
}

async fn version_of(
    console: &Console,
    page: &PageRequest,
    version: Result<Path<u64>, PathRejection>,
) -> Result<Settings, PageError> {
    let Ok(Path(version)) = version else { return Err(PageError::NotFound) };
    settings::version(console, &page.session.tenant, version).await?.ok_or(PageError::NotFound)
}
