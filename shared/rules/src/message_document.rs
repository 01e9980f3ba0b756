//! The document of a message: the merged content of all its events.
//!
//! Aircall does not document what a message event carries, nor whether a status update is a complete message. So each
//! field is stored separately with the time of its event: the newest value wins, and an event that lacks a field does
//! not erase it. Objects that some events abridge, such as the line, are compared by how complete they are first.
//! Merging is therefore a join: the document does not depend on the order of the events or on how often each is
//! delivered.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond::required;
use serde::{Deserialize, Serialize};

use crate::call::{Contact, Direction, Line, LineId, Party, User};
use crate::message::{Channel, DeliveryState, Media, Message, MessageId};
use crate::observed::{self, earliest};
use crate::own_lines::OwnLines;
use crate::phone_digest::DigestKey;

/// An event of a message, in the order of its lifecycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Aircall's message events, by Aircall's names; group messages have the same ones")]
pub enum MessageEvent {
    #[default]
    Received,
    Sent,
    StatusUpdated,
}

/// One event: the message's state at that time. Aircall may omit any optional field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSnapshot {
    /// What happened.
    pub event: MessageEvent,
    /// When Aircall built the event.
    pub at: Timestamp,
    /// Aircall's id.
    pub id: MessageId,
    /// Whether the event is of a group message.
    pub is_group: bool,
    /// Who wrote to whom.
    pub direction: Option<Direction>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// The channel.
    pub channel: Option<Channel>,
    /// The line.
    pub line: Option<Line>,
    /// The other party.
    pub party: Option<Party>,
    /// Whether the event does not name the other party, so that `party` is the contact's first phone number.
    pub is_contacts_party: bool,
    /// The participants of a group message, possibly including the line itself.
    pub participants: BTreeSet<Party>,
    /// The Aircall user.
    pub user: Option<User>,
    /// Who Aircall thinks the other party is.
    pub contact: Option<Contact>,
    /// The text.
    pub text: Option<String>,
    /// The attachments. Empty means that the event does not mention any.
    pub media: Vec<Media>,
    /// Its delivery state.
    pub state: Option<DeliveryState>,
}

type Observed<T> = observed::Observed<MessageEvent, T>;

/// A value that some events abridge: the highest quality wins, and at equal quality the newest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Ranked<T> {
    /// How complete or reliable the value is.
    #[serde(rename = "well", default)]
    quality: u8,
    #[serde(rename = "seen")]
    observed: Observed<T>,
}

/// A phone number beats anything else, and one that Aircall names as the party beats one of the contact's.
fn party_quality(party: &Party, is_contacts: bool) -> u8 {
    match party {
        Party::Phone(_) if !is_contacts => 3,
        Party::Phone(_) => 2,
        Party::Unusable(_) => 1,
        Party::Anonymous => 0,
    }
}

/// The time zone counts most: it determines the day of the Task. A line that is not known is none.
fn line_quality(line: &Line) -> u8 {
    if line.id == LineId::UNKNOWN {
        return 0;
    }
    4 * u8::from(line.time_zone.is_some()) + 2 * u8::from(line.name.is_some()) + u8::from(line.digits.is_some())
}

/// The e-mail counts most: it determines the owner of the Task.
fn user_quality(user: &User) -> u8 {
    2 * u8::from(user.email.is_some()) + u8::from(user.name.is_some())
}

pub(crate) fn contact_quality(contact: &Contact) -> u8 {
    let Contact { first_name, last_name, company_name, email } = contact;
    [first_name, last_name, company_name, email].into_iter().map(|part| u8::from(part.is_some())).sum()
}

/// Everything known about one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDocument {
    id: MessageId,
    #[serde(default)]
    is_group: bool,
    /// The first `received` or `sent` event; none while there were only status updates.
    first: Option<FirstEvent>,
    direction: Option<Observed<Direction>>,
    sent_at: Option<Observed<i64>>,
    created_at: Option<Observed<i64>>,
    channel: Option<Observed<Channel>>,
    #[serde(rename = "number")]
    line: Option<Ranked<Line>>,
    party: Option<Ranked<Party>>,
    #[serde(default)]
    participants: BTreeSet<Party>,
    user: Option<Ranked<User>>,
    contact: Option<Ranked<Contact>>,
    text: Option<Observed<String>>,
    media: Option<Observed<Vec<Media>>>,
    state: Option<Observed<DeliveryState>>,
}

