//! `GET` and `POST /preview`: how a call would be logged under the saved settings or under others, and what the text of a
//! phone field means.

mod result;

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use jiff::Timestamp;
use rules::{CallType, LineId, Settings};
use serde_json::{Value, json};

use self::result::ResultView;
use crate::activity;
use crate::activity::filters::zone_of_most;
use crate::changes::{Change, changes};
use crate::connections::lines;
use crate::console::Console;
use crate::console::aircall::Lines;
use crate::preview::made_up::{Described, MESSAGE_TYPES, Users, users};
use crate::preview::phone_field::{self, MAX_LEN, PhoneField, TOO_LONG};
use crate::preview::{NAV, preview};
use crate::web::error::ApiError;
use crate::web::errors::{Errors, InvalidField};
use crate::web::form::Fields;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};
use crate::web::session::Session;

#[derive(Template)]
#[template(path = "preview/preview.html")]
struct PreviewPage {
    page: Page,
    /// The unsaved settings, as a document; empty to preview the saved settings.
    settings: String,
    /// The changes from the saved to the unsaved settings.
    changes: Vec<Change>,
    result: Option<ResultView>,
    errors: Errors,
    errors_title: &'static str,
    reading: Option<PhoneField>,
    field: FieldForm,
    call: Described,
    types: Vec<OptionView>,
    /// Empty if no line is known.
    lines: Vec<OptionView>,
    users: Vec<UserView>,
    key: String,
}

/// A choice in a list.
struct OptionView {
    value: String,
    label: String,
    is_chosen: bool,
}

struct UserView {
    email: String,
    name: String,
}

/// Shows the form, filled with a call that starts now.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    page: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, PageError> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let form = Form { key: fields.get("key").to_owned(), ..Form::default() };
    Ok(form.page(&console, page).await?)
}

/// Shows the form for unsaved settings, in response to the preview button of a settings page.
pub(crate) async fn of_unsaved(
    console: &Console,
    page: PageRequest,
    settings: Settings,
) -> Result<Html<String>, PageError> {
    // Boxed because the future is large.
    Ok(Box::pin(Form { settings: Some(settings), ..Form::default() }.page(console, page)).await?)
}

/// Previews the described call, or the entry with the given key.
pub(crate) async fn run(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let mut form = Form::read(&fields)?;
    match fields.get("of") {
        "" => {}
        "field" => form.read_field(&console, &page.session).await?,
        of => form.run(&console, &page.session, of == "entry").await?,
    }
    let status = if form.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, form.page(&console, page).await?).into_response())
}

/// The submitted form and its result.
#[derive(Default)]
struct Form {
    settings: Option<Settings>,
    call: Option<Described>,
    key: String,
    field: Option<FieldForm>,
    errors: Errors,
    result: Option<ResultView>,
    reading: Option<PhoneField>,
}

/// The text of a phone field, and the line that it is read for.
#[derive(Clone, Default)]
struct FieldForm {
    text: String,
    line: String,
}

impl Form {
    fn read(fields: &Fields) -> Result<Self, ApiError> {
        let text = fields.get("settings");
        let settings = if text.is_empty() {
            None
        } else {
            let document: Value = serde_json::from_str(text).unwrap_or_default();
            Some(Settings::parse(&document).map_err(ApiError::invalid_settings)?)
        };
        let typed = |name: &str| fields.get(name).to_owned();
        let call = fields.has("call_type").then(|| Described {
            call_type: typed("call_type"),
            line: typed("line"),
            started_at: typed("started_at"),
            number: typed("number"),
            user: typed("user"),
        });
        let field =
            fields.has("field_text").then(|| FieldForm { text: typed("field_text"), line: typed("field_line") });
        Ok(Self { settings, call, key: typed("key"), field, ..Self::default() })
    }

    async fn run(&mut self, console: &Arc<Console>, session: &Session, of_entry: bool) -> Result<(), store::Error> {
        let id = &session.tenant;
        let mut number_taken = None;
        let document = if of_entry {
            let entry = activity::find(console, id, &entry_key(&self.key)).await?;
            entry.map(|entry| entry.document).ok_or_else(|| vec![invalid("key", "No call has this id.")])
        } else {
            let (lines, users) = tokio::join!(lines::lines(console, id), users(console, id));
            let (call, lines) = (self.call.clone().unwrap_or_default(), lines?);
            number_taken = call.number_taken(&lines);
            call.document(&lines, &users?)
        };
        let settings = match &self.settings {
            Some(settings) => settings.clone(),
            None => console.settings.get(id).await?,
        };
        let previewed = match document {
            Ok(document) => {
                let not_over = |_| vec![invalid("key", "The call is not over, so it cannot be previewed yet.")];
                preview(console, id, &settings, document).await?.map_err(not_over)
            }
            Err(invalid) => Err(invalid),
        };
        match previewed {
            Ok(previewed) => self.result = Some(ResultView::new(&previewed, &settings, number_taken)),
            Err(fields) => {
                for InvalidField { name, message } in fields {
                    self.errors.at(name, message);
                }
            }
        }
        Ok(())
    }

