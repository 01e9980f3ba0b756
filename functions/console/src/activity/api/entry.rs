//! Entries of the activity log, as the API returns them.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use rules::relate::RelatedKind;
use rules::{CallType, Decision, Direction, Interaction, LineId, Party, RecordKind, TaskStatus};
use serde::Serialize;
use store::{Corrupt, Entry, Problem, State, Tenant, Written};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::activity::outcome::Outcome;
use crate::activity::{self, explanation, record_url};
use crate::web::openapi::schema::one_of;

/// An entry in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ListedEntry)]
pub(crate) enum ListedEntry {
    /// An entry.
    Entry(Box<EntryView>),
    /// An entry that cannot be read.
    Unreadable {
        /// The entry's key.
        key: String,
        /// Always `unreadable`.
        #[schema(schema_with = unreadable)]
        state: &'static str,
        /// Why it cannot be read, as a sentence.
        reason: String,
    },
}

impl ListedEntry {
    pub(crate) fn new(entry: Result<Entry, Corrupt>, tenant: &Tenant) -> Self {
        match entry {
            Ok(entry) => ListedEntry::Entry(Box::new(EntryView::new(&entry, &entry.document.interaction(), tenant))),
            Err(corrupt) => {
                let reason = activity::unreadable(&corrupt);
                ListedEntry::Unreadable { key: corrupt.key, state: "unreadable", reason }
            }
        }
    }
}

/// The state of an unreadable entry.
fn unreadable() -> Object {
    one_of(["unreadable"], "The entry cannot be read, so its state is unknown.")
}

/// An entry of the activity log: a call, a message or a conversation, with its outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Entry)]
pub(crate) struct EntryView {
    /// `call-<id>`, `message-<id>` or `conversation-<line>-x<digest>-<day>`, with a keyed digest of the phone number;
    /// `-2`, `-3` and so on follow for further parts of a long conversation.
    #[schema(example = "call-3127")]
    key: String,
    /// The state of the entry.
    state: State,
    /// The state as a value of the `outcome` parameter.
    outcome: Outcome,
    /// The reason for the state, as a sentence.
    #[schema(example = "Logged as Completed (Past Activities) on the Contact Lou Sample.")]
    reason: String,
    /// The status that the Task has or will have; null if there will be no Task.
    #[schema(required)]
    status: Option<TaskStatus>,
    /// The direction of the call, or of the last message; null of an event that could not be read.
    #[schema(required)]
    direction: Option<Direction>,
    /// The kind of the entry.
    kind: Kind,
    /// The call type; null while the call is not over, and for messages.
    #[schema(required)]
    call_type: Option<CallType>,
    /// When the call started ringing, or the first message was sent, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    started_at: Timestamp,
    /// The same in the line's time zone, in ISO 8601.
    #[schema(format = DateTime, example = "2026-03-23T09:30:00+01:00")]
    started_at_local: String,
    /// The line's time zone.
    #[schema(example = "Europe/Vienna")]
    time_zone: String,
    /// The Aircall line.
    number: NumberView,
    /// The other party's phone number; null if withheld.
    #[schema(required, example = "+33639980001")]
    external_number: Option<String>,
    /// The Aircall user who took or made the call; null if unknown.
    #[schema(required)]
    user: Option<UserView>,
    /// The Salesforce ID of the Task; null while there is none.
    #[schema(required, example = "00T000000000001EAA")]
    task_id: Option<String>,
    /// The URL of the Task in Salesforce; null while there is none.
    #[schema(
        required,
        format = "uri",
        example = "https://example.my.salesforce.com/lightning/r/Task/00T000000000001EAA/view"
    )]
    task_url: Option<String>,
    /// The record that the Task is on; null while there is no Task, or if its ID is not known.
    #[schema(required)]
    record: Option<RecordView>,
    /// The Case or Opportunity that the Task is related to; null if there is none.
    #[schema(required)]
    related: Option<RelatedView>,
    /// What went wrong; null if nothing did.
    #[schema(required)]
    problem: Option<ProblemView>,
    /// How often the entry was postponed.
    attempts: u32,
    /// When writing is tried next, in UNIX seconds; null if it is not waiting.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    due_at: Option<Timestamp>,
    /// When the entry last changed, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    updated_at: Timestamp,
}

