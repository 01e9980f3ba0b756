//! The messages that share a Task: a single message, or all messages of one conversation and day.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::call::LineId;
use crate::company::Company;
use crate::decide::{Verdict, decide};
use crate::description::MAX_DESCRIPTION;
use crate::hours::time_zone_of;
use crate::interaction::Document;
use crate::message::{Message, MessageId};
use crate::phone::E164;
use crate::phone_digest::DigestKey;
use crate::settings::{MessageTasks, Settings};
use crate::task::Task;
use crate::task_status::TaskStatus;
use crate::text::length;

/// One day of the conversation between a line and an external phone number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The line.
    pub line: LineId,
    /// The external phone number.
    #[serde(rename = "number")]
    pub phone: E164,
    /// The day, in the line's time zone.
    pub day: Date,
    /// The keyed digest that stands for the phone number in the key; none in a conversation that was stored before
    /// schema 1, whose key holds the number itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

impl Conversation {
    /// The conversation that a message belongs to under `settings`, if any. A message that is not logged keeps an entry
    /// of its own, with its reason.
    pub fn for_message(message: &Message, settings: &Settings, company: &Company, key: &DigestKey) -> Option<Self> {
        let document = Document::Messages(Messages::from_message(message.clone(), 0, None));
        let verdict = decide(&document, settings, company, None).map(|decision| decision.verdict);
        if settings.message_tasks == MessageTasks::PerMessage || !matches!(verdict, Some(Verdict::Log(_))) {
            return None;
        }
        let day = time_zone_of(&message.line).to_datetime(message.sent_at).date();
        let phone = message.party.phone()?.clone();
        let digest = Some(key.digest(phone.as_str()));
        Some(Self { line: message.line.id, phone, day, digest })
    }

    /// Whether its key is that of versions before schema 1.
    pub fn is_unkeyed(&self) -> bool {
        self.digest.is_none()
    }

    /// The same conversation under the key that holds a digest.
    #[must_use]
    pub fn keyed(self, key: &DigestKey) -> Self {
        Self { digest: Some(key.digest(self.phone.as_str())), ..self }
    }

    /// The same conversation under the key of versions before schema 1, which held the phone number.
    #[must_use]
    pub fn unkeyed(self) -> Self {
        Self { digest: None, ..self }
    }

    /// The key of its entry here, and its unique key in Salesforce: `conversation-<line>-x<digest>-<day>`, or
    /// `conversation-<line>-<digits of the phone number>-<day>` before schema 1.
    pub fn key(&self) -> String {
        let phone = self.digest.as_ref().map_or_else(|| self.phone.digits().to_owned(), |digest| format!("x{digest}"));
        format!("{KEY_PREFIX}{}-{phone}-{}", self.line.0, self.day)
    }
}

/// The prefix of a conversation's key.
const KEY_PREFIX: &str = "conversation-";

/// The key of an entry for logs: the key of a conversation without its phone number.
pub fn redact_key(key: &str) -> String {
    match key.strip_prefix(KEY_PREFIX).map(|rest| rest.splitn(3, '-').collect::<Vec<_>>()).as_deref() {
        Some([line, phone, day]) if !phone.starts_with('x') => format!("{KEY_PREFIX}{line}-…-{day}"),
        _ => key.to_owned(),
    }
}

/// One message, or the messages of a conversation; never empty.
///
/// Each message carries the version of its own document, and the highest version wins. So the result does not depend on
/// the order in which messages are merged or on how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<Conversation>,
    #[serde(deserialize_with = "not_empty")]
    messages: BTreeMap<MessageId, Version>,
}

fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<MessageId, Version>, D::Error> {
    let messages = BTreeMap::deserialize(deserializer)?;
    if messages.is_empty() { Err(D::Error::custom("there is no message")) } else { Ok(messages) }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    #[serde(default)]
    version: u64,
    message: Message,
}

/// The least that a message takes up in a `Description` besides its text.
const MIN_OVERHEAD: usize = 20;

/// The most bytes of a conversation's item that its messages and their Task may take up, as JSON. DynamoDB allows 400 KB,
/// and the decision and what is sent of the Task are in the item, too.
const MAX_SIZE: usize = 340_000;

/// A document of so many bytes fits with its Task, whose description repeats the messages' texts twice.
const ALWAYS_FITS: usize = 80_000;

impl Messages {
    /// One message as of a version of its document, on its own or as part of a conversation.
    pub fn from_message(message: Message, version: u64, conversation: Option<Conversation>) -> Self {
        Self { conversation, messages: BTreeMap::from([(message.id.clone(), Version { version, message })]) }
    }

