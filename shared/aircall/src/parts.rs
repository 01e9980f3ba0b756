//! The objects within a call or message: its line, its users, its contact, its tags and comments.

use jiff::Timestamp;
use rules::LineId;
use serde::Deserialize;

use crate::lenient::{self, Element};

#[derive(Deserialize)]
pub(crate) struct Line {
    #[serde(default, deserialize_with = "lenient::optional_id")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    digits: Option<String>,
    // Without spaces; only in webhooks.
    #[serde(default, deserialize_with = "lenient::text")]
    e164_digits: Option<String>,
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
    #[serde(default, deserialize_with = "lenient::texts_or_objects")]
    emails: Vec<Labelled>,
    #[serde(default, deserialize_with = "lenient::texts_or_objects")]
    phone_numbers: Vec<Labelled>,
}

/// One of a contact's e-mails or phone numbers.
#[derive(Deserialize)]
struct Labelled {
    #[serde(default, deserialize_with = "lenient::text")]
    value: Option<String>,
}

impl Element for Labelled {
    const TEXT: &str = "value";
}

impl Contact {
    pub(crate) fn first_phone(&self) -> Option<String> {
        self.phone_numbers.iter().find_map(|phone| phone.value.clone())
    }
}

#[derive(Deserialize)]
pub(crate) struct Tag {
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    tagged_at: Option<Timestamp>,
}

impl Element for Tag {
    const TEXT: &str = "name";
}

#[derive(Deserialize)]
pub(crate) struct Comment {
    #[serde(default, deserialize_with = "lenient::optional_id")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    content: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    posted_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::object")]
    posted_by: Option<User>,
}

/// Somebody who takes part in a call.
#[derive(Deserialize)]
pub(crate) struct Participant {
    #[serde(default, rename = "type", deserialize_with = "lenient::word")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional_id")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    phone_number: Option<String>,
}

impl Element for Participant {
    const TEXT: &str = "phone_number";
}

impl Participant {
    /// Whether it is a program, such as a voice agent.
    pub(crate) fn is_agent(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.to_lowercase().contains("voice_agent"))
    }

    fn is_user(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("user"))
    }

    /// The phone number, unless the participant is a user of the company.
    pub(crate) fn external_phone(&self) -> Option<&str> {
        self.phone_number.as_deref().filter(|_| !self.is_user())
    }
}

impl From<Participant> for rules::Participant {
    fn from(participant: Participant) -> Self {
        Self {
            is_user: participant.is_user(),
            id: participant.id,
            name: truncated(participant.name, MAX_NAME),
            phone: truncated(participant.phone_number, MAX_NAME),
        }
    }
}

/// What the caller chose in a menu. The API's reference names it like this; no body with one was found.
#[derive(Deserialize)]
pub(crate) struct MenuChoice {
    #[serde(default, deserialize_with = "lenient::text")]
    title: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    branch: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    key: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    created_at: Option<Timestamp>,
}

impl Element for MenuChoice {
    const TEXT: &str = "title";
}

impl MenuChoice {
    /// The choice at this place of the list; none if nothing says what was chosen.
    pub(crate) fn at_place(self, place: u8) -> Option<rules::MenuChoice> {
        let title = truncated(self.title.or(self.branch), MAX_NAME);
        let key = truncated(self.key, MAX_NAME);
        let place = if self.created_at.is_none() { place } else { 0 };
        (title.is_some() || key.is_some()).then_some(rules::MenuChoice { at: self.created_at, place, title, key })
    }
}

#[cfg(feature = "client")]
impl Line {
    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }
}

impl From<Line> for rules::Line {
    fn from(line: Line) -> Self {
        Self {
            id: line.id.map_or(LineId::UNKNOWN, LineId),
            name: truncated(line.name, MAX_NAME),
            digits: truncated(line.digits.or(line.e164_digits), MAX_NAME),
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

impl User {
    /// The user; none if nothing says who it is.
    pub(crate) fn named(self) -> Option<rules::User> {
        let user = rules::User::from(self);
        (user.id.is_some() || user.name.is_some() || user.email.is_some()).then_some(user)
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

impl Tag {
    pub(crate) fn tagged_at(&self) -> Option<Timestamp> {
        self.tagged_at
    }

    pub(crate) fn named(self) -> Option<rules::Tag> {
        truncated(self.name, MAX_NAME).map(|name| rules::Tag { name })
    }
}

impl Comment {
    pub(crate) fn posted_at(&self) -> Option<Timestamp> {
        self.posted_at
    }

    pub(crate) fn posted(self) -> Option<rules::PostedComment> {
        let content = truncated(self.content, MAX_COMMENT)?;
        let posted_by = self.posted_by.and_then(User::named);
        Some(rules::PostedComment { posted_at: self.posted_at, id: self.id, content, posted_by })
    }
}

/// Longer than any name, tag or e-mail address in Aircall. Longer ones are truncated to respect DynamoDB's item size.
pub(crate) const MAX_NAME: usize = 500;
/// Longer than any of Aircall's pre-signed URLs.
pub(crate) const MAX_URL: usize = 4_000;
/// A comment is truncated to the capacity of a Task's `Description`.
const MAX_COMMENT: usize = 32_000;

/// The text, truncated to `limit` characters.
pub(crate) fn truncated(text: Option<String>, limit: usize) -> Option<String> {
    text.map(|text| if text.len() <= limit { text } else { text.chars().take(limit).collect() })
}
