//! The document of a call: what all its events say together.
//!
//! Aircall delivers at least once and in no particular order, and an early event knows less than a late one.
//! Merging is therefore a join: commutative, associative and idempotent.
//! Whatever order the events of a call come in, and however often, its document is the same.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use serde::{Deserialize, Serialize};

use crate::call::{Call, CallId, Contact, Direction, Party, User};
use crate::phone::E164;
use crate::seen::{self, earliest};

/// What happened to a call, in the order of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Aircall's nineteen call events, by Aircall's names")]
pub enum CallEvent {
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

/// Seconds after which Aircall has gathered all data of a call that has ended; `call.ended` comes then.
const SETTLED_AFTER: i64 = 30;

/// One event: the call as Aircall saw it at that second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What happened.
    pub event: CallEvent,
    /// When Aircall built the event.
    #[serde(with = "required")]
    pub at: Timestamp,
    /// The call as of then.
    pub call: Call,
}

impl Snapshot {
    fn moment(&self) -> Moment {
        Moment { at: self.at.as_second(), event: self.event }
    }

    /// The newest first by time, then by the order of a call's life.
    /// Two different bodies of one event in one second differ in their text, which settles it the same way for all.
    fn compare(&self, other: &Self) -> Ordering {
        self.moment().cmp(&other.moment()).then_with(|| {
            if self.call == other.call { Ordering::Equal } else { text(&self.call).cmp(&text(&other.call)) }
        })
    }
}

/// A total order that does not depend on delivery; the text of a call is only asked for to break a tie.
fn text(call: &Call) -> String {
    serde_json::to_string(call).expect("a call has string keys only")
}

type Moment = seen::Moment<CallEvent>;
type Seen<T> = seen::Seen<CallEvent, T>;

/// All that is known of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallDocument {
    latest: Snapshot,
    // Once seen, these are kept: later snapshots may lack them.
    voicemail: Option<Seen<String>>,
    recording: Option<Seen<String>>,
    asset: Option<Seen<String>>,
    answered_at: Option<Seen<i64>>,
    ended_at: Option<Seen<i64>>,
    party: Option<Seen<E164>>,
    contact: Option<Seen<Contact>>,
    user: Option<Seen<User>>,
    /// Whether the number was open when the call was first seen, which is nearest to when it started.
    open_at_start: Option<Seen<bool>>,
    /// A voicemail was reported, with or without its URL.
    voicemail_left: bool,
    /// An event came that Aircall only sends when the call is over and its data is whole.
    settled: bool,
}

impl From<Snapshot> for CallDocument {
    fn from(snapshot: Snapshot) -> Self {
        let moment = snapshot.moment();
        let call = &snapshot.call;
        let voicemail_left = snapshot.event == CallEvent::VoicemailLeft;
        // While it rings, the user is whoever it rings on. The user of the call is who took or made it,
        // or whom Aircall names once it is over.
        let is_over = snapshot.event >= CallEvent::Ended;
        let takes_part = call.answered_at.is_some() || call.direction == Direction::Outbound || is_over;
        let ended = matches!(snapshot.event, CallEvent::Ended | CallEvent::VoicemailLeft | CallEvent::Archived);
        let later = |end: Timestamp| snapshot.at.as_second() >= end.as_second() + SETTLED_AFTER;
        Self {
            voicemail: call.voicemail.clone().map(|value| Seen { moment, value }),
            recording: call.recording.clone().map(|value| Seen { moment, value }),
            asset: call.asset.clone().map(|value| Seen { moment, value }),
            answered_at: call.answered_at.map(|at| Seen { moment, value: at.as_second() }),
            ended_at: call.ended_at.map(|at| Seen { moment, value: at.as_second() }),
            party: call.party.phone().cloned().map(|value| Seen { moment, value }),
            contact: call.contact.clone().map(|value| Seen { moment, value }),
            user: call.user.clone().filter(|_| takes_part).map(|value| Seen { moment, value }),
            open_at_start: call.line.open.map(|value| Seen { moment, value }),
            voicemail_left,
            settled: ended || call.ended_at.is_some_and(later),
            latest: snapshot,
        }
    }
}

impl CallDocument {
    /// All that two documents of one call know together.
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

    /// Whether the call is over and Aircall's data of it is whole, so that it can be told missed from voicemail.
    ///
    /// True from `call.ended` on, or from any event that Aircall built [30 s](SETTLED_AFTER) after the call had ended:
    /// a call whose `call.ended` was lost is still logged when somebody comments on it.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// The call as all events together tell it.
    pub fn call(&self) -> Call {
        let mut call = self.latest.call.clone();
        let value = |seen: &Option<Seen<String>>| seen.as_ref().map(|seen| seen.value.clone());
        call.asset = value(&self.asset);
        call.recording = value(&self.recording);
        call.voicemail = value(&self.voicemail).or_else(|| {
            // Reported, but without its URL: the page stands for it, or nothing at all.
            self.voicemail_left.then(|| call.asset.clone().unwrap_or_default())
        });
        let time = |seen: &Option<Seen<i64>>| seen.as_ref().and_then(|seen| Timestamp::from_second(seen.value).ok());
        call.answered_at = time(&self.answered_at);
        call.ended_at = time(&self.ended_at);
        if let Some(seen) = &self.party {
            call.party = Party::Phone(seen.value.clone());
        }
        call.contact = self.contact.as_ref().map(|seen| seen.value.clone());
        call.user = self.user.as_ref().map(|seen| seen.value.clone());
        call.line.open = self.open_at_start.as_ref().map(|seen| seen.value);
        call
    }
}
