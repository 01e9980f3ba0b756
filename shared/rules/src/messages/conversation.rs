//! A conversation: the messages between a line and a phone number on one day, in one or more parts.

use std::num::NonZeroU8;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::call::LineId;
use crate::company::Company;
use crate::decide::{Verdict, decide};
use crate::hours::time_zone_of;
use crate::interaction::Document;
use crate::message::Message;
use crate::messages::Messages;
use crate::phone::E164;
use crate::phone_digest::DigestKey;
use crate::settings::{MessageTasks, Settings};

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
    /// The part of it: once one is closed, the next one takes further messages.
    #[serde(default = "first_part", skip_serializing_if = "is_first_part")]
    part: NonZeroU8,
}

fn first_part() -> NonZeroU8 {
    NonZeroU8::MIN
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_first_part(part: &NonZeroU8) -> bool {
    *part == first_part()
}

/// The last part that a conversation can have: with it, the longest key still fits its field in Salesforce.
const MAX_PART: u8 = 99;

impl Conversation {
    /// The conversation that a message belongs to under `settings`, if any: its first part. A message that is not logged
    /// keeps an entry of its own, with its reason.
    pub fn for_message(message: &Message, settings: &Settings, company: &Company, key: &DigestKey) -> Option<Self> {
        let document = Document::Messages(Messages::from_message(message.clone(), 0, None));
        let verdict = decide(&document, settings, company, None).map(|decision| decision.verdict);
        if settings.message_tasks == MessageTasks::PerMessage || !matches!(verdict, Some(Verdict::Log(_))) {
            return None;
        }
        let day = time_zone_of(&message.line).to_datetime(message.sent_at).date();
        let phone = message.party.phone()?.clone();
        let digest = Some(key.digest(phone.as_str()));
        Some(Self { line: message.line.id, phone, day, digest, part: first_part() })
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

    /// Its part, counted from 1.
    pub fn part(&self) -> u8 {
        self.part.get()
    }

    /// The part that takes the messages for which this one has no room, always under a key with a digest; none after the
    /// last one, whose further messages are logged on their own.
    #[must_use]
    pub fn next_part(&self, key: &DigestKey) -> Option<Self> {
        let part = self.part.checked_add(1).filter(|part| part.get() <= MAX_PART)?;
        Some(Self { part, ..self.clone().keyed(key) })
    }

    /// The key of its entry here, and its unique key in Salesforce: `conversation-<line>-x<digest>-<day>`, or
    /// `conversation-<line>-<digits of the phone number>-<day>` before schema 1; `-2`, `-3` and so on follow for further
    /// parts.
    pub fn key(&self) -> String {
        let phone = self.digest.as_ref().map_or_else(|| self.phone.digits().to_owned(), |digest| format!("x{digest}"));
        let part = if is_first_part(&self.part) { String::new() } else { format!("-{}", self.part) };
        format!("{KEY_PREFIX}{}-{phone}-{}{part}", self.line.0, self.day)
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
