//! Aircall's message object, as webhooks carry it.
//!
//! No whole body of 2026 was found, and those who describe one disagree. So all that was seen is read, and nothing but
//! an id has to be there:
//!
//! | what | the forms of it |
//! |---|---|
//! | the message | the fields of `data`, or of `data.message` |
//! | its id | `id`, of a group also `group_message_id`; text or number |
//! | times | `sent_at`, `created_at`: UNIX seconds, UNIX milliseconds or ISO 8601 |
//! | the other party | `external_number` or `raw_digits`, with or without spaces; else the first number of `contact` |
//! | its text | `body`; of a template of `WhatsApp` also `template_content` |
//! | its media | `media_details`, a list of objects, or `media_url`, a list of addresses |
//! | its channel | `channel`: null for SMS and MMS, else `whatsapp` or a word nobody knew of |
//!
//! Sources: PyPI's `aircall-api` 2.1.0 (`models/message.py`), Attio's `aircall-app` (`webhook-events.ts`), and
//! <https://developer.aircall.io/docs/capture-whatsapp-activity>.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::{Channel, DeliveryState, Direction, MessageEvent, MessageId, MessageSnapshot, Party};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::call::{self, Contact, Line, MAX_NAME, MAX_URL, User, short};
use crate::error::WebhookError;
use crate::lenient;

/// Most participants of a group that are read: Aircall's groups have ten at most, whose list is in each of its messages.
const MAX_PARTICIPANTS: usize = 50;

/// Reads a message.
pub(crate) fn read(
    json: &RawValue,
    event: MessageEvent,
    is_group: bool,
    at: Option<Timestamp>,
) -> Result<MessageSnapshot, WebhookError> {
    let wire: Message = serde_json::from_str(&flat(json)?)
        .map_err(|_| WebhookError::new("data", "is of a form that no message has"))?;
    let id = if is_group { wire.group_message_id.or(wire.id) } else { wire.id.or(wire.group_message_id) };
    let id = id.ok_or_else(|| WebhookError::new("data.id", "is missing or of another form"))?;
    // Without the time of the event, the message's own has to tell events of one message apart.
    let at = at.or(wire.updated_at).or(wire.sent_at).or(wire.created_at);
    let listed = wire.contact.as_ref().and_then(Contact::first_number);
    let named = wire.external_number.or(wire.raw_digits);
    let is_contacts_party = named.is_none();
    let number = named.or(listed);
    let mut media: Vec<rules::Media> = wire.media_details.into_iter().filter_map(media).collect();
    for url in wire.media_url {
        if !media.iter().any(|media| media.url.as_deref() == Some(&url)) {
            media.push(rules::Media { name: None, file_type: None, url: short(Some(url), MAX_URL) });
        }
    }
    media.truncate(MAX_MEDIA);
    Ok(MessageSnapshot {
        event,
        at: at.ok_or_else(|| WebhookError::new("timestamp", "is missing or no time"))?,
        id: MessageId::new(&id),
        is_group,
        direction: wire.direction.as_deref().and_then(direction),
        sent_at: wire.sent_at,
        created_at: wire.created_at,
        channel: wire.channel.map(|name| channel(&name)),
        line: wire.number.map(rules::Line::from),
        party: number.map(|number| call::party(Some(&number))),
        is_contacts_party,
        participants: wire
            .participants
            .into_iter()
            .filter_map(|value| participant(&value))
            .take(MAX_PARTICIPANTS)
            .collect(),
        user: wire.user.or(wire.sender).map(rules::User::from),
        contact: wire.contact.map(rules::Contact::from),
        text: short(wire.body.or(wire.template_content), MAX_TEXT).map(|text| text.replace('\0', "")),
        media,
        state: short(wire.status, MAX_WORD).map(DeliveryState),
    })
}

/// `data` with the fields of the message in it, if it has one, in place of its own.
fn flat(json: &RawValue) -> Result<String, WebhookError> {
    let fields = |json: &'_ str| serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json);
    let mut data = fields(json.get()).map_err(|_| WebhookError::new("data", "is no object"))?;
    for name in ["message", "group_message"] {
        if let Some(Ok(nested)) = data.get(name).map(|nested| fields(nested.get())) {
            data.extend(nested.into_iter().filter(|(_, value)| value.get() != "null"));
        }
    }
    serde_json::to_string(&data).map_err(|_| WebhookError::new("data", "is no object"))
}

#[derive(Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "lenient::text_id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text_id")]
    group_message_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    direction: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    channel: Option<String>,
    #[serde(default, deserialize_with = "lenient::instant")]
    sent_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::instant")]
    created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::instant")]
    updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::text")]
    external_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    raw_digits: Option<String>,
    // The line; of answers of the API, where it is nothing but digits, nothing is read.
    #[serde(default, deserialize_with = "lenient::object")]
    number: Option<Line>,
    // Strings, or objects with a `phone_number`, as those of calls.
    #[serde(default, deserialize_with = "lenient::list")]
    participants: Vec<Value>,
    // Whether a message names its user was not confirmed; `user` is how calls do.
    #[serde(default, deserialize_with = "lenient::object")]
    user: Option<User>,
    #[serde(default, deserialize_with = "lenient::object")]
    sender: Option<User>,
    #[serde(default, deserialize_with = "lenient::object")]
    contact: Option<Contact>,
    #[serde(default, deserialize_with = "lenient::text")]
    body: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    template_content: Option<String>,
    #[serde(default, deserialize_with = "lenient::list")]
    media_details: Vec<Media>,
    #[serde(default, deserialize_with = "lenient::texts")]
    media_url: Vec<String>,
}

#[derive(Deserialize)]
struct Media {
    #[serde(default, deserialize_with = "lenient::text")]
    file_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    file_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    presigned_url: Option<String>,
}

fn media(media: Media) -> Option<rules::Media> {
    let Media { file_name, file_type, presigned_url } = media;
    let media = rules::Media {
        name: short(file_name, MAX_NAME),
        file_type: short(file_type, MAX_NAME),
        url: short(presigned_url, MAX_URL),
    };
    (media.name.is_some() || media.url.is_some()).then_some(media)
}

fn direction(direction: &str) -> Option<Direction> {
    match direction.to_lowercase().as_str() {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        _ => None,
    }
}

fn channel(name: &str) -> Channel {
    match name.to_lowercase().as_str() {
        "sms" | "mms" => Channel::Sms,
        "whatsapp" => Channel::WhatsApp,
        _ => Channel::Other(name.chars().take(MAX_WORD).collect()),
    }
}

/// A participant is a text or, as in calls, an object with a number in it; one of our own users is none of a group's.
fn participant(participant: &Value) -> Option<Party> {
    let number = match participant {
        Value::Object(fields) if fields.get("type").and_then(Value::as_str) == Some("user") => None,
        Value::Object(fields) => {
            ["phone_number", "external_number", "raw_digits"].into_iter().find_map(|name| fields.get(name)?.as_str())
        }
        text => text.as_str(),
    };
    number.filter(|number| !number.trim().is_empty()).map(|number| call::party(Some(number)))
}

/// As much of a text as a Task's `Description` could hold.
const MAX_TEXT: usize = 32_000;
/// More than a message can have of it.
const MAX_MEDIA: usize = 30;
/// As much of an unknown channel or state as is kept.
const MAX_WORD: usize = 100;
