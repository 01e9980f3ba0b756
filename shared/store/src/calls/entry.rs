//! An entry of the activity log: a call or messages, with its decision and outcome.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use rules::matching::Record;
use rules::relate::RelatedKind;
use rules::{Decision, Document, MessageId, SalesforceId, SkipReason, Task, TaskStatus, Trace};
use serde::{Deserialize, Serialize};

use crate::calls::keys;
use crate::calls::state::State;
use crate::dynamodb::item::{Attributes, Item};
use crate::error::Corrupt;

/// The most bytes of an entry's unconfirmed descriptions: an item has at most 400 KB.
const MAX_UNCONFIRMED: usize = 50_000;

/// Everything known about a call, a message or a conversation, which becomes one Task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `call-<id>`, `message-<id>` or `conversation-<line>-x<digest>-<day>`, with a keyed digest of the phone number;
    /// `-2`, `-3` and so on follow for further parts of a long conversation.
    pub key: String,
    /// Incremented with each change of document or decision, for optimistic locking.
    pub version: u64,
    /// Everything Aircall has sent, merged.
    pub document: Document,
    /// Whether and how it is logged; `None` while the call is in progress.
    pub decision: Option<Decision>,
    /// Its state.
    pub state: State,
    /// When the writer is to process it; pending entries only.
    pub due_at: Option<Timestamp>,
    /// How often it was postponed since it was last logged.
    pub attempts: u32,
    /// Its Task, once there is one.
    pub written: Option<Written>,
    /// What was sent of its Task since it was last logged and may or may not have taken effect, the newest last.
    pub unconfirmed: Vec<Unconfirmed>,
    /// The messages whose Task a person deleted. They are not written again.
    pub removed: BTreeSet<MessageId>,
    /// The writer's trace, which follows the decision's own.
    pub trace: Trace,
    /// Why the writer skipped it.
    pub skipped: Option<SkipReason>,
    /// Why it failed, or was postponed.
    pub problem: Option<Problem>,
    /// When the entry was last changed.
    pub updated_at: Timestamp,
}

/// A Task as it was last written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its id.
    pub task_id: SalesforceId,
    /// What was written; none if it is not known.
    pub task: Option<Task>,
    /// The record it is on.
    #[serde(default)]
    pub record: Record,
    /// The Case or Opportunity it is related to.
    pub related: Option<Related>,
    /// When it was created.
    #[serde(with = "required", default)]
    pub logged_at: Timestamp,
}

/// A Task that was sent to Salesforce, without an answer that says whether it took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// What was sent.
    pub task: Task,
    /// Whether it was to be created; else it was to be updated.
    pub is_new: bool,
    /// Whether it had the unique key, so that Salesforce refuses to create it a second time.
    pub has_key: bool,
    /// When it was sent.
    #[serde(with = "required")]
    pub sent_at: Timestamp,
    /// Until when it may still take effect; none if Salesforce has answered, with an error.
    #[serde(with = "optional", default)]
    pub until: Option<Timestamp>,
}

impl Unconfirmed {
    /// Adds it to those of an entry. Equal texts become one, which may take effect as long as any of them, and of too
    /// many the newest are kept.
    pub fn note(all: &mut Vec<Self>, mut sent: Self) {
        let is_equal = |earlier: &mut Self| (earlier.is_new, &earlier.task) == (sent.is_new, &sent.task);
        let equal: Vec<Self> = all.extract_if(.., is_equal).collect();
        sent.until = equal.iter().map(|earlier| earlier.until).chain([sent.until]).max().flatten();
        sent.has_key &= equal.iter().all(|earlier| earlier.has_key);
        all.push(sent);
        let size = |sent: &Self| sent.task.description.len();
        while all.len() > 1 && all.iter().map(size).sum::<usize>() > MAX_UNCONFIRMED {
            all.remove(0);
        }
    }
}

/// A Case or Opportunity that a Task is related to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Which of the two.
    pub kind: RelatedKind,
    /// Its id.
    pub id: SalesforceId,
}

/// Why an entry failed or was postponed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Salesforce's error code, or our own.
    pub code: String,
    /// The message to show, in Salesforce's own words.
    pub message: String,
    /// When this problem first occurred.
    #[serde(with = "required")]
    pub since: Timestamp,
    /// How many requests that it shared with other entries failed as a whole: one of those entries, perhaps this one,
    /// is a poison entry.
    #[serde(rename = "spoiled", default)]
    pub shared_failures: u32,
}

impl Entry {
    /// The status that its Task was created with, if it has one.
    pub fn task_status(&self) -> Option<TaskStatus> {
        let written = self.written.as_ref()?;
        Some(written.task.as_ref().map_or(TaskStatus::Completed, |task| task.status))
    }

    /// Reads an item of the table leniently: only its key, version, state and ids must be readable,
    /// and when its call started or else when it was changed.
    ///
    /// What a pending entry is to become, and the Task that it became, are never guessed: an entry whose decision or Task
    /// cannot be read is unreadable.
    pub(crate) fn read(item: Attributes) -> Result<Self, Corrupt> {
        let mut item = Item::new(item, "key");
        let state = item.required("state")?;
        let updated_at = item.instant("updated_at");
        let occurred_at = item.optional::<String>("occurred_at").and_then(|text| keys::parse_occurred_at(&text));
        let occurred_at = occurred_at.or(updated_at).ok_or_else(|| item.corrupt("occurred_at"))?;
        let document = item.json("document")?.and_then(|document| Document::from_stored(document, occurred_at).ok());
        let decision = match state {
            State::Pending => item.readable("decision")?,
            State::Open | State::Logged | State::Skipped | State::Failed => item.optional("decision"),
        };
        Ok(Self {
            key: item.key().to_owned(),
            version: item.required("version")?,
            document: document.ok_or_else(|| item.corrupt("document"))?,
            decision,
            state,
            due_at: item.instant("due_at"),
            attempts: item.optional("attempts").unwrap_or_default(),
            written: item.readable("written")?,
            unconfirmed: item.optional("unconfirmed").unwrap_or_default(),
            removed: item.optional("removed").unwrap_or_default(),
            trace: item.optional("trace").unwrap_or_default(),
            skipped: item.optional("skipped"),
            problem: item.optional("problem"),
            updated_at: updated_at.unwrap_or(occurred_at),
        })
    }
}
