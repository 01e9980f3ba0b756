//! Somebody else saved in between: what only one of both changed is taken, and of what both changed the admin chooses.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use rules::Settings;
use serde_json::{Value, json};

use crate::console::Console;
use crate::error::ApiError;
use crate::flash::Flash;
use crate::form::Fields;
use crate::page::{self, Nav, Page};
use crate::page_error::PageError;
use crate::page_request::{PageRequest, SubmittedForm};
use crate::settings::change::Change;
use crate::settings::merge::{Merged, merge};
use crate::settings::{self, SaveError};
use crate::when::When;

#[derive(Template)]
#[template(path = "conflict.html")]
struct ConflictPage {
    page: Page,
    /// The version that was saved meanwhile.
    version: String,
    /// The version that mine was made of; empty if all that differs is asked about.
    base: String,
    /// What the admin wanted to save, as a document.
    mine: String,
    /// The page it was typed into.
    back: &'static str,
    /// Who saved it and when, if that is known.
    by: Option<(String, When)>,
    /// What both changed, from theirs to mine.
    conflicts: Vec<Change>,
    /// What only the admin changed, by name.
    only_mine: Vec<String>,
}

/// What could not be saved, as somebody else was first.
struct Mine {
    settings: Settings,
    /// The version it was made of. Without one it is wanted as a whole, so that all that differs is asked about.
    base: Option<u64>,
}

/// After the edit `document`, which names the version that it was made of and was not saved, as by now there are `theirs`.
pub(crate) async fn of_edit(
    console: &Console,
    page: PageRequest,
    document: &Value,
    theirs: Settings,
    back: Nav,
) -> Result<Response, PageError> {
    let settings = Settings::parse(document).map_err(ApiError::Invalid)?;
    let base = Some(settings.version);
    show(console, page, &Mine { settings, base }, theirs, back).await
}

/// After a version that was not taken back, as by now there are `theirs`.
pub(crate) async fn of_restore(
    console: &Console,
    page: PageRequest,
    old: Settings,
    theirs: Settings,
) -> Result<Response, PageError> {
    show(console, page, &Mine { settings: old, base: None }, theirs, Nav::History).await
}

/// Saves what is in nobody's way; the page that asks, if both changed the same.
async fn show(
    console: &Console,
    page: PageRequest,
    mine: &Mine,
    mut theirs: Settings,
    back: Nav,
) -> Result<Response, PageError> {
    loop {
        let merged = merged(console, &page, mine, &theirs).await?;
        if !merged.conflicts.is_empty() {
            return Ok(ask(console, page, mine, merged, back).await);
        }
        if merged.only_mine.is_empty() {
            return Ok(page::done(back.path(), Flash::Unchanged));
        }
        match settings::save(console, &page.session, &json!(merged.settings)).await {
            Ok(_) => return Ok(page::done(back.path(), Flash::SavedBoth)),
            // Once more somebody was first.
            Err(SaveError::Stale(newer)) => theirs = *newer,
            Err(error) => return Err(ApiError::from(error).into()),
        }
    }
}

async fn merged(console: &Console, page: &PageRequest, mine: &Mine, theirs: &Settings) -> Result<Merged, PageError> {
    let base = match mine.base {
        Some(version) => settings::version(console, &page.session.tenant, version).await?,
        None => None,
    };
    Ok(merge(base.as_ref(), &mine.settings, theirs))
}

async fn ask(console: &Console, page: PageRequest, mine: &Mine, merged: Merged, back: Nav) -> Response {
    let version = merged.settings.version;
    // The comparison matters more than whose it is.
    let saved = console.history.get(&page.session.tenant, version).await.ok().flatten();
    let template = ConflictPage {
        by: saved.map(|saved| (saved.changed_by, When::new(saved.changed_at))),
        page: page.page("Somebody else saved in between", Some(back)),
        version: version.to_string(),
        base: mine.base.map(|base| base.to_string()).unwrap_or_default(),
        mine: json!(mine.settings).to_string(),
        back: back.path(),
        conflicts: merged.conflicts,
        only_mine: merged.only_mine.into_iter().map(|change| change.name).collect(),
    };
    (StatusCode::CONFLICT, page::render(&template)).into_response()
}

/// Saves what was chosen of both.
pub(crate) async fn resolve(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let back = Nav::at(fields.get("back")).unwrap_or(Nav::start());
    let document = serde_json::from_str(fields.get("mine")).unwrap_or_default();
    let settings = Settings::parse(&document).map_err(ApiError::Invalid)?;
    let mine = Mine { settings, base: fields.get("base").parse().ok() };
    // The version that the admin has seen: if there is a newer one by now, that is another conflict.
    let theirs = settings::version(&console, &page.session.tenant, seen(&fields)?).await?;
    let theirs = theirs.ok_or(PageError::NotFound)?;
    let Merged { settings: mut chosen, conflicts, .. } = merged(&console, &page, &mine, &theirs).await?;
    for change in conflicts {
        let choice = match fields.get("all") {
            "" => fields.get(&change.path),
            all => all,
        };
        if choice == "mine" {
            change.setting.copy(&mine.settings, &mut chosen);
        }
    }
    if chosen == theirs {
        return Ok(page::done(back.path(), Flash::KeptTheirs));
    }
    let document = json!(chosen);
    match settings::save(&console, &page.session, &document).await {
        Ok(_) => Ok(page::done(back.path(), Flash::Saved)),
        Err(SaveError::Stale(newer)) => of_edit(&console, page, &document, *newer, back).await,
        Err(error) => Err(ApiError::from(error).into()),
    }
}

fn seen(fields: &Fields) -> Result<u64, ApiError> {
    let message = || "The version that was saved meanwhile is not a number.".to_owned();
    fields.get("version").parse().map_err(|_| ApiError::Parameter { name: "version", message: message() })
}