    /// Joins both sets of messages.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for (id, theirs) in other.messages {
            match self.messages.entry(id) {
                Entry::Vacant(entry) => {
                    entry.insert(theirs);
                }
                Entry::Occupied(mut entry) => {
                    if entry.get().version < theirs.version {
                        entry.insert(theirs);
                    }
                }
            }
        }
        self.trim();
        self
    }

    /// Joins both sets of messages, but leaves out new messages for which the item of their conversation has no room.
    /// Returns the ids of these.
    ///
    /// Messages that are in the conversation already stay there and are updated.
    pub(crate) fn merge_within_limit(&self, mut update: Self) -> (Self, Vec<MessageId>) {
        let mut excess = Vec::new();
        loop {
            let merged = update.clone().merge(self.clone());
            let is_new = |message: &&Message| !self.messages.contains_key(&message.id);
            let last_new = update.in_order().into_iter().rfind(is_new).map(|message| message.id.clone());
            let Some(id) = last_new.filter(|_| merged.size() > MAX_SIZE) else { return (merged, excess) };
            update.messages.remove(&id);
            excess.push(id);
            if update.messages.is_empty() {
                return (self.clone(), excess);
            }
        }
    }

    /// How many bytes they take up in the table, with the Task as it will be stored.
    fn size(&self) -> usize {
        let document = json_len(self);
        if document < ALWAYS_FITS {
            return document;
        }
        document + json_len(&Task::from_messages(self, TaskStatus::Completed, ""))
    }

    /// Keeps the table item below its limit of 400 KB, with the Task and a busy day in it: data that all messages share
    /// is kept once, and messages beyond the length of a `Description` lose their content. Further messages only move
    /// them further back, so it does not matter when this happens.
    fn trim(&mut self) {
        let mut order: Vec<&mut Message> = self.messages.values_mut().map(|version| &mut version.message).collect();
        order.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut taken = 0;
        for (index, message) in order.into_iter().enumerate() {
            if index > 0 {
                let line = &mut message.line;
                line.open = None;
                line.digits = line.digits.take().filter(|_| line.name.is_none());
            }
            if taken > MAX_DESCRIPTION {
                (message.text, message.user, message.contact, message.state) = (None, None, None, None);
                message.media.clear();
            }
            let links = message.media.iter().flat_map(|media| [&media.url, &media.name, &media.file_type]).flatten();
            taken += MIN_OVERHEAD + message.text.iter().chain(links).map(|text| length(text)).sum::<usize>();
        }
    }

    /// Assigns a single message to its conversation under `settings`, if any.
    #[must_use]
    pub(crate) fn with_conversation(self, settings: &Settings, company: &Company, key: &DigestKey) -> Self {
        let conversation =
            self.conversation.clone().or_else(|| Conversation::for_message(self.first(), settings, company, key));
        Self { conversation, ..self }
    }

    /// The conversation that they belong to; none for a single message with a Task of its own.
    pub fn conversation(&self) -> Option<&Conversation> {
        self.conversation.as_ref()
    }

    /// The same without these messages; none if no message remains.
    pub(crate) fn without(mut self, removed: &BTreeSet<MessageId>) -> Option<Self> {
        self.messages.retain(|id, _| !removed.contains(id));
        (!self.messages.is_empty()).then_some(self)
    }

    /// The messages in the order of sending.
    pub fn in_order(&self) -> Vec<&Message> {
        let mut messages: Vec<&Message> = self.messages.values().map(|version| &version.message).collect();
        messages.sort_by_key(|message| message.order());
        messages
    }

    /// The message that was sent first.
    #[expect(clippy::missing_panics_doc, reason = "there is at least one message")]
    pub fn first(&self) -> &Message {
        self.in_order().first().expect("there is at least one message")
    }

    /// The message that was sent last.
    #[expect(clippy::missing_panics_doc, reason = "there is at least one message")]
    pub fn last(&self) -> &Message {
        self.in_order().last().expect("there is at least one message")
    }

    /// The key of their entry here, and of their Task in Salesforce.
    pub fn key(&self) -> String {
        self.conversation.as_ref().map_or_else(|| self.first().id.key(), Conversation::key)
    }

    /// The day of their Task, in the line's time zone.
    pub(crate) fn day(&self) -> Date {
        let first = self.first();
        let day_sent = || time_zone_of(&first.line).to_datetime(first.sent_at).date();
        self.conversation.as_ref().map_or_else(day_sent, |conversation| conversation.day)
    }
}

fn json_len(value: &impl Serialize) -> usize {
    serde_json::to_string(value).expect("string keys only").len()
}
