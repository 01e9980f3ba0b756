//! Somebody else saved in between: both versions, setting by setting, and a choice for each.

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
use crate::page::{self, Nav, Page};
use crate::page_error::PageError;
use crate::settings::change::{Change, changes};
use crate::settings::{self, SaveError};
use crate::visit::{Submitted, Visit};
use crate::when::When;

#[derive(Template)]
#[template(path = "conflict.html")]
struct ConflictPage {
    page: Page,
    /// The version that was saved meanwhile.
    version: String,
    /// What the admin wanted to save, as a document.
    mine: String,
    /// The page it was typed into.
    back: &'static str,
    /// Who saved it and when, if that is known.
    by: Option<(String, When)>,
    /// From theirs to mine.
    changes: Vec<Change>,
}

/// The page that compares the document `mine`, which was not saved, with `theirs`, which was.
///
/// `mine` has passed [`Settings::parse`] already, else nobody would have said that it is stale.
pub(crate) async fn show(console: &Console, visit: Visit, mut mine: Value, theirs: &Settings, back: Nav) -> Response {
    mine["version"] = json!(theirs.version);
    let Ok(mine) = Settings::parse(&mine) else { return page::done(back.path(), Flash::KeptTheirs) };
    let changes = changes(theirs, &mine);
    if changes.is_empty() {
        return page::done(back.path(), Flash::Unchanged);
    }
    // The comparison matters more than whose it is.
    let saved = console.history.get(&visit.session.tenant, theirs.version).await.ok().flatten();
    let template = ConflictPage {
        by: saved.map(|saved| (saved.changed_by, When::of(saved.changed_at))),
        page: visit.page("Somebody else saved in between", Some(back)),
        version: theirs.version.to_string(),
        mine: json!(mine).to_string(),
        back: back.path(),
        changes,
    };
    (StatusCode::CONFLICT, page::render(&template)).into_response()
}

/// Saves what was chosen of both.
pub(crate) async fn resolve(
    State(console): State<Arc<Console>>,
    Submitted { visit, fields }: Submitted,
) -> Result<Response, PageError> {
    let back = Nav::at(fields.get("back")).unwrap_or(Nav::start());
    let document = serde_json::from_str(fields.get("mine")).unwrap_or_default();
    let mine = Settings::parse(&document).map_err(ApiError::Invalid)?;
    let theirs = console.settings.get(&visit.session.tenant).await?;
    // Named by the version that the admin has seen: if there is a newer one by now, that is another conflict.
    let mut merged = Settings { version: mine.version, ..theirs.clone() };
    for change in changes(&theirs, &mine) {
        let choice = match fields.get("all") {
            "" => fields.get(&change.path),
            all => all,
        };
        if choice == "mine" {
            change.setting.copy(&mine, &mut merged);
        }
    }
    if changes(&theirs, &merged).is_empty() {
        return Ok(page::done(back.path(), Flash::KeptTheirs));
    }
    let document = json!(merged);
    match settings::save(&console, &visit.session, &document).await {
        Ok(_) => Ok(page::done(back.path(), Flash::Saved)),
        Err(SaveError::Stale(theirs)) => Ok(show(&console, visit, document, &theirs, back).await),
        Err(error) => Err(ApiError::from(error).into()),
    }
}
