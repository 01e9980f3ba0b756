//! The document of a call: the merged content of all its events.
//!
//! Aircall delivers at least once and in no particular order, and early events carry less data than late ones.
//! Merging is therefore a join: commutative, associative and idempotent.
//! The document does not depend on the order of the events or on how often each is delivered.

use std::cmp::Ordering;

use jiff::fmt::serde::timestamp::second::required;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::call::{Call, CallId, Contact, Direction, Line, Party, User};
use crate::call_facts::CallFacts;
use crate::call_report::CallReport;
use crate::fetched::Fetched;
use crate::message_document::contact_quality;
use crate::observed::{self, earliest};
use crate::phone::E164;

/// An event of a call, in the order of its lifecycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Aircall's call events, by Aircall's names")]
pub enum CallEvent {
    #[default]
    Created,
    IvrOptionSelected,
    VoiceAgentStarted,
    VoiceAgentEscalated,
    VoiceAgentEnded,
    VoiceAgentSummary,
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

/// How long after the end of a call Aircall has collected all its data and sends `call.ended`.
pub(crate) const DATA_COMPLETE_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// How long after the start of a call the line may be taken to be as open as at its start.
const OPEN_AT_START_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Whether Aircall sends the event when a call arrives at the line.
pub(crate) fn is_of_arrival(event: CallEvent) -> bool {
    matches!(event, CallEvent::Created | CallEvent::RingingOnAgent)
}

/// One event that says everything: the call's state at that second.
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

pub(crate) type EventTime = observed::EventTime<CallEvent>;
type Observed<T> = observed::Observed<CallEvent, T>;

/// All that is known of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredCallDocument")]
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
    /// Whether the line was open at the call's first event that says so, which is the closest to its start.
    open_at_start: Option<Observed<bool>>,
    /// Whether a voicemail was reported, with or without its URL.
    #[serde(default)]
    voicemail_left: bool,
    /// Whether an event arrived that Aircall only sends once the call is over and its data complete.
    #[serde(default)]
    settled: bool,
    facts: CallFacts,
}

/// A stored document. Former versions had no `facts`: the newest event, of which they had everything, then has them.
#[derive(Deserialize)]
struct StoredCallDocument {
    latest: Snapshot,
    voicemail: Option<Observed<String>>,
    recording: Option<Observed<String>>,
    asset: Option<Observed<String>>,
    answered_at: Option<Observed<i64>>,
    ended_at: Option<Observed<i64>>,
    party: Option<Observed<E164>>,
    contact: Option<Observed<Contact>>,
    user: Option<Observed<User>>,
    open_at_start: Option<Observed<bool>>,
    #[serde(default)]
    voicemail_left: bool,
    #[serde(default)]
    settled: bool,
    #[serde(default)]
    facts: Option<CallFacts>,
}

impl From<StoredCallDocument> for CallDocument {
    fn from(stored: StoredCallDocument) -> Self {
        let facts = stored.facts.unwrap_or_else(|| CallDocument::from(stored.latest.clone()).facts);
        Self {
            latest: stored.latest,
            voicemail: stored.voicemail,
            recording: stored.recording,
            asset: stored.asset,
            answered_at: stored.answered_at,
            ended_at: stored.ended_at,
            party: stored.party,
            contact: stored.contact,
            user: stored.user,
            open_at_start: stored.open_at_start,
            voicemail_left: stored.voicemail_left,
            settled: stored.settled,
            facts,
        }
    }
}

impl From<Snapshot> for CallDocument {
    fn from(snapshot: Snapshot) -> Self {
        // The newest snapshot is kept as it is.
        Self { latest: snapshot.clone(), ..CallReport::from(snapshot).into() }
    }
}

impl From<CallReport> for CallDocument {
    fn from(report: CallReport) -> Self {
        let latest = report.snapshot();
        let moment = report.moment();
        let voicemail_left = report.event == CallEvent::VoicemailLeft;
        // While the call is ringing, Aircall's `user` is the agent whose phone rings. The user of the call is the one
        // who took or made it, or the one whom Aircall names once it is over.
        let is_over = report.event >= CallEvent::Ended;
        let is_answered = report.answered_at.is_some() || report.answered_by().is_some();
        let is_outbound = report.direction.map_or(report.is_outbound_by_its_user(), |it| it == Direction::Outbound);
        let user = report.user.as_ref().filter(|_| is_answered || is_outbound || is_over);
        let ended = matches!(report.event, CallEvent::Ended | CallEvent::VoicemailLeft | CallEvent::Archived);
        let ended_at = report.ended_at.or_else(|| report.ended_by());
        let is_complete = ended_at.is_some_and(|end| latest.at.duration_since(end) >= DATA_COMPLETE_AFTER);
        let text = |value: &Option<String>| value.clone().map(|value| Observed { moment, value });
        let time = |at: Option<Timestamp>| at.map(|at| Observed { moment, value: at.as_second() });
        Self {
            voicemail: text(&report.voicemail),
            recording: text(&report.recording),
            asset: text(&report.asset),
            answered_at: time(report.answered_at),
            ended_at: time(report.ended_at),
            party: report.party.as_ref().and_then(Party::phone).cloned().map(|value| Observed { moment, value }),
            contact: report.contact.clone().map(|value| Observed { moment, value }),
            user: user.cloned().map(|value| Observed { moment, value }),
            open_at_start: report.line.open.map(|value| Observed { moment, value }),
            voicemail_left,
            settled: ended || is_complete,
            facts: CallFacts::new(&report, moment, user),
            latest,
        }
    }
}

