//! `GET /activity/{key}`: why a call was logged or not, step by step. `POST /activity/{key}/retry`: retries it.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rules::{Call, Comment, Direction, Interaction, Message, Messages, Party, RecordKind, Step};
use store::{Entry, Problem, State as EntryState, Tenant, Written};

use super::phones;
use crate::activity::NAV;
use crate::activity::entry_title;
use crate::activity::outcome::Outcome;
use crate::activity::trace::StepView;
use crate::activity::{self, record_url, steps, tenant};
use crate::activity::{explanation, task_fields, trace};
use crate::console::Console;
use crate::web::flash::Flash;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};
use crate::web::when::{Local, When};

#[derive(Template)]
#[template(path = "activity/entry.html")]
struct EntryPage {
    page: Page,
    key: String,
    outcome: Outcome,
    started: Local,
    reason: String,
    task_url: Option<String>,
    problem: Option<ProblemView>,
    steps: Vec<StepView>,
    written: Option<WrittenView>,
    facts: Vec<Fact>,
    /// Comments on a call, or the messages.
    posts: Vec<PostView>,
    is_call: bool,
    /// Whether the call is over, so that it can be previewed.
    is_over: bool,
}

/// The problem that keeps the entry from being written.
struct ProblemView {
    code: String,
    message: String,
    since: When,
    attempts: u32,
    next: Option<When>,
}

/// The Task in Salesforce and its records.
struct WrittenView {
    records: Vec<RecordView>,
    fields: Vec<(&'static str, String)>,
    logged: When,
}

struct RecordView {
    label: String,
    name: String,
    url: Option<String>,
}

/// A fact from Aircall about the call or message.
struct Fact {
    label: &'static str,
    text: String,
    when: Option<Local>,
}

/// A comment or a message.
struct PostView {
    text: String,
    by: String,
    posted: Option<Local>,
}

/// Shows one entry with its trace.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    page: PageRequest,
    key: Result<Path<String>, PathRejection>,
) -> Result<Html<String>, PageError> {
    let id = &page.session.tenant;
    let (entry, tenant) = tokio::join!(activity::entry(&console, id, key), tenant(&console, id));
    let (entry, tenant) = (entry?, tenant?);
    let interaction = entry.document.interaction();
    let zone = rules::hours::time_zone_of(interaction.line());
    let title = title(&entry, &interaction);
    Ok(page::render(&EntryPage {
        page: page.page(&title, Some(NAV)),
        outcome: Outcome::from_state(entry.state),
        started: Local::new(interaction.started_at(), &zone),
        reason: match entry.state {
            EntryState::Failed => {
                "The Task was not written because of the error below. Fix the cause, then retry.".to_owned()
            }
            _ => explanation::explain(&entry, &interaction, &tenant.state),
        },
        task_url: entry.written.as_ref().and_then(|written| record_url(&tenant, "Task", &written.task_id)),
        problem: problem(&entry),
        steps: trace::views(&steps(&entry).cloned().collect::<Vec<Step>>()),
        written: entry.written.as_ref().map(|written| WrittenView::new(written, &tenant)),
        facts: facts(&entry, &interaction, &zone),
        posts: posts(&interaction, &zone),
        is_call: interaction.call().is_some(),
        is_over: entry.decision.is_some(),
        key: entry.key,
    }))
}

/// Retries a failed entry.
pub(crate) async fn retry(
    State(console): State<Arc<Console>>,
    key: Result<Path<String>, PathRejection>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let id = &page.session.tenant;
    let entry = activity::entry(&console, id, key).await?;
    let is_waiting = activity::retry::one(&console, id, &entry.key).await?;
    let flash = if is_waiting { Flash::Retried } else { Flash::NothingFailed };
    Ok(page::done(&path(&entry.key), flash))
}

/// Path of an entry's page.
fn path(key: &str) -> String {
    // Any character of a key must stay within one path segment.
    let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    format!("{}/{}", NAV.path, key.replace('+', "%20"))
}

/// Such as `Missed call from +1 415-555-0132`.
fn title(entry: &Entry, interaction: &Interaction) -> String {
    let party = match interaction.party() {
        Party::Anonymous => "a withheld number".to_owned(),
        Party::Phone(_) | Party::Unusable(_) => phones::shown(interaction),
    };
    let is_conversation = interaction.messages().is_some_and(|messages| messages.conversation().is_some());
    let preposition = match interaction.direction() {
        _ if is_conversation => "with",
        Direction::Inbound => "from",
        Direction::Outbound => "to",
    };
    format!("{} {preposition} {party}", entry_title::entry_title(entry, interaction))
}

/// The entry's problem while it is failed or pending. Writing the Task resolves it.
fn problem(entry: &Entry) -> Option<ProblemView> {
    let is_current = matches!(entry.state, EntryState::Failed | EntryState::Pending);
    let Problem { code, message, since, .. } = entry.problem.as_ref().filter(|_| is_current)?;
    Some(ProblemView {
        code: code.clone(),
        message: message.clone(),
        since: When::new(*since),
        attempts: entry.attempts,
        next: entry.due_at.map(When::new),
    })
}

