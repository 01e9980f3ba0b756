//! An entry of the activity log, as the API shows it.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use rules::relate::RelatedKind;
use rules::{CallType, Direction, NumberId, Party, RecordKind, Step, TaskStatus};
use serde::Serialize;
use store::{ConnectionState, Corrupt, Entry, Problem, State, Written};

use crate::reason;

/// An entry in a list.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Listed {
    /// An entry.
    Entry(Box<EntryView>),
    /// An entry that cannot be read.
    Unreadable {
        /// Its key.
        key: String,
        /// `unreadable`.
        state: &'static str,
        /// Why.
        reason: String,
    },
}

impl Listed {
    pub(crate) fn of(entry: Result<Entry, Corrupt>, state: &ConnectionState) -> Self {
        match entry {
            Ok(entry) => Listed::Entry(Box::new(EntryView::new(&entry, state))),
            Err(corrupt) => {
                tracing::error!(error = %corrupt, "an entry cannot be read");
                let reason = "It was stored by another version and cannot be read.".to_owned();
                Listed::Unreadable { key: corrupt.key, state: "unreadable", reason }
            }
        }
    }
}

/// An entry.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView {
    /// `call-<id>`.
    key: String,
    /// Where it stands.
    state: State,
    /// Why, as a sentence.
    reason: String,
    /// The status of its Task, if there is or will be one.
    status: Option<TaskStatus>,
    /// Who called whom.
    direction: Direction,
    /// Which of the five; null while the call is not over.
    call_type: Option<CallType>,
    /// When it began to ring, UNIX seconds.
    #[serde(with = "required")]
    started_at: Timestamp,
    /// The same on the number's own clock, ISO 8601.
    started_at_local: String,
    /// The number's time zone.
    time_zone: String,
    /// The Aircall number.
    number: NumberView,
    /// The other party's number; null if it was withheld.
    external_number: Option<String>,
    /// The Aircall user who took or made the call.
    user: Option<UserView>,
    /// Salesforce id of the Task.
    task_id: Option<String>,
    /// The record the Task is on.
    record: Option<RecordView>,
    /// The Case or Opportunity.
    related: Option<RelatedView>,
    /// What went wrong, if it did.
    problem: Option<ProblemView>,
    /// How often it was postponed.
    attempts: u32,
    /// When it is tried next, UNIX seconds.
    #[serde(with = "optional")]
    due_at: Option<Timestamp>,
    /// When any of it last changed, UNIX seconds.
    #[serde(with = "required")]
    updated_at: Timestamp,
    /// All that was looked at, and what followed; of a single entry only.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<Step>>,
}

#[derive(Debug, Serialize)]
struct NumberView {
    id: NumberId,
    name: String,
}

#[derive(Debug, Serialize)]
struct UserView {
    id: Option<u64>,
    name: Option<String>,
}

#[derive(Debug, Serialize)]
struct RecordView {
    kind: RecordKind,
    id: String,
    name: String,
}

#[derive(Debug, Serialize)]
struct RelatedView {
    kind: RelatedKind,
    id: String,
}

#[derive(Debug, Serialize)]
struct ProblemView {
    code: String,
    message: String,
    /// When it first went wrong so, UNIX seconds.
    #[serde(with = "required")]
    since: Timestamp,
}

impl EntryView {
    /// The entry with its trace: what led to the decision, then what the writer looked at.
    pub(crate) fn with_trace(entry: &Entry, state: &ConnectionState) -> Self {
        let decided = entry.decision.iter().flat_map(|decision| decision.trace.steps());
        let trace = decided.chain(entry.trace.steps()).cloned().collect();
        Self { trace: Some(trace), ..Self::new(entry, state) }
    }

    fn new(entry: &Entry, state: &ConnectionState) -> Self {
        let call = entry.document.call();
        let zone = rules::hours::zone_of(&call.number);
        let written = entry.written.as_ref();
        Self {
            key: entry.key.clone(),
            state: entry.state,
            reason: reason::reason(entry, &call, state),
            status: reason::status(entry),
            direction: call.direction,
            call_type: entry.decision.as_ref().map(|decision| decision.call_type),
            started_at: call.started_at,
            started_at_local: call.started_at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            number: NumberView { id: call.number.id, name: call.number.label() },
            external_number: match call.party {
                Party::Number(number) => Some(number.as_str().to_owned()),
                Party::Unusable(text) => Some(text),
                Party::Anonymous => None,
            },
            user: call.user.map(|user| UserView { id: user.id, name: user.name }),
            task_id: written.map(|written| written.task_id.clone()),
            record: written.map(|Written { record, .. }| RecordView {
                kind: record.kind,
                id: record.id.clone(),
                name: record.name.clone(),
            }),
            related: written
                .and_then(|written| written.related.as_ref())
                .map(|related| RelatedView { kind: related.kind, id: related.id.clone() }),
            problem: entry.problem.clone().map(|Problem { code, message, since, .. }| ProblemView {
                code,
                message,
                since,
            }),
            attempts: entry.attempts,
            due_at: entry.due_at,
            updated_at: entry.updated_at,
            trace: None,
        }
    }
}