/// The kind of an entry.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = EntryKind)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A call.
    Call,
    /// A message, or a group message to one of its participants.
    Message,
    /// All messages between a line and a phone number on one day.
    Conversation,
    /// An event that could not be read.
    Unreadable,
}

/// An Aircall line, which Aircall calls a number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Number)]
struct NumberView {
    id: LineId,
    #[schema(example = "Sales")]
    name: String,
}

/// An Aircall user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
struct UserView {
    /// Aircall's ID of the user; null if unknown.
    #[schema(required)]
    id: Option<u64>,
    #[schema(required, example = "Ada Demo")]
    name: Option<String>,
}

/// A record in Salesforce.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Record)]
struct RecordView {
    kind: RecordKind,
    #[schema(example = "003000000000001AAA")]
    id: String,
    #[schema(example = "Lou Sample")]
    name: String,
}

/// A Case or Opportunity in Salesforce.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Related)]
struct RelatedView {
    kind: RelatedKind,
    #[schema(example = "500000000000001AAA")]
    id: String,
}

/// Why a Task was not written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WritingProblem)]
struct ProblemView {
    /// Salesforce's error code, or our own.
    #[schema(example = "FIELD_CUSTOM_VALIDATION_EXCEPTION")]
    code: String,
    /// The error message, in Salesforce's words if it gave any.
    #[schema(example = "No calls on Mondays.")]
    message: String,
    /// When this problem first occurred, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64)]
    since: Timestamp,
}

impl EntryView {
    pub(crate) fn new(entry: &Entry, interaction: &Interaction, tenant: &Tenant) -> Self {
        let zone = rules::hours::time_zone_of(interaction.line());
        let started_at = interaction.started_at();
        let written = entry.written.as_ref();
        Self {
            key: entry.key.clone(),
            state: entry.state,
            outcome: Outcome::from_state(entry.state),
            reason: explanation::explain(entry, interaction, &tenant.state),
            status: explanation::status(entry),
            direction: interaction.direction(),
            kind: Kind::new(interaction),
            call_type: entry.decision.as_ref().and_then(Decision::call_type),
            started_at,
            started_at_local: started_at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            number: NumberView { id: interaction.line().id, name: interaction.line().label() },
            external_number: match interaction.party() {
                Party::Phone(phone) => Some(phone.as_str().to_owned()),
                Party::Unusable(text) => Some(text.clone()),
                Party::Anonymous => None,
            },
            user: interaction.user().map(|user| UserView { id: user.id, name: user.name.clone() }),
            task_id: written.map(|written| written.task_id.to_string()),
            task_url: written.and_then(|written| record_url(tenant, "Task", written.task_id)),
            record: written.and_then(|Written { record, .. }| {
                Some(RecordView { kind: record.kind, id: record.id?.to_string(), name: record.name.clone() })
            }),
            related: written
                .and_then(|written| written.related.as_ref())
                .map(|related| RelatedView { kind: related.kind, id: related.id.to_string() }),
            problem: entry.problem.clone().map(|Problem { code, message, since, .. }| ProblemView {
                code,
                message,
                since,
            }),
            attempts: entry.attempts,
            due_at: entry.due_at,
            updated_at: entry.updated_at,
        }
    }
}

impl Kind {
    fn new(interaction: &Interaction) -> Self {
        match interaction {
            Interaction::Call(_) => Kind::Call,
            Interaction::Messages(messages) if messages.conversation().is_some() => Kind::Conversation,
            Interaction::Messages(_) => Kind::Message,
            Interaction::Unreadable(_) => Kind::Unreadable,
        }
    }
}
