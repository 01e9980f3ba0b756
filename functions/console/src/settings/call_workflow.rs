//! `GET` and `POST /call-workflow`: how each of the five call types is logged.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use rules::{CallType, Settings};
use serde_json::{Value, json};

use super::conflict;
use crate::changes::log_as::{LOG_AS, LogAsNames, names};
use crate::console::Console;
use crate::preview;
use crate::settings::{self, SaveError};
use crate::web::errors::Errors;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::nav::Nav;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};

/// Its entry in the navigation.
pub(crate) const NAV: Nav = Nav::new("Call workflow", "/call-workflow");

#[derive(Template)]
#[template(path = "settings/call_workflow.html")]
struct CallWorkflowPage {
    page: Page,
    version: String,
    rows: Vec<Row>,
    errors: Errors,
}

/// A call type and how it is logged.
struct Row {
    key: &'static str,
    title: &'static str,
    hint: &'static str,
    choices: Vec<Choice>,
    error: Option<String>,
}

struct Choice {
    value: &'static str,
    label: &'static str,
    /// Where Salesforce shows such calls.
    place: &'static str,
    is_chosen: bool,
}

/// Shows the current settings.
pub(crate) async fn show(State(console): State<Arc<Console>>, page: PageRequest) -> Result<Html<String>, PageError> {
    let settings = console.settings.get(&page.session.tenant).await?;
    let chosen = |call_type| names(settings.call_workflow.log_as(call_type)).key.to_owned();
    Ok(view(page, settings.version.to_string(), chosen, Errors::default()))
}

/// Saves the five choices.
pub(crate) async fn save(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let current = console.settings.get(&page.session.tenant).await?;
    let version = fields.get("version").to_owned();
    let mut errors = Errors::default();
    for call_type in CallType::ALL {
        if !LOG_AS.iter().any(|log_as| names(*log_as).key == fields.get(call_type.key())) {
            errors.at(first_choice(call_type), format!("{}: choose how it is logged.", call_type.title()));
        }
    }
    if errors.is_empty() {
        let document = document(&current, &fields);
        if fields.has("preview") {
            match Settings::parse(&document) {
                Ok(settings) => return Ok(preview::of_unsaved(&console, page, settings).await?.into_response()),
                Err(problems) => errors.add_problems(problems, |_| None),
            }
        } else if document == json!(current) {
            return Ok(page::done(NAV.path, Flash::Unchanged));
        } else {
            match settings::save(&console, &page.session, &document).await {
                Ok(_) => return Ok(page::done(NAV.path, Flash::Saved)),
                Err(SaveError::Invalid(problems)) => errors.add_problems(problems, |_| None),
                Err(SaveError::Stale(theirs)) => {
                    return conflict::after_edit(&console, page, &document, *theirs, NAV).await;
                }
                Err(SaveError::Store(error)) => return Err(error.into()),
            }
        }
    }
    let page = view(page, version, |call_type| fields.get(call_type.key()).to_owned(), errors);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// The whole settings document with the choices of this form.
fn document(current: &Settings, fields: &Fields) -> Value {
    let mut document = json!(current);
    document["version"] = fields.get("version").parse().map_or(Value::Null, |version: u64| json!(version));
    for call_type in CallType::ALL {
        document["call_workflow"][call_type.key()] = json!(fields.get(call_type.key()));
    }
    document
}

fn view(page: PageRequest, version: String, chosen: impl Fn(CallType) -> String, errors: Errors) -> Html<String> {
    let row = |call_type| {
        let chosen = chosen(call_type);
        let choice = |log_as| {
            let LogAsNames { key, label, place } = names(log_as);
            Choice { value: key, label, place, is_chosen: key == chosen }
        };
        Row {
            key: call_type.key(),
            title: call_type.title(),
            hint: call_type.hint(),
            choices: LOG_AS.into_iter().map(choice).collect(),
            error: errors.message_for(&first_choice(call_type)).map(ToOwned::to_owned),
        }
    };
    let rows = CallType::ALL.into_iter().map(row).collect();
    page::render(&CallWorkflowPage { page: page.page("Call workflow", Some(NAV)), version, rows, errors })
}

/// The element ID of a call type's first choice.
fn first_choice(call_type: CallType) -> String {
    format!("{}-{}", call_type.key(), names(LOG_AS[0]).key)
}
