//! `GET` and `POST /call-workflow`: how each of the five call types is logged.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use rules::settings::LogAs;
use rules::{CallType, Settings};
use serde_json::{Value, json};

use super::conflict;
use crate::changes::{key, label, title};
use crate::console::Console;
use crate::preview::page as preview;
use crate::settings::{self, SaveError};
use crate::web::errors::Errors;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::page::{self, Nav, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};

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
    value: String,
    label: &'static str,
    /// Where Salesforce shows such calls.
    place: &'static str,
    is_chosen: bool,
}

/// Shows the current settings.
pub(crate) async fn show(State(console): State<Arc<Console>>, page: PageRequest) -> Result<Html<String>, PageError> {
    let settings = console.settings.get(&page.session.tenant).await?;
    let chosen = |call_type| value(settings.call_workflow.log_as(call_type));
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
        if !LOG_AS.iter().any(|log_as| value(*log_as) == fields.get(key(call_type))) {
            errors.at(first_choice(call_type), format!("{}: choose how it is logged.", title(call_type)));
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
            return Ok(page::done(Nav::CallWorkflow.path(), Flash::Unchanged));
        } else {
            match settings::save(&console, &page.session, &document).await {
                Ok(_) => return Ok(page::done(Nav::CallWorkflow.path(), Flash::Saved)),
                Err(SaveError::Invalid(problems)) => errors.add_problems(problems, |_| None),
                Err(SaveError::Stale(theirs)) => {
                    return conflict::after_edit(&console, page, &document, *theirs, Nav::CallWorkflow).await;
                }
                Err(SaveError::Store(error)) => return Err(error.into()),
            }
        }
    }
    let page = view(page, version, |call_type| fields.get(key(call_type)).to_owned(), errors);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// The whole settings document with the choices of this form.
fn document(current: &Settings, fields: &Fields) -> Value {
    let mut document = json!(current);
    document["version"] = fields.get("version").parse().map_or(Value::Null, |version: u64| json!(version));
    for call_type in CallType::ALL {
        document["call_workflow"][key(call_type)] = json!(fields.get(key(call_type)));
    }
    document
}

fn view(page: PageRequest, version: String, chosen: impl Fn(CallType) -> String, errors: Errors) -> Html<String> {
    let row = |call_type| {
        let chosen = chosen(call_type);
        let choice = |log_as| Choice {
            value: value(log_as),
            label: label(log_as),
            place: place(log_as),
            is_chosen: value(log_as) == chosen,
        };
        Row {
            key: key(call_type),
            title: title(call_type),
            hint: hint(call_type),
            choices: LOG_AS.into_iter().map(choice).collect(),
            error: errors.message_for(&first_choice(call_type)).map(ToOwned::to_owned),
        }
    };
    let rows = CallType::ALL.into_iter().map(row).collect();
    page::render(&CallWorkflowPage { page: page.page("Call workflow", Some(Nav::CallWorkflow)), version, rows, errors })
}

const LOG_AS: [LogAs; 3] = [LogAs::Completed, LogAs::InProgress, LogAs::DoNothing];

/// Its value in the settings document.
fn value(log_as: LogAs) -> String {
    json!(log_as).as_str().unwrap_or_default().to_owned()
}

/// The element ID of a call type's first choice.
fn first_choice(call_type: CallType) -> String {
    format!("{}-{}", key(call_type), value(LOG_AS[0]))
}

fn place(log_as: LogAs) -> &'static str {
    match log_as {
        LogAs::Completed => "Past Activities",
        LogAs::InProgress => "Next Steps",
        LogAs::DoNothing => "Not logged",
    }
}

fn hint(call_type: CallType) -> &'static str {
    match call_type {
        CallType::OutboundAnswered => "An outbound call that was answered.",
        CallType::OutboundUnanswered => "An outbound call that was not answered.",
        CallType::InboundAnswered => "An inbound call that a user answered.",
        CallType::Missed => "An inbound call that nobody answered, without a voicemail.",
        CallType::Voicemail => "An inbound call with a voicemail.",
    }
}
