//! The subject of an activity log entry: a call, a message, or the messages of a conversation and day.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::call::{Call, Contact, Direction, Line, LineId, Party, User};
use crate::company::Company;
use crate::document::{CallDocument, Snapshot};
use crate::message::MessageId;
use crate::messages::{Conversation, Messages};
use crate::phone_digest::DigestKey;
use crate::settings::Settings;
use crate::stored;
use crate::task::Task;
use crate::task_status::TaskStatus;
use crate::unreadable::Unreadable;

/// The stored document of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
// Untagged: the variants have no field in common.
#[serde(untagged)]
pub enum Document {
    /// The document of a call.
    Call(Box<CallDocument>),
    /// The document of messages.
    Messages(Messages),
    /// An event that could not be read.
    Unreadable {
        /// The event.
        unreadable: Unreadable,
    },
}

/// A call, a message or a conversation, as merged from all events; or an event that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// A call.
    Call(Box<Call>),
    /// One or more messages.
    Messages(Messages),
    /// An event that could not be read.
    Unreadable(Unreadable),
}

/// The line of an event that could not be read.
static UNKNOWN_LINE: Line = Line { id: LineId::UNKNOWN, name: None, digits: None, time_zone: None, open: None };

impl From<CallDocument> for Document {
    fn from(document: CallDocument) -> Self {
        Document::Call(Box::new(document))
    }
}

impl From<Snapshot> for Document {
    fn from(snapshot: Snapshot) -> Self {
        CallDocument::from(snapshot).into()
    }
}

impl From<Unreadable> for Document {
    fn from(unreadable: Unreadable) -> Self {
        Document::Unreadable { unreadable }
    }
}

impl From<Call> for Interaction {
    fn from(call: Call) -> Self {
        Interaction::Call(Box::new(call))
    }
}

impl Document {
    /// Reads a stored document leniently, as [`stored::read`] does. `at` stands for times that were not stored.
    ///
    /// # Errors
    /// With serde's message, when not even the ids can be read.
    pub fn from_stored(mut document: Value, at: Timestamp) -> Result<Self, String> {
        if let Some(unreadable) = document.get_mut("unreadable") {
            stored::fill_time(Some(unreadable), "at", at.as_second(), Timestamp::from_second);
            return stored::read::<Unreadable>(unreadable.take(), &Value::Null).map(Document::from);
        }
        // Only the document of messages has this key.
        if let Some(messages) = document.get_mut("messages") {
            for version in messages.as_object_mut().into_iter().flat_map(Map::values_mut) {
                let message = version.get_mut("message");
                stored::fill_time(message, "sent_at", at.as_millisecond(), Timestamp::from_millisecond);
            }
            stored::read(document, &Value::Null).map(Document::Messages)
        } else {
            let seconds = at.as_second();
            stored::fill_time(document.get_mut("latest"), "at", seconds, Timestamp::from_second);
            stored::fill_time(document.pointer_mut("/latest/call"), "started_at", seconds, Timestamp::from_second);
            stored::read(document, &Value::Null).map(|call| Document::Call(Box::new(call)))
        }
    }

    /// Joins two documents of the same entry. An event that could be read takes the place of one that could not. If one is
    /// of a call and the other of messages, `self` is kept.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Document::Call(left), Document::Call(right)) => Document::Call(Box::new(left.merge(*right))),
            (Document::Messages(left), Document::Messages(right)) => Document::Messages(left.merge(right)),
            (Document::Unreadable { unreadable: left }, Document::Unreadable { unreadable: right }) => {
                left.merge(right).into()
            }
            (Document::Unreadable { .. }, read) => read,
            (left, _) => left,
        }
    }

    /// Joins an update into what is known of the same entry. New messages for which their part of a conversation has no
    /// room are left out: returns their ids. The next part has to take them.
    #[must_use]
    pub fn merge_within_limit(known: Option<&Self>, update: Self) -> (Self, Vec<MessageId>) {
        match (known, update) {
            (None, Document::Messages(update)) if update.conversation().is_some() => {
                let (merged, excess) = Messages::merge_within_limit(None, update);
                (Document::Messages(merged), excess)
            }
            (Some(Document::Messages(known)), Document::Messages(update)) if known.conversation().is_some() => {
                let (merged, excess) = Messages::merge_within_limit(Some(known), update);
                (Document::Messages(merged), excess)
            }
            (Some(known), update) => (update.merge(known.clone()), Vec::new()),
            (None, update) => (update, Vec::new()),
        }
    }

    /// Assigns a message that was logged on its own to its conversation under `settings`, if any.
    #[must_use]
    pub fn with_conversation(self, settings: &Settings, company: &Company, key: &DigestKey) -> Self {
        match self {
            Document::Messages(messages) => Document::Messages(messages.with_conversation(settings, company, key)),
            Document::Call(_) | Document::Unreadable { .. } => self,
        }
    }

    /// Whether it can be decided about: a call once it is over, messages immediately.
    pub fn is_complete(&self) -> bool {
        match self {
            Document::Call(document) => document.is_complete(),
            Document::Messages(_) | Document::Unreadable { .. } => true,
        }
    }

    /// The document of a call, if it is one.
    pub fn call(&self) -> Option<&CallDocument> {
        match self {
            Document::Call(document) => Some(document),
            Document::Messages(_) | Document::Unreadable { .. } => None,
        }
    }

    /// The conversation that it belongs to, or the part of it, if any.
    pub fn conversation(&self) -> Option<&Conversation> {
        match self {
            Document::Messages(messages) => messages.conversation(),
            Document::Call(_) | Document::Unreadable { .. } => None,
        }
    }

    /// The merged call or messages, or the event that could not be read.
    pub fn interaction(&self) -> Interaction {
        match self {
            Document::Call(document) => document.call().into(),
            Document::Messages(messages) => Interaction::Messages(messages.clone()),
            Document::Unreadable { unreadable } => Interaction::Unreadable(unreadable.clone()),
        }
    }
}