/// The contact of which more is known; of two that are known equally well, the newer.
fn richer(left: Option<Observed<Contact>>, right: Option<Observed<Contact>>) -> Option<Observed<Contact>> {
    let ranked = |contact: Option<Observed<Contact>>| contact.map(|contact| (contact_quality(&contact.value), contact));
    ranked(left).max(ranked(right)).map(|(_, contact)| contact)
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
            contact: richer(self.contact, other.contact),
            user: self.user.max(other.user),
            open_at_start: earliest(self.open_at_start, other.open_at_start),
            voicemail_left: self.voicemail_left || other.voicemail_left,
            settled: self.settled || other.settled,
            facts: self.facts.merge(other.facts),
        }
    }

    /// The call's id.
    pub fn id(&self) -> CallId {
        self.latest.call.id
    }

    /// Whether the call is over and Aircall's data complete, so that a missed call can be told apart from a voicemail.
    ///
    /// True from `call.ended` on, or from any event that Aircall built at least 30 s after the end of
    /// the call: a call whose `call.ended` was lost is still logged when somebody comments on it.
    pub fn is_complete(&self) -> bool {
        self.settled
    }

    /// When and why Aircall was first asked for the call, if it was.
    pub fn fetched(&self) -> Option<&Fetched> {
        self.facts.fetched()
    }

    /// Why the call is late, as a sentence: if Aircall was asked for it, and did not send the event of its end by itself.
    pub fn why_late(&self) -> Option<String> {
        self.fetched().filter(|_| !self.facts.has_end_event()).map(Fetched::sentence)
    }

    /// The call as merged from all events.
    pub fn call(&self) -> Call {
        let facts = &self.facts;
        let value = |observed: &Option<Observed<String>>| observed.as_ref().map(|observed| observed.value.clone());
        let time = |observed: &Option<Observed<i64>>| {
            observed.as_ref().and_then(|observed| Timestamp::from_second(observed.value).ok())
        };
        let asset = value(&self.asset);
        let voicemail = value(&self.voicemail).or_else(|| {
            // Reported without its URL: the page stands in, or else an empty text.
            self.voicemail_left.then(|| asset.clone().unwrap_or_default())
        });
        let started_at = facts.started_at().unwrap_or(self.latest.call.started_at);
        // An inferred time is only an approximation.
        let answered_at = time(&self.answered_at).or_else(|| facts.answered_by().map(|at| at.max(started_at)));
        let earliest_end = answered_at.unwrap_or(started_at);
        let ended_at = time(&self.ended_at).or_else(|| facts.ended_by().map(|at| at.max(earliest_end)));
        let open = self.open_at_start(started_at);
        Call {
            id: self.id(),
            direction: facts.direction(),
            started_at,
            answered_at,
            ended_at,
            missed_call_reason: facts.missed_call_reason(),
            voicemail,
            recording: value(&self.recording),
            asset,
            party: self.party.as_ref().map_or_else(|| facts.party(), |phone| Party::Phone(phone.value.clone())),
            line: Line { open, ..facts.line() },
            user: self.user(),
            contact: self.contact.as_ref().map(|contact| contact.value.clone()),
            tags: facts.tags(),
            comments: facts.comments(),
            flow: facts.flow(),
        }
    }

    /// Whether the line was open when the call came: as of the event that announces the call or of one that says whose
    /// phone rings, else as of the first event, unless it is from later than [`OPEN_AT_START_WITHIN`] the start.
    fn open_at_start(&self, started_at: Timestamp) -> Option<bool> {
        let is_early = |open: &&Observed<bool>| {
            is_of_arrival(open.moment.event)
                || open.moment.at.saturating_sub(started_at.as_second()) <= OPEN_AT_START_WITHIN.as_secs()
        };
        let first = self.open_at_start.as_ref().filter(is_early);
        first.or(self.facts.open_on_arrival()).map(|open| open.value)
    }

    /// Who has the call: to whom it was assigned, else the last user who took or made it, else the voice agent.
    fn user(&self) -> Option<User> {
        if let Some(assignee) = self.facts.assignee() {
            return Some(assignee);
        }
        let user = self.user.as_ref().map(|user| self.facts.last_user(user.value.clone()));
        user.or_else(|| self.facts.voice_agent())
    }
}
