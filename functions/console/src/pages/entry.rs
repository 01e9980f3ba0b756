//! `GET /activity/{key}`: why a call was logged or not, step by step; `POST /activity/{key}/retry`.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rules::{Call, Comment, RecordKind, Step};
use store::{Entry, Problem, State as EntryState, Tenant, Written};

use super::activity::row::{direction, kind, number};
use crate::activity::outcome::Outcome;
use crate::activity::{self, record_url, steps, tenant};
use crate::console::Console;
use crate::flash::Flash;
use crate::page::{self, Nav, Page};
use crate::page_error::PageError;
use crate::trace::StepView;
use crate::visit::{Submitted, Visit};
use crate::when::{Local, When};
use crate::{reason, task_fields, trace};

#[derive(Template)]
#[template(path = "entry.html")]
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
    comments: Vec<CommentView>,
    /// Whether there is something to preview: the call is over.
    is_over: bool,
}

/// What went wrong.
struct ProblemView {
    code: String,
    message: String,
    since: When,
    attempts: u32,
    next: Option<When>,
}

/// What is in Salesforce.
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

/// Something that Aircall says of the call.
struct Fact {
    label: &'static str,
    text: String,
    when: Option<Local>,
}

struct CommentView {
    text: String,
    by: String,
    posted: Option<Local>,
}

/// One entry, with all that was looked at.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    key: Result<Path<String>, PathRejection>,
) -> Result<Html<String>, PageError> {
    let id = &visit.session.tenant;
    let (entry, tenant) = tokio::join!(activity::entry(&console, id, key), tenant(&console, id));
    let (entry, tenant) = (entry?, tenant?);
    let call = entry.document.call();
    let zone = rules::hours::zone_of(&call.number);
    let title = title(&entry, &call);
    Ok(page::render(&EntryPage {
        page: visit.page(&title, Some(Nav::Activity)),
        outcome: Outcome::of(entry.state),

        started: Local::of(call.started_at, &zone),
        reason: match entry.state {
            EntryState::Failed => "No Task was written, for the error below. Mend what it says, then retry.".to_owned(),
            _ => reason::reason(&entry, &call, &tenant.state),
        },
        task_url: entry.written.as_ref().and_then(|written| record_url(&tenant, "Task", &written.task_id)),
        problem: problem(&entry),
        steps: trace::views(&steps(&entry).cloned().collect::<Vec<Step>>()),
        written: entry.written.as_ref().map(|written| WrittenView::of(written, &tenant)),
        facts: facts(&entry, &call, &zone),
        comments: call.comments.iter().map(|comment| CommentView::of(comment, &zone)).collect(),
        is_over: entry.decision.is_some(),
        key: entry.key,
    }))
}

/// Has a failed entry written again.
pub(crate) async fn retry(
    State(console): State<Arc<Console>>,
    key: Result<Path<String>, PathRejection>,
    Submitted { visit, .. }: Submitted,
) -> Result<Response, PageError> {
    let id = &visit.session.tenant;
    let entry = activity::entry(&console, id, key).await?;
    let is_waiting = activity::retry::one(&console, id, &entry.key).await?;
    let flash = if is_waiting { Flash::Retried } else { Flash::NothingFailed };
    Ok(page::done(&path(&entry.key), flash))
}

/// Where the page of an entry is.
fn path(key: &str) -> String {
    // Whatever a key holds, it is one segment of a path.
    let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    format!("{}/{}", Nav::Activity.path(), key.replace('+', "%20"))
}

/// Such as `Missed call from +1 415-555-0132`.
fn title(entry: &Entry, call: &Call) -> String {
    let preposition = if direction(call) == "inbound" { "from" } else { "to" };
    let number = match &call.party {
        rules::Party::Anonymous => "a withheld number".to_owned(),
        _ => number(call),
    };
    format!("{} {preposition} {number}", kind(entry, call))
}

/// What went wrong, while it counts: a Task that was written since has made it good.
fn problem(entry: &Entry) -> Option<ProblemView> {
    let counts = matches!(entry.state, EntryState::Failed | EntryState::Pending);
    let Problem { code, message, since, .. } = entry.problem.as_ref().filter(|_| counts)?;
    Some(ProblemView {
        code: code.clone(),
        message: message.clone(),
        since: When::of(*since),
        attempts: entry.attempts,
        next: entry.due_at.map(When::of),
    })
}

fn facts(entry: &Entry, call: &Call, zone: &TimeZone) -> Vec<Fact> {
    let text = |label, text: String| Fact { label, text, when: None };
    let when = |label, at: Option<Timestamp>| {
        at.map(|at| Fact { label, text: String::new(), when: Some(Local::of(at, zone)) })
    };
    let user = call.user.as_ref().and_then(|user| match (&user.name, &user.email) {
        (Some(name), Some(email)) => Some(format!("{name} ({email})")),
        (one, other) => one.clone().or_else(|| other.clone()),
    });
    let contact = call.contact.as_ref().and_then(|contact| {
        let name: Vec<&str> = [&contact.first_name, &contact.last_name].into_iter().flatten().map(|s| &**s).collect();
        let name = Some(name.join(" ")).filter(|name| !name.is_empty());
        let all: Vec<String> =
            [name, contact.company_name.clone(), contact.email.clone()].into_iter().flatten().collect();
        Some(all.join(", ")).filter(|all| !all.is_empty())
    });
    let line = match &call.number.digits {
        Some(digits) if call.number.name.is_some() => format!("{} ({digits})", call.number.label()),
        _ => call.number.label(),
    };
    let tags: Vec<&str> = call.tags.iter().map(|tag| tag.name.as_str()).collect();
    let is_over = call.ended_at.is_some();
    let facts = [
        Some(text("Type", kind(entry, call).to_owned())),
        Some(text("Number", number(call))),
        contact.map(|contact| text("Contact in Aircall", contact)),
        Some(text("Line", line)),
        user.map(|user| text("Aircall user", user)),
        when("Started", Some(call.started_at)),
        when("Answered", call.answered_at),
        when("Ended", call.ended_at),
        is_over.then(|| text("Talk time", duration(call.talk_seconds()))),
        is_over.then(|| text("Waiting time", duration(call.waiting_seconds()))),
        (!tags.is_empty()).then(|| text("Tags", tags.join(", "))),
        Some(text("Id in Aircall", call.id.0.to_string())),
        Some(text("News from Aircall", news(entry.version))),
        when("Last change", Some(entry.updated_at)),
    ];
    facts.into_iter().flatten().collect()
}

/// How often events changed what is known of the call.
fn news(version: u64) -> String {
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
    fn of(written: &Written, tenant: &Tenant) -> Self {
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
        let fields = task_fields::of(&written.task);
        Self {
            records: [on].into_iter().chain(related).collect(),
            fields: fields.into_iter().map(|(name, value)| (name, task_fields::text(&value))).collect(),
            logged: When::of(written.logged_at),
        }
    }
}

impl CommentView {
    fn of(comment: &Comment, zone: &TimeZone) -> Self {
        Self {
            text: comment.content.clone(),
            by: comment.posted_by.as_ref().and_then(|user| user.name.clone()).unwrap_or_default(),
            posted: comment.posted_at.map(|at| Local::of(at, zone)),
        }
    }
}