fn facts(entry: &Entry, interaction: &Interaction, zone: &TimeZone) -> Vec<Fact> {
    let user = interaction.user().and_then(|user| match (&user.name, &user.email) {
        (Some(name), Some(email)) => Some(format!("{name} ({email})")),
        (one, other) => one.clone().or_else(|| other.clone()),
    });
    let contact = interaction.contact().and_then(|contact| {
        let name: Vec<&str> = [&contact.first_name, &contact.last_name].into_iter().flatten().map(|s| &**s).collect();
        let name = Some(name.join(" ")).filter(|name| !name.is_empty());
        let all: Vec<String> =
            [name, contact.company_name.clone(), contact.email.clone()].into_iter().flatten().collect();
        Some(all.join(", ")).filter(|all| !all.is_empty())
    });
    let line = interaction.line();
    let line = match &line.digits {
        Some(digits) if line.name.is_some() => format!("{} ({digits})", line.label()),
        _ => line.label(),
    };
    let facts = [
        Some(text("Type", entry_title::entry_title(entry, interaction).to_owned())),
        Some(text("Number", phones::shown(interaction))),
        contact.map(|contact| text("Contact in Aircall", contact)),
        Some(text("Line", line)),
        user.map(|user| text("Aircall user", user)),
    ];
    let specific = match interaction {
        Interaction::Call(call) => call_facts(call, zone),
        Interaction::Messages(messages) => message_facts(messages, zone),
    };
    let updates =
        [Some(text("Updates from Aircall", times(entry.version))), when("Last change", Some(entry.updated_at), zone)];
    facts.into_iter().flatten().chain(specific).chain(updates.into_iter().flatten()).collect()
}

fn text(label: &'static str, text: String) -> Fact {
    Fact { label, text, when: None }
}

fn when(label: &'static str, at: Option<Timestamp>, zone: &TimeZone) -> Option<Fact> {
    at.map(|at| Fact { label, text: String::new(), when: Some(Local::new(at, zone)) })
}

fn call_facts(call: &Call, zone: &TimeZone) -> Vec<Fact> {
    let tags: Vec<&str> = call.tags.iter().map(|tag| tag.name.as_str()).collect();
    let is_over = call.ended_at.is_some();
    let facts = [
        when("Started", Some(call.started_at), zone),
        when("Answered", call.answered_at, zone),
        when("Ended", call.ended_at, zone),
        is_over.then(|| text("Talk time", duration(call.talk_seconds()))),
        is_over.then(|| text("Waiting time", duration(call.waiting_seconds()))),
        (!tags.is_empty()).then(|| text("Tags", tags.join(", "))),
        Some(text("Aircall ID", call.id.0.to_string())),
    ];
    facts.into_iter().flatten().collect()
}

fn message_facts(messages: &Messages, zone: &TimeZone) -> Vec<Fact> {
    let all = messages.in_order();
    let id = || text("Aircall ID", messages.first().id.to_string());
    let facts = [
        when(if all.len() > 1 { "First message" } else { "Sent" }, Some(messages.first().sent_at), zone),
        when("Last message", Some(messages.last().sent_at).filter(|_| all.len() > 1), zone),
        Some(messages.conversation().map_or_else(id, |_| text("Messages", all.len().to_string()))),
    ];
    facts.into_iter().flatten().collect()
}

/// The comments on a call, or the messages.
fn posts(interaction: &Interaction, zone: &TimeZone) -> Vec<PostView> {
    match interaction {
        Interaction::Call(call) => call.comments.iter().map(|comment| PostView::comment(comment, zone)).collect(),
        Interaction::Messages(messages) => {
            messages.in_order().into_iter().map(|message| PostView::message(message, zone)).collect()
        }
    }
}

/// How often events updated the entry.
fn times(version: u64) -> String {
    if version == 1 { "1 time".to_owned() } else { format!("{version} times") }
}

/// `90` as `1 min 30 s`.
fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, seconds) => format!("{hours} h {minutes} min {seconds} s"),
    }
}

impl WrittenView {
    fn new(written: &Written, tenant: &Tenant) -> Self {
        let record = &written.record;
        let sobject = match record.kind {
            RecordKind::Contact => "Contact",
            RecordKind::Lead => "Lead",
            RecordKind::Account | RecordKind::PersonAccount => "Account",
        };
        let on = RecordView {
            label: record.kind.to_string(),
            name: record.name.clone(),
            url: record_url(tenant, sobject, &record.id),
        };
        let related = written.related.as_ref().map(|related| RecordView {
            label: related.kind.to_string(),
            name: related.id.clone(),
            url: record_url(tenant, &related.kind.to_string(), &related.id),
        });
        let fields = written.task.as_ref().map(task_fields::task_fields).unwrap_or_default();
        Self {
            records: [on].into_iter().chain(related).collect(),
            fields: fields.into_iter().map(|(name, value)| (name, task_fields::text(&value))).collect(),
            logged: When::new(written.logged_at),
        }
    }
}

impl PostView {
    fn comment(comment: &Comment, zone: &TimeZone) -> Self {
        Self {
            text: comment.content.clone(),
            by: comment.posted_by.as_ref().and_then(|user| user.name.clone()).unwrap_or_default(),
            posted: comment.posted_at.map(|at| Local::new(at, zone)),
        }
    }

    fn message(message: &Message, zone: &TimeZone) -> Self {
        let name = |user: &rules::User| user.name.clone().or_else(|| user.email.clone());
        let files = message.media.iter().map(|media| media.name.clone().unwrap_or_else(|| "a file".to_owned()));
        let by = match message.direction {
            Direction::Inbound => "Received".to_owned(),
            Direction::Outbound => message.user.as_ref().and_then(name).unwrap_or_else(|| "Sent".to_owned()),
        };
        let state = message.state.iter().map(|state| state.0.replace('_', " "));
        Self {
            text: message.text.iter().cloned().chain(files).collect::<Vec<_>>().join("\n"),
            by: [by].into_iter().chain(state).collect::<Vec<_>>().join(", "),
            posted: Some(Local::new(message.sent_at, zone)),
        }
    }
}
