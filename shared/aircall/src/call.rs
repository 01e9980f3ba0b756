//! Aircall's call object, as in webhooks and in the API.

use jiff::Timestamp;
use rules::{CallId, Direction, LineId, MissedCallReason};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::WebhookError;
use crate::lenient;
use crate::party::party;

/// Parses a call.
pub(crate) fn read(json: &RawValue) -> Result<rules::Call, WebhookError> {
    let wire: Call = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(json.get()))
        .map_err(|error| WebhookError::new(format!("data.{}", error.path()), "is missing or malformed"))?;
    wire.try_into()
}

#[derive(Deserialize)]
struct Call {
    #[serde(deserialize_with = "lenient::id")]
    id: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    direction: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    started_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    answered_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    ended_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::text")]
    missed_call_reason: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    voicemail: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    recording: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    asset: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    raw_digits: Option<String>,
    #[serde(default, deserialize_with = "lenient::object")]
    number: Option<Line>,
    #[serde(default, deserialize_with = "lenient::object")]
    user: Option<User>,
    #[serde(default, deserialize_with = "lenient::object")]
    contact: Option<Contact>,
    #[serde(default, deserialize_with = "lenient::list")]
    tags: Vec<Tag>,
    #[serde(default, deserialize_with = "lenient::list")]
    comments: Vec<Comment>,
}

#[derive(Deserialize)]
pub(crate) struct Line {
    #[serde(deserialize_with = "lenient::id")]
    id: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    digits: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    time_zone: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag")]
    open: Option<bool>,
}

#[derive(Deserialize)]
pub(crate) struct User {
    #[serde(default, deserialize_with = "lenient::optional_id")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    email: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Contact {
    #[serde(default, deserialize_with = "lenient::text")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    company_name: Option<String>,
    // Seen on the wire in place of `company_name`.
    #[serde(default, deserialize_with = "lenient::text")]
    company: Option<String>,
    #[serde(default, deserialize_with = "lenient::list")]
    emails: Vec<Labelled>,
    #[serde(default, deserialize_with = "lenient::list")]
    phone_numbers: Vec<Labelled>,
}

/// One of a contact's e-mails or phone numbers.
#[derive(Deserialize)]
struct Labelled {
    #[serde(default, deserialize_with = "lenient::text")]
    value: Option<String>,
}

impl Contact {
    pub(crate) fn first_phone(&self) -> Option<String> {
        self.phone_numbers.iter().find_map(|phone| phone.value.clone())
    }
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Comment {
    #[serde(default, deserialize_with = "lenient::text")]
    content: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    posted_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::object")]
    posted_by: Option<User>,
}

impl TryFrom<Call> for rules::Call {
    type Error = WebhookError;

    fn try_from(wire: Call) -> Result<Self, WebhookError> {
        let direction = match wire.direction.as_deref() {
            Some("inbound") => Direction::Inbound,
            Some("outbound") => Direction::Outbound,
            _ => return Err(WebhookError::new("data.direction", "is neither inbound nor outbound")),
        };
        let line = wire.number.ok_or_else(|| WebhookError::new("data.number", "is missing"))?;
        let started_at =
            wire.started_at.ok_or_else(|| WebhookError::new("data.started_at", "is missing or not a time"))?;
        Ok(rules::Call {
            id: CallId(wire.id),
            direction,
            started_at,
            answered_at: wire.answered_at,
            ended_at: wire.ended_at,
            missed_call_reason: wire.missed_call_reason.as_deref().map(missed_call_reason),
            voicemail: truncated(wire.voicemail, MAX_URL),
            recording: truncated(wire.recording, MAX_URL),
            asset: truncated(wire.asset, MAX_URL),
            party: party(wire.raw_digits.as_deref()),
            line: line.into(),
            user: wire.user.map(rules::User::from),
            contact: wire.contact.map(rules::Contact::from),
            tags: wire.tags.into_iter().filter_map(tag).take(MAX_TAGS).collect(),
            comments: wire.comments.into_iter().filter_map(comment).take(MAX_COMMENTS).collect(),
        })
    }
}

impl From<Line> for rules::Line {
    fn from(line: Line) -> Self {
        Self {
            id: LineId(line.id),
            name: truncated(line.name, MAX_NAME),
            digits: truncated(line.digits, MAX_NAME),
            time_zone: truncated(line.time_zone, MAX_NAME),
            open: line.open,
        }
    }
}

impl From<User> for rules::User {
    fn from(user: User) -> Self {
        Self { id: user.id, name: truncated(user.name, MAX_NAME), email: truncated(user.email, MAX_NAME) }
    }
}

impl From<Contact> for rules::Contact {
    fn from(contact: Contact) -> Self {
        Self {
            first_name: truncated(contact.first_name, MAX_NAME),
            last_name: truncated(contact.last_name, MAX_NAME),
            company_name: truncated(contact.company_name.or(contact.company), MAX_NAME),
            email: truncated(contact.emails.into_iter().find_map(|email| email.value), MAX_NAME),
        }
    }
}

fn tag(tag: Tag) -> Option<rules::Tag> {
    truncated(tag.name, MAX_NAME).map(|name| rules::Tag { name })
}

fn comment(comment: Comment) -> Option<rules::Comment> {
    let content = truncated(comment.content, MAX_COMMENT)?;
    Some(rules::Comment { content, posted_at: comment.posted_at, posted_by: comment.posted_by.map(rules::User::from) })
}

/// Longer than any name, tag or e-mail address in Aircall. Longer ones are truncated to respect DynamoDB's item size.
pub(crate) const MAX_NAME: usize = 500;
/// Longer than any of Aircall's pre-signed URLs.
pub(crate) const MAX_URL: usize = 4_000;
/// A comment is truncated to the capacity of a Task's `Description`.
const MAX_COMMENT: usize = 32_000;
/// Aircall accepts five comments for a call; it documents no limit for tags.
const MAX_COMMENTS: usize = 5;
const MAX_TAGS: usize = 200;

/// The text, truncated to `limit` characters.
pub(crate) fn truncated(text: Option<String>, limit: usize) -> Option<String> {
    text.map(|text| if text.len() <= limit { text } else { text.chars().take(limit).collect() })
}

fn missed_call_reason(reason: &str) -> MissedCallReason {
    match reason {
        "out_of_opening_hours" => MissedCallReason::OutOfOpeningHours,
        "short_abandoned" => MissedCallReason::ShortAbandoned,
        "abandoned_in_ivr" => MissedCallReason::AbandonedInIvr,
        "abandoned_in_classic" => MissedCallReason::AbandonedInClassic,
        "no_available_agent" => MissedCallReason::NoAvailableAgent,
        "agents_did_not_answer" => MissedCallReason::AgentsDidNotAnswer,
        other => MissedCallReason::Other(other.chars().take(MAX_REASON).collect()),
    }
}

/// An unknown reason is truncated to this.
const MAX_REASON: usize = 100;
