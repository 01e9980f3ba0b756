//! Aircall's message object, as in webhooks.
//!
//! No complete body of 2026 was found, and descriptions of one disagree. Therefore every known form is accepted, and
//! only an id is required:
//!
//! | what | its forms |
//! |---|---|
//! | message | fields of `data`, or of `data.message` |
//! | id | `id`, for a group also `group_message_id`; text or number |
//! | times | `sent_at`, `created_at`: UNIX seconds, UNIX milliseconds or ISO 8601 |
//! | other party | `external_number` or `raw_digits`, with or without spaces; else the first number of `contact` |
//! | text | `body`; for a `WhatsApp` template also `template_content` |
//! | media | `media_details`, a list of objects, or `media_url`, a list of URLs |
//! | channel | `channel`: null for SMS and MMS, else `whatsapp` or an unknown word |
//!
//! Sources: PyPI's `aircall-api` 2.1.0 (`models/message.py`), Attio's `aircall-app` (`webhook-events.ts`), and
//! <https://developer.aircall.io/docs/capture-whatsapp-activity>.

use jiff::Timestamp;
use rules::{Channel, DeliveryState, MessageEvent, MessageId, MessageSnapshot, Party};
use serde::Deserialize;
use serde_json::Value;

use crate::call::direction;
use crate::error::WebhookError;
use crate::lenient;
use crate::parts::{Contact, Line, MAX_NAME, MAX_URL, User, truncated};
use crate::party::party;

/// Most participants of a group that are read. Aircall's groups have at most ten; each message lists all of them.
const MAX_PARTICIPANTS: usize = 50;

/// Parses a message. Times after `latest` count as missing.
pub(crate) fn read(
    json: &str,
    event: MessageEvent,
    is_group: bool,
    at: Option<Timestamp>,
    latest: Timestamp,
) -> Result<MessageSnapshot, WebhookError> {
    let wire: Message = serde_json::from_value(flatten(json, latest)?)
        .map_err(|_| WebhookError::new("data", "is not a message object"))?;
    let id = if is_group { wire.group_message_id.or(wire.id) } else { wire.id.or(wire.group_message_id) };
    let id = id.ok_or_else(|| WebhookError::new("data.id", "is missing or malformed"))?;
    // Without a time of the event, the message's own times order the events of a message.
    let at = at.or(wire.updated_at).or(wire.sent_at).or(wire.created_at);
    let at = at.ok_or_else(|| {
        WebhookError::new("timestamp", "is missing or not a time").with_key(MessageId::new(&id).key())
    })?;
    let contact_phone = wire.contact.as_ref().and_then(Contact::first_phone);
    let party_phone = wire.external_number.or(wire.raw_digits);
    let is_contacts_party = party_phone.is_none();
    let phone = party_phone.or(contact_phone);
    let mut media: Vec<rules::Media> = wire.media_details.into_iter().filter_map(media).collect();
    for url in wire.media_url {
        if !media.iter().any(|media| media.url.as_deref() == Some(&url)) {
            media.push(rules::Media { name: None, file_type: None, url: truncated(Some(url), MAX_URL) });
        }
    }
    media.truncate(MAX_MEDIA);
    Ok(MessageSnapshot {
        event,
        at,
        id: MessageId::new(&id),
        is_group,
        direction: wire.direction.as_deref().and_then(direction),
        sent_at: wire.sent_at,
        created_at: wire.created_at,
        channel: wire.channel.map(|name| channel(&name)),
        line: wire.number.map(rules::Line::from),
        party: phone.map(|phone| party(Some(&phone))),
        is_contacts_party,
        participants: wire
            .participants
            .into_iter()
            .filter_map(|value| participant(&value))
            .take(MAX_PARTICIPANTS)
            .collect(),
        user: wire.user.or(wire.sender).and_then(User::named),
        contact: wire.contact.map(rules::Contact::from),
        text: truncated(wire.body.or(wire.template_content), MAX_TEXT).map(|text| text.replace('\0', "")),
        media,
        state: truncated(wire.status, MAX_WORD).map(DeliveryState),
    })
}

/// The fields of `data`, overwritten by those of a message object within it.
fn flatten(json: &str, latest: Timestamp) -> Result<Value, WebhookError> {
    let data = lenient::fields_until(json, latest);
    let mut data = data.ok_or_else(|| WebhookError::new("data", "is not an object"))?;
    for name in ["message", "group_message"] {
        if let Some(nested) = data.remove(name).and_then(lenient::fields) {
            data.extend(nested.into_iter().filter(|(_, value)| !value.is_null()));
        }
    }
    Ok(Value::Object(data))
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
    // The line. API responses have only its digits here, which are ignored.
    #[serde(default, deserialize_with = "lenient::object")]
    number: Option<Line>,
    // Strings, or objects with a `phone_number`, as in calls.
    #[serde(default, deserialize_with = "lenient::list")]
    participants: Vec<Value>,
    // It is not confirmed that a message names its user; calls have `user`.
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
        name: truncated(file_name, MAX_NAME),
        file_type: truncated(file_type, MAX_NAME),
        url: truncated(presigned_url, MAX_URL),
    };
    (media.name.is_some() || media.url.is_some()).then_some(media)
}

fn channel(name: &str) -> Channel {
    match name.to_lowercase().as_str() {
        "sms" | "mms" => Channel::Sms,
        "whatsapp" => Channel::WhatsApp,
        _ => Channel::Other(name.chars().take(MAX_WORD).collect()),
    }
}

/// A participant is a text or, as in calls, an object with a phone number. The company's own users are left out.
fn participant(participant: &Value) -> Option<Party> {
    let phone = match participant {
        Value::Object(fields) if fields.get("type").and_then(Value::as_str) == Some("user") => None,
        Value::Object(fields) => ["phone_number", "external_number", "raw_digits"]
            .into_iter()
            .find_map(|name| lenient::as_text(fields.get(name)?)),
        text => lenient::as_text(text),
    };
    phone.map(|phone| party(Some(&international(phone))))
}

/// Digits of an international number: fewer are a short code.
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 7..=15;

/// Aircall writes the participants of a group as international numbers without plus.
fn international(phone: String) -> String {
    let digits = phone.trim();
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if is_plain && INTERNATIONAL.contains(&digits.len()) { format!("+{digits}") } else { phone }
}

/// A text is truncated to the capacity of a Task's `Description`.
const MAX_TEXT: usize = 32_000;
/// More media than a message can have.
const MAX_MEDIA: usize = 30;
/// An unknown channel or state is truncated to this.
const MAX_WORD: usize = 100;