/// The event that announces the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct FirstEvent {
    #[serde(with = "required")]
    at: Timestamp,
    #[serde(default)]
    event: MessageEvent,
}

impl From<MessageSnapshot> for MessageDocument {
    fn from(snapshot: MessageSnapshot) -> Self {
        let moment = observed::EventTime { at: snapshot.at.as_millisecond(), event: snapshot.event };
        let is_announcement = snapshot.event != MessageEvent::StatusUpdated;
        let is_contacts = snapshot.is_contacts_party;
        Self {
            id: snapshot.id,
            is_group: snapshot.is_group,
            first: is_announcement.then_some(FirstEvent { at: snapshot.at, event: snapshot.event }),
            direction: snapshot.direction.map(|value| Observed { moment, value }),
            sent_at: snapshot.sent_at.map(|at| Observed { moment, value: at.as_millisecond() }),
            created_at: snapshot.created_at.map(|at| Observed { moment, value: at.as_millisecond() }),
            channel: snapshot.channel.map(|value| Observed { moment, value }),
            line: snapshot
                .line
                .map(|value| Ranked { quality: line_quality(&value), observed: Observed { moment, value } }),
            party: snapshot.party.map(|value| Ranked {
                quality: party_quality(&value, is_contacts),
                observed: Observed { moment, value },
            }),
            participants: snapshot.participants,
            user: snapshot
                .user
                .map(|value| Ranked { quality: user_quality(&value), observed: Observed { moment, value } }),
            contact: snapshot
                .contact
                .map(|value| Ranked { quality: contact_quality(&value), observed: Observed { moment, value } }),
            text: snapshot.text.map(|value| Observed { moment, value }),
            media: Some(snapshot.media).filter(|media| !media.is_empty()).map(|value| Observed { moment, value }),
            state: snapshot.state.map(|value| Observed { moment, value }),
        }
    }
}

impl MessageDocument {
    /// Joins two documents of the same message.
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

    /// The id under which versions before schema 1 stored a message of a group; none for any other message.
    pub fn former_id(&self, message: &Message) -> Option<MessageId> {
        self.is_group.then(|| self.id.for_participant_unkeyed(&message.party))
    }

    /// Whether it is a group message.
    pub fn is_group(&self) -> bool {
        self.is_group
    }

    /// Aircall's id.
    pub fn id(&self) -> &MessageId {
        &self.id
    }

