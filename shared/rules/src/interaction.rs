//! What an entry of the activity log is about: a call, a message, or the messages of a conversation and day.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::{Call, Contact, Direction, Line, Party, User};
use crate::document::{CallDocument, Snapshot};
use crate::messages::Messages;
use crate::settings::Settings;
use crate::task::Task;
use crate::task_status::TaskStatus;

/// All that is known of what an entry is about, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
// The two have no field in common.
#[serde(untagged)]
pub enum Document {
    /// Of a call.
    Call(Box<CallDocument>),
    /// Of messages.
    Messages(Messages),
}

/// A call, a message or a conversation, as all events together tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// A call.
    Call(Box<Call>),
    /// A message, or several.
    Messages(Messages),
}

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

impl From<Call> for Interaction {
    fn from(call: Call) -> Self {
        Interaction::Call(Box::new(call))
    }
}

impl Document {
    /// All that two documents of one entry know together. An entry of calls stays one of calls, and so do messages.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Document::Call(one), Document::Call(other)) => Document::Call(Box::new(one.merge(*other))),
            (Document::Messages(one), Document::Messages(other)) => Document::Messages(one.merge(other)),
            (one, Document::Call(_) | Document::Messages(_)) => one,
        }
    }

    /// The same where `settings` place it: a message that was logged by itself may be one of a conversation.
    #[must_use]
    pub fn placed(self, settings: &Settings) -> Self {
        match self {
            Document::Messages(messages) => Document::Messages(messages.placed(settings)),
            Document::Call(_) => self,
        }
    }

    /// Whether it can be decided about: a call once it is over, messages at once.
    pub fn is_settled(&self) -> bool {
        match self {
            Document::Call(document) => document.is_settled(),
            Document::Messages(_) => true,
        }
    }

    /// What they tell.
    pub fn interaction(&self) -> Interaction {
        match self {
            Document::Call(document) => document.call().into(),
            Document::Messages(messages) => Interaction::Messages(messages.clone()),
        }
    }
}

impl Interaction {
    /// The key under which it is stored here, and is unique in Salesforce.
    pub fn key(&self) -> String {
        match self {
            Interaction::Call(call) => call.id.key(),
            Interaction::Messages(messages) => messages.key(),
        }
    }

    /// The call, if it is one.
    pub fn call(&self) -> Option<&Call> {
        match self {
            Interaction::Call(call) => Some(call),
            Interaction::Messages(_) => None,
        }
    }

    /// The messages, if it is of such.
    pub fn messages(&self) -> Option<&Messages> {
        match self {
            Interaction::Call(_) => None,
            Interaction::Messages(messages) => Some(messages),
        }
    }

    /// When the call started or the first message was sent.
    pub fn started_at(&self) -> Timestamp {
        match self {
            Interaction::Call(call) => call.started_at,
            Interaction::Messages(messages) => messages.first().sent_at,
        }
    }

    /// Who called whom, or wrote the last message.
    pub fn direction(&self) -> Direction {
        match self {
            Interaction::Call(call) => call.direction,
            Interaction::Messages(messages) => messages.last().direction,
        }
    }

    /// The line.
    pub fn line(&self) -> &Line {
        match self {
            Interaction::Call(call) => &call.line,
            Interaction::Messages(messages) => &messages.first().line,
        }
    }

    /// The other party.
    pub fn party(&self) -> &Party {
        match self {
            Interaction::Call(call) => &call.party,
            Interaction::Messages(messages) => &messages.first().party,
        }
    }

    /// The Aircall user: of messages, the last that one of them names.
    pub fn user(&self) -> Option<&User> {
        match self {
            Interaction::Call(call) => call.user.as_ref(),
            Interaction::Messages(messages) => {
                messages.in_order().into_iter().rev().find_map(|message| message.user.as_ref())
            }
        }
    }

    /// Who Aircall thinks the other party is.
    pub fn contact(&self) -> Option<&Contact> {
        match self {
            Interaction::Call(call) => call.contact.as_ref(),
            Interaction::Messages(messages) => {
                messages.in_order().into_iter().rev().find_map(|message| message.contact.as_ref())
            }
        }
    }

    /// Its Task, with `status`, on the record named `record_name`.
    pub fn task(&self, status: TaskStatus, settings: &Settings, record_name: &str) -> Task {
        match self {
            Interaction::Call(call) => Task::from_call(call, status, settings, record_name),
            Interaction::Messages(messages) => Task::of_messages(messages, status, record_name),
        }
    }
}
