//! The document of a call: the merged content of all its events.
//!
//! Aircall delivers at least once and in no particular order, and early events carry less data than late ones.
//! Merging is therefore a join: commutative, associative and idempotent.
//! The document does not depend on the order of the events or on how often each is delivered.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use serde::{Deserialize, Serialize};

use crate::call::{Call, CallId, Contact, Direction, Party, User};
use crate::observed::{self, earliest};
use crate::phone::E164;

/// An event of a call, in the order of its lifecycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Aircall's nineteen call events, by Aircall's names")]
pub enum CallEvent {
    #[default]
    Created,
    IvrOptionSelected,
    RingingOnAgent,
    AgentDeclined,
    Answered,
    Hold,
    Unhold,
    UnsuccessfulTransfer,
    Transferred,
    ExternalTransferred,
    Hungup,
    Ended,
    VoicemailLeft,
    CommAssetsGenerated,
    Assigned,
    Untagged,
    Tagged,
    Commented,
    Archived,
}

/// Seconds after the end of a call at which Aircall has collected all its data and sends `call.ended`.
const COMPLETE_AFTER: i64 = 30;

/// One event: the call's state at that second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What happened.
    #[serde(default)]
    pub event: CallEvent,
    /// When Aircall built the event.
    #[serde(with = "required")]
    pub at: Timestamp,
    /// The call at that time.
    pub call: Call,
}

impl Snapshot {
    fn moment(&self) -> EventTime {
        EventTime { at: self.at.as_second(), event: self.event }
    }

    /// Compares by time, then by the order of a call's lifecycle.
    /// Two different bodies of one event in the same second are compared by their text, so the order is deterministic.
    fn compare(&self, other: &Self) -> Ordering {
        self.moment().cmp(&other.moment()).then_with(|| {
            if self.call == other.call { Ordering::Equal } else { text(&self.call).cmp(&text(&other.call)) }
        })
    }
}

/// The JSON of a call, to break ties in an order that does not depend on delivery.
fn text(call: &Call) -> String {
    serde_json::to_string(call).expect("a call has string keys only")
}

type EventTime = observed::EventTime<CallEvent>;
type Observed<T> = observed::Observed<CallEvent, T>;

/// All that is known of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallDocument {
    latest: Snapshot,
    // Kept once reported: later snapshots may lack them.
    voicemail: Option<Observed<String>>,
    recording: Option<Observed<String>>,
    asset: Option<Observed<String>>,
    answered_at: Option<Observed<i64>>,
    ended_at: Option<Observed<i64>>,
    party: Option<Observed<E164>>,
    contact: Option<Observed<Contact>>,
    user: Option<Observed<User>>,
    /// Whether the line was open at the call's first event, which is the closest to its start.
    open_at_start: Option<Observed<bool>>,
    /// Whether a voicemail was reported, with or without its URL.
    #[serde(default)]
    voicemail_left: bool,
    /// Whether an event arrived that Aircall only sends once the call is over and its data complete.
    #[serde(default)]
    settled: bool,
}

impl From<Snapshot> for CallDocument {
    fn from(snapshot: Snapshot) -> Self {
        let moment = snapshot.moment();
        let call = &snapshot.call;
        let voicemail_left = snapshot.event == CallEvent::VoicemailLeft;
        // While the call is ringing, Aircall's `user` is the agent whose phone rings. The user of the call is the one
        // who took or made it, or the one whom Aircall names once it is over.
        let is_over = snapshot.event >= CallEvent::Ended;
        let is_participant = call.answered_at.is_some() || call.direction == Direction::Outbound || is_over;
        let ended = matches!(snapshot.event, CallEvent::Ended | CallEvent::VoicemailLeft | CallEvent::Archived);
        let is_complete = |end: Timestamp| snapshot.at.as_second() >= end.as_second() + COMPLETE_AFTER;
        Self {
            voicemail: call.voicemail.clone().map(|value| Observed { moment, value }),
            recording: call.recording.clone().map(|value| Observed { moment, value }),
            asset: call.asset.clone().map(|value| Observed { moment, value }),
            answered_at: call.answered_at.map(|at| Observed { moment, value: at.as_second() }),
            ended_at: call.ended_at.map(|at| Observed { moment, value: at.as_second() }),
            party: call.party.phone().cloned().map(|value| Observed { moment, value }),
            contact: call.contact.clone().map(|value| Observed { moment, value }),
            user: call.user.clone().filter(|_| is_participant).map(|value| Observed { moment, value }),
            open_at_start: call.line.open.map(|value| Observed { moment, value }),
            voicemail_left,
            settled: ended || call.ended_at.is_some_and(is_complete),
            latest: snapshot,
        }
    }
}

impl CallDocument {
    /// Joins two documents of the same call.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let latest = match self.latest.compare(&other.latest) {
            Ordering::Less => other.latest,
            Ordering::Equal | Ordering::Greater => self.latest,
        };
        Self {
            latest,
            voicemail: self.voicemail.max(other.voicemail),
            recording: self.recording.max(other.recording),
            asset: self.asset.max(other.asset),
            answered_at: self.answered_at.max(other.answered_at),
            ended_at: self.ended_at.max(other.ended_at),
            party: self.party.max(other.party),
            contact: self.contact.max(other.contact),
            user: self.user.max(other.user),
            open_at_start: earliest(self.open_at_start, other.open_at_start),
            voicemail_left: self.voicemail_left || other.voicemail_left,
            settled: self.settled || other.settled,
        }
    }

    /// The call's id.
    pub fn id(&self) -> CallId {
        self.latest.call.id
    }

    /// Whether the call is over and Aircall's data complete, so that a missed call can be told apart from a voicemail.
    ///
    /// True from `call.ended` on, or from any event that Aircall built at least [30 s](COMPLETE_AFTER) after the end of
    /// the call: a call whose `call.ended` was lost is still logged when somebody comments on it.
    pub fn is_complete(&self) -> bool {
        self.settled
    }

    /// The call as merged from all events.
    pub fn call(&self) -> Call {
        let mut call = self.latest.call.clone();
        let value = |observed: &Option<Observed<String>>| observed.as_ref().map(|observed| observed.value.clone());
        call.asset = value(&self.asset);
        call.recording = value(&self.recording);
        call.voicemail = value(&self.voicemail).or_else(|| {
            // Reported without its URL: the page stands in, or else an empty text.
            self.voicemail_left.then(|| call.asset.clone().unwrap_or_default())
        });
        let time = |observed: &Option<Observed<i64>>| {
            observed.as_ref().and_then(|observed| Timestamp::from_second(observed.value).ok())
        };
        call.answered_at = time(&self.answered_at);
        call.ended_at = time(&self.ended_at);
        if let Some(phone) = &self.party {
            call.party = Party::Phone(phone.value.clone());
        }
        call.contact = self.contact.as_ref().map(|contact| contact.value.clone());
        call.user = self.user.as_ref().map(|user| user.value.clone());
        call.line.open = self.open_at_start.as_ref().map(|open| open.value);
        call
    }
}
