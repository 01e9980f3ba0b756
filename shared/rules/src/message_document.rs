//! The document of a message: what all its events say together.
//!
//! Aircall does not document what a message event carries, and whether a status update is a whole message. So each fact
//! is kept by itself, with when it was seen: the newest stands, and an event that lacks a fact takes none away. Objects
//! that events abridge, such as the line, count by how much they tell first. That is a join: whatever order the events come in, and however often, the document is the same.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond::required;
use serde::{Deserialize, Serialize};

use crate::call::{Contact, Direction, Line, LineId, Party, User};
use crate::message::{Channel, DeliveryState, Media, Message, MessageId};
use crate::seen::{self, earliest};

/// What happened to a message, in the order of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Aircall's message events, by Aircall's names; those of groups have the same")]
pub enum MessageEvent {
    Received,
    Sent,
    StatusUpdated,
}

/// One event: what Aircall said of a message at that moment. Any of it may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSnapshot {
    /// What happened.
    pub event: MessageEvent,
    /// When Aircall built the event.
    pub at: Timestamp,
    /// Aircall's id.
    pub id: MessageId,
    /// Whether it is an event of a group message.
    pub is_group: bool,
    /// Who wrote to whom.
    pub direction: Option<Direction>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// How it was carried.
    pub channel: Option<Channel>,
    /// The line.
    pub line: Option<Line>,
    /// The other party.
    pub party: Option<Party>,
    /// The other party is not named, and this is the first number of the contact's.
    pub is_contacts_party: bool,
    /// Those of a group, the line perhaps among them.
    pub participants: BTreeSet<Party>,
    /// The Aircall user.
    pub user: Option<User>,
    /// Who Aircall thinks the other party is.
    pub contact: Option<Contact>,
    /// What it says.
    pub text: Option<String>,
    /// What is attached to it; none stands for nothing said of it.
    pub media: Vec<Media>,
    /// What became of it on its way.
    pub state: Option<DeliveryState>,
}

type Seen<T> = seen::Seen<MessageEvent, T>;

/// A fact that events tell more or less quality: the best stands, and of equally good ones the newest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Ranked<T> {
    /// How much its source tells; the higher wins.
    #[serde(rename = "well")]
    quality: u8,
    seen: Seen<T>,
}

/// A number stands against what is none, and one that Aircall names as the party against one of the contact's.
fn party_quality(party: &Party, is_contacts: bool) -> u8 {
    match party {
        Party::Phone(_) if !is_contacts => 3,
        Party::Phone(_) => 2,
        Party::Unusable(_) => 1,
        Party::Anonymous => 0,
    }
}

/// The time zone says which day it is.
fn line_quality(line: &Line) -> u8 {
    4 * u8::from(line.time_zone.is_some()) + 2 * u8::from(line.name.is_some()) + u8::from(line.digits.is_some())
}

/// The e-mail says whose Task it is.
fn user_quality(user: &User) -> u8 {
    2 * u8::from(user.email.is_some()) + u8::from(user.name.is_some())
}

fn contact_quality(contact: &Contact) -> u8 {
    let Contact { first_name, last_name, company_name, email } = contact;
    [first_name, last_name, company_name, email].into_iter().map(|part| u8::from(part.is_some())).sum()
}

/// All that is known of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDocument {
    id: MessageId,
    is_group: bool,
    /// When it was first said to be sent or received; none while there were status updates only.
    first: Option<First>,
    direction: Option<Seen<Direction>>,
    sent_at: Option<Seen<i64>>,
    created_at: Option<Seen<i64>>,
    channel: Option<Seen<Channel>>,
    #[serde(rename = "number")]
    line: Option<Ranked<Line>>,
    party: Option<Ranked<Party>>,
    participants: BTreeSet<Party>,
    user: Option<Ranked<User>>,
    contact: Option<Ranked<Contact>>,
    text: Option<Seen<String>>,
    media: Option<Seen<Vec<Media>>>,
    state: Option<Seen<DeliveryState>>,
}

/// The event that says that there is a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct First {
    #[serde(with = "required")]
    at: Timestamp,
    event: MessageEvent,
}

/// What stands for a line that Aircall does not name.
const UNKNOWN_LINE: LineId = LineId(0);

impl From<MessageSnapshot> for MessageDocument {
    fn from(snapshot: MessageSnapshot) -> Self {
        let moment = seen::Moment { at: snapshot.at.as_millisecond(), event: snapshot.event };
        let is_news = snapshot.event != MessageEvent::StatusUpdated;
        let is_contacts = snapshot.is_contacts_party;
        Self {
            id: snapshot.id,
            is_group: snapshot.is_group,
            first: is_news.then_some(First { at: snapshot.at, event: snapshot.event }),
            direction: snapshot.direction.map(|value| Seen { moment, value }),
            sent_at: snapshot.sent_at.map(|at| Seen { moment, value: at.as_millisecond() }),
            created_at: snapshot.created_at.map(|at| Seen { moment, value: at.as_millisecond() }),
            channel: snapshot.channel.map(|value| Seen { moment, value }),
            line: snapshot.line.map(|value| Ranked { quality: line_quality(&value), seen: Seen { moment, value } }),
            party: snapshot
                .party
                .map(|value| Ranked { quality: party_quality(&value, is_contacts), seen: Seen { moment, value } }),
            participants: snapshot.participants,
            user: snapshot.user.map(|value| Ranked { quality: user_quality(&value), seen: Seen { moment, value } }),
            contact: snapshot
                .contact
                .map(|value| Ranked { quality: contact_quality(&value), seen: Seen { moment, value } }),
            text: snapshot.text.map(|value| Seen { moment, value }),
            media: Some(snapshot.media).filter(|media| !media.is_empty()).map(|value| Seen { moment, value }),
            state: snapshot.state.map(|value| Seen { moment, value }),
        }
    }
}

