//! The Task of a call, a message or a conversation.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::call::{Call, Direction, Party};
use crate::call_type::CallType;
use crate::description;
use crate::hours::time_zone_of;
use crate::message::MessageId;
use crate::message_description;
use crate::messages::Messages;
use crate::phone::digits_of;
use crate::settings::{CallResult, Settings, TransferredCallOwner};
use crate::task_status::TaskStatus;
use crate::text::{inline, length, one_line, truncate, without_references};
use crate::unreadable::Unreadable;

/// Longest `Subject`.
const MAX_SUBJECT: usize = 255;
/// Longest missed call reason in it: Aircall's are at most 31 characters long.
const MAX_MISSED_REASON: usize = 60;
/// Longest `CallDisposition`.
const MAX_CALL_DISPOSITION: usize = 255;

/// The desired Task of a call or of messages. Its record and owner are only set at creation, so they are not part of
/// it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// `Aircall_Key__c` and `CallObject`: the unique key of the Task.
    pub key: String,
    /// `Subject`, at most 255 characters.
    pub subject: String,
    /// `Status`.
    pub status: TaskStatus,
    /// `CallType`; only for calls.
    pub direction: Option<Direction>,
    /// `CallDurationInSeconds`: seconds spent talking, [`Call::talk_seconds`]; only for calls.
    pub talk_seconds: Option<u64>,
    /// `ActivityDate`: the day on which the call started or the message was sent, in the line's time zone.
    pub activity_date: Date,
    /// `CallDisposition`: the tags, or Aircall's own list with them; at most 255 characters, cut at a whole tag.
    pub call_disposition: Option<String>,
    /// `Description`, at most 32,000 characters.
    pub description: String,
    /// The parts of the description that an update may add separately: the messages of a conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A part of a description.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// Its identity, independent of its text.
    pub id: MessageId,
    /// Its text. The description contains it, so it is not stored twice.
    #[serde(skip)]
    pub(crate) text: String,
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Part {}

impl Task {
    /// The Task of `call`, logged with `status` on the record named `record_name`.
    pub fn from_call(call: &Call, status: TaskStatus, settings: &Settings, record_name: &str) -> Self {
        let zone = time_zone_of(&call.line);
        Self {
            key: call.id.key(),
            subject: subject(call, settings.transferred_call_owner, record_name),
            status,
            direction: Some(call.direction),
            talk_seconds: Some(call.talk_seconds()),
            activity_date: zone.to_datetime(call.started_at).date(),
            call_disposition: call_disposition(call, settings.call_result),
            description: description::describe(call, settings),
            parts: Vec::new(),
        }
    }

    /// The Task of a message or conversation, logged with `status` on the record named `record_name`.
    pub fn from_messages(messages: &Messages, status: TaskStatus, record_name: &str) -> Self {
        let (description, parts) = message_description::describe(messages);
        Self {
            key: messages.key(),
            subject: message_subject(messages, record_name),
            status,
            direction: None,
            talk_seconds: None,
            activity_date: messages.day(),
            call_disposition: None,
            description,
            parts,
        }
    }

    /// The Task of an event that could not be read, which no decision asks for.
    pub(crate) fn from_unreadable(event: &Unreadable, status: TaskStatus) -> Self {
        Self {
            key: event.key.clone(),
            subject: "Event of Aircall".to_owned(),
            status,
            direction: None,
            talk_seconds: None,
            activity_date: TimeZone::UTC.to_datetime(event.at).date(),
            call_disposition: None,
            description: without_references(&event.sentence()),
            parts: Vec::new(),
        }
    }

    /// Whether it is the Task of a call, and so has the fields of calls.
    pub fn is_call(&self) -> bool {
        self.direction.is_some()
    }
}

