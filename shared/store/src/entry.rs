//! An entry of the activity log: a call or messages, what was decided about it and what became of it.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use rules::matching::Record;
use rules::relate::RelatedKind;
use rules::{Decision, Document, SkipReason, Task, Trace};
use serde::{Deserialize, Serialize};

use crate::error::Corrupt;
use crate::item::{Attributes, Item};

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The call is not over.
    Open,
    /// It waits for the writer.
    Pending,
    /// Its Task is in Salesforce.
    Logged,
    /// It becomes no Task, for a reason.
    Skipped,
    /// It became no Task, for an error. It can be retried.
    Failed,
}

/// All that is known about what becomes one Task: a call, a message or a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `call-<id>`, `message-<id>` or `conversation-<line>-<number>-<day>`.
    pub key: String,
    /// Counts the changes of document and decision.
    pub version: u64,
    /// What Aircall says.
    pub document: Document,
    /// Whether and how it is logged; none while the call is not over.
    pub decision: Option<Decision>,
    /// Where it stands.
    pub state: State,
    /// When the writer is to take it; only of a pending entry.
    pub due_at: Option<Timestamp>,
    /// How often it was postponed since it was last logged.
    pub attempts: u32,
    /// Its Task, once there is one.
    pub written: Option<Written>,
    /// What the writer looked at; follows the decision's own trace.
    pub trace: Trace,
    /// Why the writer skipped it.
    pub skipped: Option<SkipReason>,
    /// Why it failed, or was postponed.
    pub problem: Option<Problem>,
    /// When any of it last changed.
    pub updated_at: Timestamp,
}

/// A Task as it was last written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its Salesforce id.
    pub task_id: String,
    /// What was written.
    pub task: Task,
    /// The record it is on.
    pub record: Record,
    /// The Case or Opportunity it is related to.
    pub related: Option<Related>,
    /// When it was created.
    #[serde(with = "required")]
    pub logged_at: Timestamp,
}

/// A Case or Opportunity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Which of the two.
    pub kind: RelatedKind,
    /// Its Salesforce id.
    pub id: String,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Salesforce's error code, or our own.
    pub code: String,
    /// What to show: Salesforce's own words.
    pub message: String,
    /// When it first went wrong so.
    #[serde(with = "required")]
    pub since: Timestamp,
    /// How many requests failed whole that it shared with others: one of them spoils the rest, perhaps this one.
    #[serde(rename = "spoiled", default)]
    pub shared_failures: u32,
}

impl Entry {
    /// Reads an item of the table.
    pub(crate) fn read(item: Attributes) -> Result<Self, Corrupt> {
        let mut item = Item::new(item, "key");
        Ok(Self {
            key: item.key().to_owned(),
            version: item.required("version")?,
            document: item.required("document")?,
            decision: item.optional("decision")?,
            state: item.required("state")?,
            due_at: item.instant("due_at")?,
            attempts: item.optional("attempts")?.unwrap_or_default(),
            written: item.optional("written")?,
            trace: item.optional("trace")?.unwrap_or_default(),
            skipped: item.optional("skipped")?,
            problem: item.optional("problem")?,
            updated_at: item.instant("updated_at")?.ok_or_else(|| item.corrupt("updated_at"))?,
        })
    }
}