    /// The message, or one for each external participant of a group; none while too little is known.
    ///
    /// A status update may come before its message, or be the only event that ever arrives. It counts as the message if
    /// it is complete: direction, time, line, other party, and a text or an attachment. Once a `received` or `sent`
    /// event has arrived, missing fields take defaults: logging an incomplete message is better than losing it.
    ///
    /// Of a group message, Aircall names neither the direction nor the line, so these are not asked for: the participants
    /// count, without the company's `own_lines`. If only these take part, the message is internal, and one for each.
    ///
    /// `key` is the tenant's. A participant's message keeps the id of versions before schema 1 where `is_known` says that
    /// it already has an entry under it.
    pub fn messages(
        &self,
        key: &DigestKey,
        own_lines: &OwnLines,
        is_known: impl Fn(&MessageId) -> bool,
    ) -> Vec<Message> {
        let sent_at = [&self.sent_at, &self.created_at].into_iter().flatten().next();
        let sent_at = sent_at.and_then(|time| Timestamp::from_millisecond(time.value).ok());
        let direction = self.direction.as_ref().map(|direction| direction.value);
        let has_party = self.party.is_some() || self.is_group && !self.participants.is_empty();
        let has_content = self.text.is_some() || self.media.is_some();
        let is_placed = self.is_group || direction.is_some() && self.line.is_some();
        let is_complete = sent_at.is_some() && is_placed && has_party && has_content;
        let Some(first) = self.first.or_else(|| {
            let at = sent_at.filter(|_| is_complete)?;
            Some(FirstEvent { at, event: MessageEvent::StatusUpdated })
        }) else {
            return Vec::new();
        };
        let direction = direction.unwrap_or(match first.event {
            MessageEvent::Received => Direction::Inbound,
            // Only what was received has this state.
            MessageEvent::StatusUpdated if self.is_in_state("received") => Direction::Inbound,
            MessageEvent::Sent | MessageEvent::StatusUpdated => Direction::Outbound,
        });
        let line = self.line.as_ref().map_or_else(unknown_line, |ranked| ranked.observed.value.clone());
        let party = self.party.as_ref().map_or(Party::Anonymous, |ranked| ranked.observed.value.clone());
        let message = Message {
            id: self.id.clone(),
            direction,
            sent_at: sent_at.unwrap_or(first.at),
            channel: self.channel.as_ref().map_or(Channel::Sms, |channel| channel.value.clone()),
            line,
            party,
            group: Vec::new(),
            written_by: None,
            user: self.user.as_ref().map(|ranked| ranked.observed.value.clone()),
            contact: self.contact.as_ref().map(|ranked| ranked.observed.value.clone()),
            text: self.text.as_ref().map(|text| text.value.clone()),
            media: self.media.as_ref().map(|media| media.value.clone()).unwrap_or_default(),
            state: self.state.as_ref().map(|state| state.value.clone()),
        };
        if self.is_group { self.for_each_participant(&message, key, own_lines, is_known) } else { vec![message] }
    }

    fn is_in_state(&self, state: &str) -> bool {
        self.state.as_ref().is_some_and(|known| known.value.0.eq_ignore_ascii_case(state))
    }

    /// The group message, once for each external participant.
    fn for_each_participant(
        &self,
        message: &Message,
        key: &DigestKey,
        own_lines: &OwnLines,
        is_known: impl Fn(&MessageId) -> bool,
    ) -> Vec<Message> {
        let is_line = |party: &Party| {
            let digits = message.line.digits.as_deref().unwrap_or_default();
            party.phone().is_some_and(|phone| phone.is_written(digits))
        };
        let named = self.party.as_ref().map(|ranked| &ranked.observed.value);
        let mut group: BTreeSet<Party> = self.participants.iter().chain(named).cloned().collect();
        group.retain(|party| !is_line(party));
        // A message that was routed before the line was known to be one keeps its entry.
        let was_routed = |party: &Party| {
            is_known(&message.id.for_participant(party, key)) || is_known(&message.id.for_participant_unkeyed(party))
        };
        let is_own = |party: &Party| party.phone().is_some_and(|phone| own_lines.contains(phone));
        let external: BTreeSet<Party> =
            group.iter().filter(|party| !is_own(party) || was_routed(party)).cloned().collect();
        let mut group = if external.is_empty() { group } else { external };
        if group.is_empty() {
            group.insert(Party::Anonymous);
        }
        let writer = named.filter(|_| message.direction == Direction::Inbound);
        let id = |party: &Party| {
            let unkeyed = message.id.for_participant_unkeyed(party);
            if is_known(&unkeyed) { unkeyed } else { message.id.for_participant(party, key) }
        };
        let message_to = |party: &Party| Message {
            id: id(party),
            party: party.clone(),
            group: group.iter().cloned().collect(),
            written_by: writer.filter(|writer| *writer != party).cloned(),
            // Aircall's contact belongs to the one party that the event names.
            contact: message.contact.clone().filter(|_| named == Some(party)),
            ..message.clone()
        };
        group.iter().map(message_to).collect()
    }
}

fn unknown_line() -> Line {
    let name = Some("Aircall".to_owned());
    Line { id: LineId::UNKNOWN, name, digits: None, time_zone: None, open: None }
}