/// The subject of a call, in Aircall's wordings. An unknown user is left out; of a transferred call, it is the owner of the
/// Task.
fn subject(call: &Call, owner: TransferredCallOwner, record_name: &str) -> String {
    let record = record_label(record_name, &call.party);
    let line = inline(&call.line.label());
    let user = call.owner(owner).and_then(|user| user.name.as_deref()).map(inline).filter(|name| !name.is_empty());
    let call_type = CallType::classify(call);
    // Aircall words an answered conference differently: https://support.aircall.io/en-gb/articles/10375396027805
    let subject = match call_type {
        CallType::OutboundAnswered if is_conference(call) => {
            format!("Outbound conference call to {record} with {line}")
        }
        CallType::InboundAnswered if is_conference(call) => format!("Inbound call from {record} on {line}"),
        _ => call_type.subject(&record, &line, user.as_deref()),
    };
    truncate(&without_references(&subject), MAX_SUBJECT)
}

fn is_conference(call: &Call) -> bool {
    !call.flow.conference.is_empty()
}

/// The subject of a message, in Aircall's two wordings, which do not depend on the channel. Aircall has no wording for
/// a conversation, so that one is ours.
fn message_subject(messages: &Messages, record_name: &str) -> String {
    let message = messages.first();
    let line = inline(&message.line.label());
    let subject = if let Some(conversation) = messages.conversation() {
        let subject = format!("SMS conversation with {} on {line}", record_label(record_name, &message.party));
        let part = Some(conversation.part()).filter(|part| *part > 1);
        let part = part.map(|part| format!(" (part {part})")).unwrap_or_default();
        truncate(&without_references(&subject), MAX_SUBJECT - part.len()) + &part
    } else {
        match message.direction {
            Direction::Outbound => {
                let name = message.user.as_ref().and_then(|user| user.name.as_deref()).map(inline);
                let sender =
                    name.filter(|name| !name.is_empty()).map(|name| format!(" from {name}")).unwrap_or_default();
                format!("SMS sent{sender} via {line} to {}", record_label(record_name, &message.party))
            }
            Direction::Inbound => {
                // In a group, another participant may have written it.
                let writer = message.written_by.as_ref().map(|writer| record_label("", writer));
                let writer = writer.unwrap_or_else(|| record_label(record_name, &message.party));
                format!("SMS received from {writer} to {line}")
            }
        }
    };
    truncate(&without_references(&subject), MAX_SUBJECT)
}

/// The name of the other party's record, else its phone number.
fn record_label(name: &str, party: &Party) -> String {
    let phone = || party.phone().map(crate::E164::international).unwrap_or_default();
    Some(inline(name)).filter(|name| !name.is_empty()).unwrap_or_else(phone)
}

/// The call's result. The tags are separated by commas, and one that does not fit as a whole is left out.
fn call_disposition(call: &Call, call_result: CallResult) -> Option<String> {
    let (before, after) = match call_result {
        CallResult::Tags => (None, Vec::new()),
        CallResult::Aircall => (Some("aircall".to_owned()), aircall_result(call)),
    };
    let room = MAX_CALL_DISPOSITION - after.iter().map(|item| length(item) + 2).sum::<usize>();
    let mut list = before.unwrap_or_default();
    for tag in &call.tags {
        let name = without_references(&one_line(&tag.name));
        let separator = if list.is_empty() { "" } else { ", " };
        if name.is_empty() || length(&list) + length(separator) + length(&name) > room {
            continue;
        }
        list += separator;
        list += &name;
    }
    for item in after {
        list += ", ";
        list += &item;
    }
    Some(list).filter(|list| !list.is_empty())
}

/// What follows the tags in the list that Aircall's own integration writes. Its order and words are from Aircall's help
/// pages; how it separates them is not documented, and is taken to be as for the tags.
/// <https://support.aircall.io/en-gb/articles/10375396027805>
fn aircall_result(call: &Call) -> Vec<String> {
    let direction = match call.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    };
    let status = if call.answered_at.is_some() { "answered_call" } else { "unanswered_call" };
    let line = call.line.digits.as_deref().map(digits_of).filter(|digits| (1..=15).contains(&digits.len()));
    let reason = call.missed_call_reason.as_ref().filter(|_| call.answered_at.is_none());
    let reason = reason.map(|reason| truncate(&one_line(reason.name()), MAX_MISSED_REASON));
    [direction.to_owned(), status.to_owned()].into_iter().chain(line).chain(reason).collect()
}