impl MessageDocument {
    /// All that two documents of one message know together.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        self.participants.append(&mut other.participants);
        Self {
            id: self.id,
            is_group: self.is_group || other.is_group,
            first: earliest(self.first, other.first),
            direction: self.direction.max(other.direction),
            sent_at: self.sent_at.max(other.sent_at),
            created_at: self.created_at.max(other.created_at),
            channel: self.channel.max(other.channel),
            line: self.line.max(other.line),
            party: self.party.max(other.party),
            participants: self.participants,
            user: self.user.max(other.user),
            contact: self.contact.max(other.contact),
            text: self.text.max(other.text),
            media: self.media.max(other.media),
            state: self.state.max(other.state),
        }
    }

    /// Aircall's id.
    pub fn id(&self) -> &MessageId {
        &self.id
    }

    /// The message, for each external participant of a group; none while too little is known of it.
    ///
    /// A status update may come before its message, and may be all that ever comes. It stands for the message if it is
    /// a whole one: direction, time, line and other party, and something to read. From the event that says that it was
    /// sent or received on, what is still lacking stays so: a message is logged rather than lost.
    pub fn messages(&self) -> Vec<Message> {
        let sent_at = [&self.sent_at, &self.created_at].into_iter().flatten().next();
        let sent_at = sent_at.and_then(|seen| Timestamp::from_millisecond(seen.value).ok());
        let direction = self.direction.as_ref().map(|seen| seen.value);
        let has_party = self.party.is_some() || self.is_group && !self.participants.is_empty();
        let says_something = self.text.is_some() || self.media.is_some();
        let is_whole = sent_at.is_some() && direction.is_some() && self.line.is_some() && has_party && says_something;
        let Some(first) = self.first.or_else(|| {
            let at = sent_at.filter(|_| is_whole)?;
            Some(First { at, event: MessageEvent::StatusUpdated })
        }) else {
            return Vec::new();
        };
        let direction = direction.unwrap_or(match first.event {
            MessageEvent::Received => Direction::Inbound,
            MessageEvent::Sent | MessageEvent::StatusUpdated => Direction::Outbound,
        });
        let line = self.line.as_ref().map_or_else(unknown_line, |ranked| ranked.seen.value.clone());
        let party = self.party.as_ref().map_or(Party::Anonymous, |ranked| ranked.seen.value.clone());
        let message = Message {
            id: self.id.clone(),
            direction,
            sent_at: sent_at.unwrap_or(first.at),
            channel: self.channel.as_ref().map_or(Channel::Sms, |seen| seen.value.clone()),
            line,
            party,
            group: Vec::new(),
            written_by: None,
            user: self.user.as_ref().map(|ranked| ranked.seen.value.clone()),
            contact: self.contact.as_ref().map(|ranked| ranked.seen.value.clone()),
            text: self.text.as_ref().map(|seen| seen.value.clone()),
            media: self.media.as_ref().map(|seen| seen.value.clone()).unwrap_or_default(),
            state: self.state.as_ref().map(|seen| seen.value.clone()),
        };
        if self.is_group { self.to_each(&message) } else { vec![message] }
    }

    /// The message of a group as each external participant has it.
    fn to_each(&self, message: &Message) -> Vec<Message> {
        let is_line = |party: &Party| {
            let digits = message.line.digits.as_deref().unwrap_or_default();
            party.phone().is_some_and(|number| number.is_written(digits))
        };
        let named = self.party.as_ref().map(|ranked| &ranked.seen.value);
        let mut group: BTreeSet<Party> = self.participants.iter().chain(named).cloned().collect();
        group.retain(|party| !is_line(party));
        if group.is_empty() {
            group.insert(Party::Anonymous);
        }
        let writer = named.filter(|_| message.direction == Direction::Inbound);
        let of = |party: &Party| Message {
            id: message.id.to(party),
            party: party.clone(),
            group: group.iter().cloned().collect(),
            written_by: writer.filter(|writer| *writer != party).cloned(),
            // Aircall's contact is that of the one party that it names.
            contact: message.contact.clone().filter(|_| named == Some(party)),
            ..message.clone()
        };
        group.iter().map(of).collect()
    }
}

fn unknown_line() -> Line {
    let name = Some("Aircall".to_owned());
    Line { id: UNKNOWN_LINE, name, digits: None, time_zone: None, open: None }
}
