//! What becomes one Task: a message, or all messages of one conversation and day.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::call::LineId;
use crate::decide::{Verdict, decide};
use crate::description::DESCRIPTION;
use crate::hours::zone_of;
use crate::interaction::Document;
use crate::message::{Message, MessageId};
use crate::phone::E164;
use crate::settings::{MessageTasks, Settings};
use crate::text::length;

/// A day of the conversation between a line and an external number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The line.
    pub line: LineId,
    /// The external number.
    #[serde(rename = "number")]
    pub phone: E164,
    /// The day, in the line's time zone.
    pub day: Date,
}

impl Conversation {
    /// The conversation that a message is part of under `settings`, if it is to be part of one. A message that is not
    /// logged stays by itself, with its reason.
    pub fn for_message(message: &Message, settings: &Settings) -> Option<Self> {
        let alone = Document::Messages(Messages::from_message(message.clone(), 0, None));
        let verdict = decide(&alone, settings, None).map(|decision| decision.verdict);
        if settings.message_tasks == MessageTasks::PerMessage || !matches!(verdict, Some(Verdict::Log(_))) {
            return None;
        }
        let day = zone_of(&message.line).to_datetime(message.sent_at).date();
        Some(Self { line: message.line.id, phone: message.party.phone()?.clone(), day })
    }

    /// The key under which it is stored here, and is unique in Salesforce: `conversation-<line>-<number>-<day>`.
    /// The number is without its plus, which means a space in some addresses.
    pub fn key(&self) -> String {
        format!("{CONVERSATION}{}-{}-{}", self.line.0, self.phone.digits(), self.day)
    }
}

/// How the key of a conversation begins.
const CONVERSATION: &str = "conversation-";

/// The key of an entry as a log may hold it: without the phone number in that of a conversation.
pub fn loggable(key: &str) -> String {
    match key.strip_prefix(CONVERSATION).map(|rest| rest.splitn(3, '-').collect::<Vec<_>>()).as_deref() {
        Some([line, _, day]) => format!("{CONVERSATION}{line}-…-{day}"),
        _ => key.to_owned(),
    }
}

/// One message, or those of a conversation; at least one.
///
/// Each comes with the version of what is known of it, and the highest version stands. So the same messages in any
/// order, and as often as they come, are the same document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<Conversation>,
    #[serde(deserialize_with = "not_none")]
    messages: BTreeMap<MessageId, Version>,
}

fn not_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<MessageId, Version>, D::Error> {
    let messages = BTreeMap::deserialize(deserializer)?;
    if messages.is_empty() { Err(D::Error::custom("there is no message")) } else { Ok(messages) }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    version: u64,
    message: Message,
}

/// The least that a message takes of a `Description` beside its text.
const LEAST: usize = 20;

impl Messages {
    /// One message as of a version of its document, by itself or as part of a conversation.
    pub fn from_message(message: Message, version: u64, conversation: Option<Conversation>) -> Self {
        Self { conversation, messages: BTreeMap::from([(message.id.clone(), Version { version, message })]) }
    }

    /// All messages of both.
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
        self.shorten();
        self
    }

    /// Keeps an item of the table from outgrowing the 400 KB that it may have, with the Task and a busy day in it:
    /// what is the same of all messages is kept once, and of those that no `Description` has room for little more than
    /// that they are there. More messages only push them further back, so it does not matter when that is done.
    fn shorten(&mut self) {
        let mut order: Vec<&mut Message> = self.messages.values_mut().map(|version| &mut version.message).collect();
        order.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut taken = 0;
        for (index, message) in order.into_iter().enumerate() {
            if index > 0 {
                let number = &mut message.line;
                number.open = None;
                number.digits = number.digits.take().filter(|_| number.name.is_none());
            }
            if taken > DESCRIPTION {
                (message.text, message.user, message.contact, message.state) = (None, None, None, None);
                message.media.clear();
            }
            let links = message.media.iter().flat_map(|media| [&media.url, &media.name, &media.file_type]).flatten();
            taken += LEAST + message.text.iter().chain(links).map(|text| length(text)).sum::<usize>();
        }
    }

    /// A message by itself where `settings` place it.
    #[must_use]
    pub(crate) fn placed(self, settings: &Settings) -> Self {
        let conversation = self.conversation.clone().or_else(|| Conversation::for_message(self.first(), settings));
        Self { conversation, ..self }
    }

    /// The conversation that they are of, if they are not one message by itself.
    pub fn conversation(&self) -> Option<&Conversation> {
        self.conversation.as_ref()
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

    /// The key under which they are stored here, and are unique in Salesforce.
    pub fn key(&self) -> String {
        self.conversation.as_ref().map_or_else(|| self.first().id.key(), Conversation::key)
    }

    /// The day of their Task, in the line's time zone.
    pub(crate) fn day(&self) -> Date {
        let first = self.first();
        let of = || zone_of(&first.line).to_datetime(first.sent_at).date();
        self.conversation.as_ref().map_or_else(of, |conversation| conversation.day)
    }
}
