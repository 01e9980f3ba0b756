//! `GET` and `POST /general`: business hours, unknown numbers, Cases and Opportunities, and the content of a Task.

mod form;
mod hours;
mod options;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use rules::settings::MAX_LINES_WITH_HOURS;
use rules::{LineId, Settings};

use self::form::{GeneralForm, prefix};
use self::hours::HoursForm;
use self::options::{
    CONTACT_ACCOUNT, HOURS_FROM, INTERNAL_CALLS, LINES, LOG_CALLS, RELATE_TO, TRANSFERRED_CALL_OWNER, UNKNOWN_NUMBER,
};
use super::conflict;
use crate::connections::lines;
use crate::console::Console;
use crate::preview;
use crate::settings::choices::{Choices, Option3};
use crate::settings::{self, SaveError};
use crate::web::error_code::ErrorCode;
use crate::web::errors::Errors;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::nav::Nav;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};

/// Its entry in the navigation.
pub(crate) const NAV: Nav = Nav::new("General", "/general");

#[derive(Template)]
#[template(path = "settings/general.html")]
struct GeneralPage {
    page: Page,
    form: GeneralForm,
    errors: Errors,
    /// Whether the form differs from the saved settings.
    is_changed: bool,
    log_calls: Choices,
    hours_from: Choices,
    unknown_number: Choices,
    contact_account: Choices,
    internal_calls: Choices,
    transferred_call_owner: Choices,
    relate_to: Choices,
    lines: Choices,
    known_lines: Vec<LineView>,
    line_hours: Vec<LineHoursView>,
    /// Lines that have no hours of their own yet.
    other_lines: Vec<LineView>,
}

struct LineView {
    id: u64,
    name: String,
    is_chosen: bool,
}

struct LineHoursView {
    id: u64,
    name: String,
    hours: HoursForm,
}

/// Shows the current settings.
pub(crate) async fn show(State(console): State<Arc<Console>>, page: PageRequest) -> Result<Html<String>, PageError> {
    let settings = console.settings.get(&page.session.tenant).await?;
    let known = lines::names(&console, &page.session.tenant).await?;
    Ok(view(page, GeneralForm::new(&settings, &known), &known, Errors::default(), false))
}

/// Saves the form. If an editor button was pressed, shows the form with a row added or removed instead.
pub(crate) async fn save(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    if fields.all("line_hours").count() > MAX_LINES_WITH_HOURS {
        return Err(ErrorCode::TooLarge.into());
    }
    let known = lines::names(&console, &page.session.tenant).await?;
    let mut form = GeneralForm::read(&fields);
    let mut errors = Errors::default();
    if apply_editor_button(&mut form, &fields, &mut errors) {
        return Ok(view(page, form, &known, errors, true).into_response());
    }
    let current = console.settings.get(&page.session.tenant).await?;
    let document = form.document(&current, &mut errors);
    if errors.is_empty() {
        if fields.has("preview") {
            match Settings::parse(&document) {
                Ok(settings) => return Ok(preview::of_unsaved(&console, page, settings).await?.into_response()),
                Err(problems) => form.add_problems(problems, &mut errors),
            }
        } else if is_same(&current, &document) {
            return Ok(page::done(NAV.path, Flash::Unchanged));
        } else {
            match settings::save(&console, &page.session, &document).await {
                Ok(_) => return Ok(page::done(NAV.path, Flash::Saved)),
                Err(SaveError::Invalid(problems)) => form.add_problems(problems, &mut errors),
                Err(SaveError::Stale(theirs)) => {
                    return conflict::after_edit(&console, page, &document, *theirs, NAV).await;
                }
                Err(SaveError::Store(error)) => return Err(error.into()),
            }
        }
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, view(page, form, &known, errors, true)).into_response())
}

/// Whether the document parses to the current settings.
fn is_same(current: &Settings, document: &serde_json::Value) -> bool {
    Settings::parse(document).is_ok_and(|settings| settings == *current)
}

/// Applies an editor button, such as adding a row, without saving. Returns `false` if none was pressed.
fn apply_editor_button(form: &mut GeneralForm, fields: &Fields, errors: &mut Errors) -> bool {
    // Such as `hours.monday`: the editor's prefix and the row to add.
    if let Some((editor, what)) = fields.get("add").split_once('.') {
        if let Some(hours) = form.editor(editor) {
            *hours = hours.clone().with_row(what);
        }
        return true;
    }
    if let Some(hours) = form.editor(fields.get("copy")) {
        *hours = hours.clone().with_monday_copied();
        return true;
    }
    if let Ok(id) = fields.get("remove_line").parse() {
        form.line_hours.retain(|(line, _)| *line != LineId(id));
        return true;
    }
    if fields.has("add_line") {
        match fields.get("new_line").parse() {
            Ok(id) => {
                let hours = form.hours.copied_to(&prefix(LineId(id)));
                if form.line_hours.iter().all(|(line, _)| *line != LineId(id)) {
                    form.line_hours.push((LineId(id), hours));
                    form.line_hours.sort_by_key(|(line, _)| *line);
                }
            }
            Err(_) => errors.at("new_line", "Line hours: choose a line."),
        }
        return true;
    }
    false
}

fn view(
    page: PageRequest,
    form: GeneralForm,
    known: &BTreeMap<LineId, String>,
    errors: Errors,
    is_changed: bool,
) -> Html<String> {
    let choices = |name, options: &[Option3], chosen: &str| {
        Choices::new(name, options, chosen, errors.message_for(&Choices::first_id(name, options)))
    };
    let name = |id: &LineId| known.get(id).cloned().unwrap_or_else(|| format!("Line {}", id.0));
    let line = |id: &LineId| LineView { id: id.0, name: name(id), is_chosen: form.chosen_lines.contains(id) };
    let has_hours = |id: &LineId| form.line_hours.iter().any(|(line, _)| line == id);
    let own_hours =
        form.line_hours.iter().map(|(id, hours)| LineHoursView { id: id.0, name: name(id), hours: hours.clone() });
    let template = GeneralPage {
        page: page.page("General", Some(NAV)),
        log_calls: choices("log_calls", &LOG_CALLS, &form.log_calls),
        hours_from: choices("hours_from", &HOURS_FROM, &form.hours_from),
        unknown_number: choices("unknown_number", &UNKNOWN_NUMBER, &form.unknown_number),
        contact_account: choices("contact_account", &CONTACT_ACCOUNT, &form.contact_account),
        internal_calls: choices("internal_calls", &INTERNAL_CALLS, &form.internal_calls),
        transferred_call_owner: choices(
            "transferred_call_owner",
            &TRANSFERRED_CALL_OWNER,
            &form.transferred_call_owner,
        ),
        relate_to: choices("relate_to", &RELATE_TO, &form.relate_to),
        lines: choices("lines", &LINES, &form.lines),
        known_lines: known.keys().map(line).collect(),
        line_hours: own_hours.collect(),
        other_lines: known.keys().filter(|id| !has_hours(id)).map(line).collect(),
        is_changed,
        errors,
        form,
    };
    page::render(&template)
}
