//! Optimistic-locking conflicts between two edits of the settings. Changes that only one side made are merged; where both
//! sides changed the same setting, the admin chooses.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use rules::Settings;
use serde_json::{Value, json};

use crate::changes::Change;
use crate::console::Console;
use crate::settings::merge::{Merged, merge};
use crate::settings::{self, SaveError};
use crate::web::error::ApiError;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::nav::Nav;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};
use crate::web::when::When;

#[derive(Template)]
#[template(path = "settings/conflict.html")]
struct ConflictPage {
    page: Page,
    /// The version that somebody else saved.
    version: String,
    /// The version that the draft is based on; empty if the admin chooses for every difference.
    base: String,
    /// The draft, as a settings document.
    mine: String,
    /// Path of the page where the draft was edited.
    back: &'static str,
    /// Who saved the other version and when, if known.
    by: Option<(String, When)>,
    /// The conflicting changes, from theirs to mine.
    conflicts: Vec<Change>,
    /// Names of the settings that only the admin changed.
    only_mine: Vec<String>,
}

/// Settings that were not saved because somebody else saved first.
struct Draft {
    settings: Settings,
    /// The version that the draft is based on. `None` for a restored version: the admin then chooses for every difference.
    base: Option<u64>,
}

/// Resolves the conflict between the edit `document`, which names the version it is based on, and the newer version
/// `theirs`.
pub(crate) async fn after_edit(
    console: &Console,
    page: PageRequest,
    document: &Value,
    theirs: Settings,
    back: Nav,
) -> Result<Response, PageError> {
    let settings = Settings::parse(document).map_err(ApiError::invalid_settings)?;
    let base = Some(settings.version);
    save_or_ask(console, page, &Draft { settings, base }, theirs, back).await
}

/// Resolves the conflict between restoring the version `old` and the newer version `theirs`.
pub(crate) async fn after_restore(
    console: &Console,
    page: PageRequest,
    old: Settings,
    theirs: Settings,
    back: Nav,
) -> Result<Response, PageError> {
    save_or_ask(console, page, &Draft { settings: old, base: None }, theirs, back).await
}

/// Saves the merged settings if nothing conflicts; otherwise shows the page with the conflicts.
async fn save_or_ask(
    console: &Console,
    page: PageRequest,
    draft: &Draft,
    mut theirs: Settings,
    back: Nav,
) -> Result<Response, PageError> {
    loop {
        let merged = merge_draft(console, &page, draft, &theirs).await?;
        if !merged.conflicts.is_empty() {
            return Ok(conflict_page(console, page, draft, merged, back).await);
        }
        if merged.only_mine.is_empty() {
            return Ok(page::done(back.path, Flash::Unchanged));
        }
        match settings::save(console, &page.session, &json!(merged.settings)).await {
            Ok(_) => return Ok(page::done(back.path, Flash::SavedBoth)),
            // Somebody else saved first again.
            Err(SaveError::Stale(newer)) => theirs = *newer,
            Err(error) => return Err(ApiError::from(error).into()),
        }
    }
}

async fn merge_draft(
    console: &Console,
    page: &PageRequest,
    draft: &Draft,
    theirs: &Settings,
) -> Result<Merged, PageError> {
    let base = match draft.base {
        Some(version) => settings::version(console, &page.session.tenant, version).await?,
        None => None,
    };
    Ok(merge(base.as_ref(), &draft.settings, theirs))
}

async fn conflict_page(console: &Console, page: PageRequest, draft: &Draft, merged: Merged, back: Nav) -> Response {
    let version = merged.settings.version;
    // A failed read does not prevent the comparison: the name of the author is optional.
    let saved = console.history.get(&page.session.tenant, version).await.ok().flatten();
    let template = ConflictPage {
        by: saved.map(|saved| (saved.changed_by, When::new(saved.changed_at))),
        page: page.page("Resolve conflicting changes", Some(back)),
        version: version.to_string(),
        base: draft.base.map(|base| base.to_string()).unwrap_or_default(),
        mine: json!(draft.settings).to_string(),
        back: back.path,
        conflicts: merged.conflicts,
        only_mine: merged.only_mine.into_iter().map(|change| change.name).collect(),
    };
    (StatusCode::CONFLICT, page::render(&template)).into_response()
}

/// Saves the admin's choices.
pub(crate) async fn resolve(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let back = page.nav_at(fields.get("back"));
    let document = serde_json::from_str(fields.get("mine")).unwrap_or_default();
    let settings = Settings::parse(&document).map_err(ApiError::invalid_settings)?;
    let draft = Draft { settings, base: fields.get("base").parse().ok() };
    // The version that the admin has seen. A newer version is another conflict.
    let theirs = settings::version(&console, &page.session.tenant, seen_version(&fields)?).await?;
    let theirs = theirs.ok_or(PageError::NotFound)?;
    let Merged { settings: mut chosen, conflicts, .. } = merge_draft(&console, &page, &draft, &theirs).await?;
    for change in conflicts {
        let choice = match fields.get("all") {
            "" => fields.get(&change.path),
            all => all,
        };
        if choice == "mine" {
            change.setting.copy(&draft.settings, &mut chosen);
        }
    }
    if chosen == theirs {
        return Ok(page::done(back.path, Flash::KeptTheirs));
    }
    let document = json!(chosen);
    match settings::save(&console, &page.session, &document).await {
        Ok(_) => Ok(page::done(back.path, Flash::Saved)),
        Err(SaveError::Stale(newer)) => after_edit(&console, page, &document, *newer, back).await,
        Err(error) => Err(ApiError::from(error).into()),
    }
}

fn seen_version(fields: &Fields) -> Result<u64, ApiError> {
    fields
        .get("version")
        .parse()
        .map_err(|_| ApiError::parameter("version", "The version that was saved meanwhile is not a number."))
}
