//! `GET /activity/{key}`: why a call was logged or not, step by step. `POST /activity/{key}/retry`: retries it.
//! `POST /activity/{key}/decide-again`: decides again about it.

mod facts;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use rules::{Direction, Interaction, Party, RecordKind, SkipReason, Step, Verdict};
use store::{Corrupt, Entry, Problem, State as EntryState, Tenant, Written};

use self::facts::{Fact, PostView, facts, posts};
use super::phones;
use crate::activity::outcome::Outcome;
use crate::activity::trace::StepView;
use crate::activity::{self, EntryKey, NAV, entry_title, explanation, record_url, steps, task_fields, tenant, trace};
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

#[derive(Template)]
#[template(path = "activity/unreadable.html")]
struct UnreadablePage {
    page: Page,
    key: String,
    reason: String,
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

/// Shows one entry with its trace.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    page: PageRequest,
    key: Result<Path<EntryKey>, PathRejection>,
) -> Result<Html<String>, PageError> {
    let id = &page.session.tenant;
    let key = activity::key(key)?;
    let (entry, tenant) = tokio::join!(activity::find(&console, id, &key), tenant(&console, id));
    let entry = match entry {
        Err(store::Error::Corrupt(corrupt)) => return Ok(unreadable(page, key, &corrupt)),
        entry => entry?.ok_or_else(activity::not_found)?,
    };
    let tenant = tenant?;
    let interaction = entry.document.interaction();
    let zone = rules::hours::time_zone_of(interaction.line());
    let title = title(&entry, &interaction);
    Ok(page::render(&EntryPage {
        page: page.page(&title, Some(NAV)),
        outcome: Outcome::from_state(entry.state),
        started: Local::new(interaction.started_at(), &zone),
        reason: match entry.state {
            EntryState::Failed if entry.problem.is_some() => {
                "The Task was not written because of the error below. Fix the cause, then retry.".to_owned()
            }
            _ => explanation::explain(&entry, &interaction, &tenant.state),
        },
        task_url: entry.written.as_ref().and_then(|written| record_url(&tenant, "Task", written.task_id)),
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

/// The page of an entry that cannot be read: why, and its retry.
fn unreadable(page: PageRequest, key: String, corrupt: &Corrupt) -> Html<String> {
    let page = page.page("An entry that cannot be read", Some(NAV));
    page::render(&UnreadablePage { page, key, reason: activity::unreadable(corrupt) })
}

/// Retries a failed entry.
pub(crate) async fn retry(
    State(console): State<Arc<Console>>,
    key: Result<Path<EntryKey>, PathRejection>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let id = &page.session.tenant;
    let key = activity::key(key)?;
    let is_waiting = activity::retry::one(&console, id, &key).await?;
    let flash = if is_waiting { Flash::Retried } else { Flash::NothingFailed };
    Ok(page::done(&path(&key), flash))
}

/// Decides again about a skipped entry.
pub(crate) async fn decide_again(
    State(console): State<Arc<Console>>,
    key: Result<Path<EntryKey>, PathRejection>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let key = activity::key(key)?;
    let decided = activity::decide_again::one(&console, &page.session, &key).await?;
    let flash = match decided.and_then(|entry| entry.decision).map(|decision| decision.verdict) {
        Some(Verdict::Log(_)) => Flash::NowLogged,
        Some(Verdict::Skip(SkipReason::Unreadable)) => Flash::SentAgain,
        Some(Verdict::Skip(_)) => Flash::StillSkipped,
        None => Flash::NotSkipped,
    };
    Ok(page::done(&path(&key), flash))
}

/// Path of an entry's page.
fn path(key: &str) -> String {
    // Any character of a key must stay within one path segment.
    let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    format!("{}/{}", NAV.path, key.replace('+', "%20"))
}

/// Such as `Missed call from +1 415-555-0132`.
fn title(entry: &Entry, interaction: &Interaction) -> String {
    let title = entry_title::entry_title(entry, interaction);
    let party = match interaction.party() {
        Party::Anonymous => "a withheld number".to_owned(),
        Party::Phone(_) | Party::Unusable(_) => phones::shown(interaction),
    };
    let is_conversation = interaction.messages().is_some_and(|messages| messages.conversation().is_some());
    let preposition = match interaction.direction() {
        _ if is_conversation => "with",
        Some(Direction::Inbound) => "from",
        Some(Direction::Outbound) => "to",
        None => return title.to_owned(),
    };
    format!("{title} {preposition} {party}")
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
            url: record.id.and_then(|id| record_url(tenant, sobject, id)),
        };
        let related = written.related.as_ref().map(|related| RecordView {
            label: related.kind.to_string(),
            name: related.id.to_string(),
            url: record_url(tenant, &related.kind.to_string(), related.id),
        });
        let fields = written.task.as_ref().map(task_fields::task_fields).unwrap_or_default();
        Self {
            records: [on].into_iter().chain(related).collect(),
            fields: fields.into_iter().map(|(name, value)| (name, task_fields::text(&value))).collect(),
            logged: When::new(written.logged_at),
        }
    }
}