    /// Reads the phone field.
    async fn read_field(&mut self, console: &Console, session: &Session) -> Result<(), store::Error> {
        let FieldForm { text, line } = self.field.clone().unwrap_or_default();
        if text.is_empty() {
            self.errors.at("field_text", "Enter what stands in the phone field.");
        } else if MAX_LEN < text.chars().count() {
            self.errors.at("field_text", TOO_LONG);
        }
        let line = if line.is_empty() { Ok(None) } else { line.parse().map(|id| Some(LineId(id))) };
        match line {
            Ok(line) if self.errors.is_empty() => {
                self.reading = Some(phone_field::for_line(console, &session.tenant, &text, line).await?);
            }
            Ok(_) => {}
            Err(_) => self.errors.at("field_line", "The line must be the ID of a line."),
        }
        Ok(())
    }

    async fn page(self, console: &Console, page: PageRequest) -> Result<Html<String>, store::Error> {
        let id = &page.session.tenant;
        // Boxed because the future of the Aircall request is large.
        let lines = Box::pin(lines::lines(console, id));
        let (lines, users, saved) = tokio::join!(lines, users(console, id), console.settings.get(id));
        let (lines, users, saved) = (lines?, users?, saved?);
        let call = self.call.unwrap_or_else(|| default_call(&lines, self.settings.as_ref().unwrap_or(&saved)));
        let option =
            |value: String, label: String, chosen: &str| OptionView { is_chosen: value == chosen, value, label };
        let calls = CallType::ALL.into_iter().map(|call_type| (call_type.key(), call_type.title()));
        let types = calls.chain(MESSAGE_TYPES);
        let types = types.map(|(value, label)| option(value.to_owned(), label.to_owned(), &call.call_type)).collect();
        let mut lines: Vec<OptionView> =
            lines.iter().map(|(id, line)| option(id.0.to_string(), line.label(), &call.line)).collect();
        lines.sort_by(|a, b| a.label.cmp(&b.label));
        let errors_title = if self.field.is_some() { "This cannot be read" } else { "This cannot be previewed" };
        let field = self.field.unwrap_or_else(|| FieldForm { text: String::new(), line: call.line.clone() });
        Ok(page::render(&PreviewPage {
            page: page.page("Preview", Some(NAV)),
            changes: self.settings.as_ref().map(|settings| changes(&saved, settings)).unwrap_or_default(),
            settings: self.settings.map(|settings| json!(settings).to_string()).unwrap_or_default(),
            result: self.result,
            errors: self.errors,
            errors_title,
            reading: self.reading,
            field,
            types,
            lines,
            users: user_views(users),
            key: self.key,
            call,
        }))
    }
}

fn user_views(users: Users) -> Vec<UserView> {
    users.into_iter().map(|(email, name)| UserView { email, name }).collect()
}

fn invalid(name: &'static str, message: &str) -> InvalidField {
    InvalidField { name, message: message.to_owned() }
}

/// The key of the entry; a bare call ID is accepted too.
fn entry_key(text: &str) -> String {
    let is_id = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_id { format!("call-{text}") } else { text.to_owned() }
}

/// The call that the form starts with: a missed call now.
fn default_call(lines: &Lines, settings: &Settings) -> Described {
    let now = Timestamp::now().to_zoned(zone_of_most(lines));
    let is_logged = |id: &LineId| settings.lines.as_ref().is_none_or(|lines| lines.contains(id));
    let line = lines.iter().filter(|(id, _)| is_logged(id)).min_by_key(|(_, line)| line.label());
    Described {
        call_type: CallType::Missed.key().to_owned(),
        line: line.map(|(id, _)| id.0.to_string()).unwrap_or_default(),
        started_at: now.strftime("%Y-%m-%dT%H:%M").to_string(),
        ..Described::default()
    }
}
