//! The messages that share a Task: a single message, or those of one conversation and day, or of a part of it.

mod capacity;
mod conversation;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

pub use self::conversation::{Conversation, redact_key};
use crate::company::Company;
use crate::hours::time_zone_of;
use crate::message::{Message, MessageId};
use crate::messages::capacity::Used;
use crate::phone_digest::DigestKey;
use crate::settings::Settings;

/// One message, or the messages of a conversation; never empty.
///
/// Each message carries the version of its own document, and the highest version wins. So the result does not depend on
/// the order in which messages are merged or on how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<Conversation>,
    #[serde(rename = "messages", deserialize_with = "not_empty")]
    versions: BTreeMap<MessageId, Version>,
    /// Whether this part of the conversation takes no new messages.
    #[serde(rename = "closed", default, skip_serializing_if = "std::ops::Not::not")]
    is_closed: bool,
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

impl Version {
    /// Takes another version of the same message, if it is a later one.
    fn update(&mut self, theirs: Self) {
        if self.version < theirs.version {
            *self = theirs;
        }
    }
}

impl Messages {
    /// One message as of a version of its document, on its own or as part of a conversation.
    pub fn from_message(message: Message, version: u64, conversation: Option<Conversation>) -> Self {
        let versions = BTreeMap::from([(message.id.clone(), Version { version, message })]);
        Self { conversation, versions, is_closed: false }
    }

    /// Joins both sets of messages, however many they are.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for (id, theirs) in other.versions {
            match self.versions.entry(id) {
                Entry::Vacant(entry) => {
                    entry.insert(theirs);
                }
                Entry::Occupied(mut entry) => entry.get_mut().update(theirs),
            }
        }
        self.is_closed |= other.is_closed;
        self
    }

    /// Joins an update into what is known of a part of a conversation, but leaves out new messages for which it has no
    /// room, which closes it: from then on it takes no new message. Returns the ids of those that are left out.
    ///
    /// Messages that are in it already stay there and are updated. Because a closed part stays closed, a message that one
    /// update left out cannot be put into it by another one.
    pub(crate) fn merge_within_limit(known: Option<&Self>, update: Self) -> (Self, Vec<MessageId>) {
        let Self { conversation, versions, is_closed } = update;
        let empty = || Self { conversation, versions: BTreeMap::new(), is_closed: false };
        let mut merged = known.cloned().unwrap_or_else(empty);
        merged.is_closed |= is_closed;
        let mut new = Vec::new();
        for (id, theirs) in versions {
            match merged.versions.get_mut(&id) {
                Some(ours) => ours.update(theirs),
                None => new.push((id, theirs)),
            }
        }
        new.sort_by(|(_, a), (_, b)| a.message.order().cmp(&b.message.order()));
        let mut excess = Vec::new();
        let mut used = if new.is_empty() { Used::default() } else { Used::by(merged.versions.values()) };
        for (id, version) in new {
            let with = used + Used::by([&version]);
            merged.is_closed |= !merged.versions.is_empty() && !with.fits();
            if merged.is_closed {
                excess.push(id);
            } else {
                used = with;
                merged.versions.insert(id, version);
            }
        }
        merged.trim();
        (merged, excess)
    }

    /// Leaves out what the item need not hold: what all messages share is kept once, and messages beyond the length of a
    /// `Description` have no content.
    fn trim(&mut self) {
        let mut order: Vec<&mut Message> = self.versions.values_mut().map(|version| &mut version.message).collect();
        order.sort_by(|a, b| a.order().cmp(&b.order()));
        capacity::trim(order);
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

    /// Whether this part of their conversation takes no new messages.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The same without these messages; none if no message remains.
    pub(crate) fn without(mut self, removed: &BTreeSet<MessageId>) -> Option<Self> {
        self.versions.retain(|id, _| !removed.contains(id));
        (!self.versions.is_empty()).then_some(self)
    }

    /// The messages in the order of sending.
    pub fn in_order(&self) -> Vec<&Message> {
        let mut messages: Vec<&Message> = self.versions.values().map(|version| &version.message).collect();
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