impl Interaction {
    /// The key of its entry here, and its unique key in Salesforce.
    pub fn key(&self) -> String {
        match self {
            Interaction::Call(call) => call.id.key(),
            Interaction::Messages(messages) => messages.key(),
            Interaction::Unreadable(event) => event.key.clone(),
        }
    }

    /// The same without these messages; none if no message remains.
    pub fn without(self, removed: &BTreeSet<MessageId>) -> Option<Self> {
        match self {
            Interaction::Call(_) | Interaction::Unreadable(_) => Some(self),
            Interaction::Messages(messages) => messages.without(removed).map(Interaction::Messages),
        }
    }

    /// The call, if it is one.
    pub fn call(&self) -> Option<&Call> {
        match self {
            Interaction::Call(call) => Some(call),
            Interaction::Messages(_) | Interaction::Unreadable(_) => None,
        }
    }

    /// The messages, if it consists of messages.
    pub fn messages(&self) -> Option<&Messages> {
        match self {
            Interaction::Call(_) | Interaction::Unreadable(_) => None,
            Interaction::Messages(messages) => Some(messages),
        }
    }

    /// When the call started or the first message was sent, or when the event arrived.
    pub fn started_at(&self) -> Timestamp {
        match self {
            Interaction::Call(call) => call.started_at,
            Interaction::Messages(messages) => messages.first().sent_at,
            Interaction::Unreadable(event) => event.at,
        }
    }

    /// Who called whom, or wrote the last message; none of an event that could not be read.
    pub fn direction(&self) -> Option<Direction> {
        match self {
            Interaction::Call(call) => Some(call.direction),
            Interaction::Messages(messages) => Some(messages.last().direction),
            Interaction::Unreadable(_) => None,
        }
    }

    /// The line.
    pub fn line(&self) -> &Line {
        match self {
            Interaction::Call(call) => &call.line,
            Interaction::Messages(messages) => &messages.first().line,
            Interaction::Unreadable(_) => &UNKNOWN_LINE,
        }
    }

    /// The other party.
    pub fn party(&self) -> &Party {
        match self {
            Interaction::Call(call) => &call.party,
            Interaction::Messages(messages) => &messages.first().party,
            Interaction::Unreadable(_) => &Party::Anonymous,
        }
    }

    /// The Aircall user; for messages, the last one named.
    pub fn user(&self) -> Option<&User> {
        match self {
            Interaction::Call(call) => call.user.as_ref(),
            Interaction::Messages(messages) => {
                messages.in_order().into_iter().rev().find_map(|message| message.user.as_ref())
            }
            Interaction::Unreadable(_) => None,
        }
    }

    /// The Aircall user who owns its Task: of a transferred call, the one that the settings choose.
    pub fn owner(&self, settings: &Settings) -> Option<&User> {
        match self {
            Interaction::Call(call) => call.owner(settings.transferred_call_owner),
            Interaction::Messages(_) | Interaction::Unreadable(_) => self.user(),
        }
    }

    /// Aircall's contact for the other party.
    pub fn contact(&self) -> Option<&Contact> {
        match self {
            Interaction::Call(call) => call.contact.as_ref(),
            Interaction::Messages(messages) => {
                messages.in_order().into_iter().rev().find_map(|message| message.contact.as_ref())
            }
            Interaction::Unreadable(_) => None,
        }
    }

    /// Its Task, with `status`, on the record named `record_name`.
    pub fn task(&self, status: TaskStatus, settings: &Settings, record_name: &str) -> Task {
        match self {
            Interaction::Call(call) => Task::from_call(call, status, settings, record_name),
            Interaction::Messages(messages) => Task::from_messages(messages, status, record_name),
            Interaction::Unreadable(event) => Task::from_unreadable(event, status),
        }
    }
}
