//! What one event says about a call, and what follows from it.

use jiff::{SignedDuration, Timestamp};

use crate::call::{Call, CallId, Comment, Contact, Direction, Line, MissedCallReason, Party, Tag, User, VoiceAgent};
use crate::call_flow::{CallFlow, MenuChoice, Participant};
use crate::comments::{Comments, PostedComment};
use crate::document::{CallEvent, DATA_COMPLETE_AFTER, EventTime, Snapshot};
use crate::fetched::Fetched;

/// One event: what it says about the call as of that second.
///
/// Aircall may leave out anything: what is `None` is not said, and takes nothing back that another event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallReport {
    /// What happened.
    pub event: CallEvent,
    /// When Aircall built the event.
    pub at: Timestamp,
    /// Aircall's id of the call.
    pub id: CallId,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// When it started ringing.
    pub started_at: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Seconds from its start to its end.
    pub duration: Option<i64>,
    /// Whether the event says that the call is answered, with or without the time.
    pub is_answered: bool,
    /// Why it was missed.
    pub missed_call_reason: Option<MissedCallReason>,
    /// Direct URL of the voicemail.
    pub voicemail: Option<String>,
    /// Direct URL of the recording.
    pub recording: Option<String>,
    /// Aircall's page for the recording or voicemail.
    pub asset: Option<String>,
    /// The other party.
    pub party: Option<Party>,
    /// The line, as far as the event describes it; it may be [unknown](LineId::UNKNOWN).
    pub line: Line,
    /// Who took or made the call, or whose phone rings.
    pub user: Option<User>,
    /// To whom the call is assigned by this event.
    pub assigned_to: Option<User>,
    /// Aircall's contact for the other party.
    pub contact: Option<Contact>,
    /// Whether it names teams, which Aircall does for inbound calls only.
    pub has_teams: bool,
    /// The voice agent that handled the call.
    pub voice_agent: Option<VoiceAgent>,
    /// Who transferred the call or tried to.
    pub transferred_by: Option<User>,
    /// To whom.
    pub transferred_to: Option<User>,
    /// To which phone number outside the company.
    pub external_transferred_to: Option<String>,
    /// What the caller chose in the menu.
    pub menu_choices: Vec<MenuChoice>,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// The call that asked for this one as a call-back.
    pub callback_of: Option<CallId>,
    /// Its tags; none if it does not mention tags.
    pub tags: Option<Vec<Tag>>,
    /// Its comments.
    pub comments: Vec<PostedComment>,
    /// When and why Aircall was asked for the call, if this is no event that Aircall sent by itself.
    pub fetched: Option<Fetched>,
}

impl CallReport {
    /// An event that says nothing but which call it is about.
    pub fn new(event: CallEvent, at: Timestamp, id: CallId) -> Self {
        Self {
            event,
            at,
            id,
            direction: None,
            started_at: None,
            answered_at: None,
            ended_at: None,
            duration: None,
            is_answered: false,
            missed_call_reason: None,
            voicemail: None,
            recording: None,
            asset: None,
            party: None,
            line: Line::default(),
            user: None,
            assigned_to: None,
            contact: None,
            has_teams: false,
            voice_agent: None,
            transferred_by: None,
            transferred_to: None,
            external_transferred_to: None,
            menu_choices: Vec::new(),
            participants: Vec::new(),
            callback_of: None,
            tags: None,
            comments: Vec::new(),
            fetched: None,
        }
    }

    pub(crate) fn moment(&self) -> EventTime {
        EventTime { at: self.at.as_second(), event: self.event }
    }

    /// A time by which the call had begun, if the event does not state its start: the end less the duration, the
    /// answer, the end, or else the event itself.
    pub(crate) fn begun_by(&self) -> Option<Timestamp> {
        if self.started_at.is_some() {
            return None;
        }
        let duration = self.duration.filter(|duration| (0..=MAX_DURATION).contains(duration));
        let end = self.ended_at.or_else(|| self.ended_by());
        let from_end =
            end.zip(duration).and_then(|(end, duration)| end.checked_sub(SignedDuration::from_secs(duration)).ok());
        let agent = self.voice_agent.as_ref().and_then(|agent| agent.started_at);
        from_end.into_iter().chain(self.answered_at).chain(agent).chain(end).chain([self.at]).min()
    }

    /// A time by which the call was answered, if the event says that it was, but not when.
    pub(crate) fn answered_by(&self) -> Option<Timestamp> {
        let is_answered = self.is_answered || self.event == CallEvent::Answered;
        (self.answered_at.is_none() && is_answered).then_some(self.at)
    }

    /// When the call ended, judging by its duration or by when Aircall sends the event, if it does not state the end.
    pub(crate) fn ended_by(&self) -> Option<Timestamp> {
        if self.ended_at.is_some() {
            return None;
        }
        // The duration is 0 until the call has ended.
        let duration = self.duration.filter(|duration| (1..=MAX_DURATION).contains(duration));
        if let Some((start, duration)) = self.started_at.zip(duration) {
            return start.checked_add(SignedDuration::from_secs(duration)).ok();
        }
        match self.event {
            CallEvent::Hungup => Some(self.at),
            CallEvent::Ended => self.at.checked_sub(DATA_COMPLETE_AFTER).ok(),
            _ => None,
        }
    }

    /// Whether it says something that Aircall says of inbound calls only.
    pub(crate) fn is_inbound_by_its_signs(&self) -> bool {
        let is_inbound_event = matches!(
            self.event,
            CallEvent::IvrOptionSelected
                | CallEvent::RingingOnAgent
                | CallEvent::AgentDeclined
                | CallEvent::VoicemailLeft
        );
        is_inbound_event
            || self.missed_call_reason.is_some()
            || self.voicemail.is_some()
            || self.has_teams
            || self.voice_agent.is_some()
    }

    /// Whether it names a user where Aircall does so for outbound calls only: when the call begins, or once it is over
    /// without an answer.
    pub(crate) fn is_outbound_by_its_user(&self) -> bool {
        let is_unanswered = self.answered_at.is_none() && !self.is_answered;
        let is_telling = matches!(self.event, CallEvent::Created | CallEvent::Hungup | CallEvent::Ended);
        self.user.is_some() && is_unanswered && is_telling && !self.is_inbound_by_its_signs()
    }

    /// Who called whom, as far as this event alone tells.
    fn likely_direction(&self) -> Direction {
        let inferred = if self.is_outbound_by_its_user() { Direction::Outbound } else { Direction::Inbound };
        self.direction.unwrap_or(inferred)
    }

    /// The call as this event alone tells it. What it does not say is inferred, or else has a default.
    pub fn call(&self) -> Call {
        let started_at = self.started_at.or_else(|| self.begun_by()).unwrap_or(self.at);
        let after_start = |at: Timestamp| at.max(started_at);
        let answered_at = self.answered_at.or_else(|| self.answered_by().map(after_start));
        Call {
            id: self.id,
            direction: self.likely_direction(),
            started_at,
            answered_at,
            ended_at: self.ended_at.or_else(|| self.ended_by().map(after_start)),
            missed_call_reason: self.missed_call_reason.clone(),
            voicemail: self.voicemail.clone(),
            recording: self.recording.clone(),
            asset: self.asset.clone(),
            party: self.party.clone().unwrap_or_default(),
            line: self.line.clone(),
            user: self.user.clone(),
            contact: self.contact.clone(),
            tags: self.tags.clone().unwrap_or_default(),
            comments: Comments::new(&self.comments, self.moment()).shown(),
            flow: CallFlow::default(),
        }
    }

    /// The event and the call as it alone tells it, with the newest comments.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut call = self.call();
        call.comments.drain(..call.comments.len().saturating_sub(SNAPSHOT_COMMENTS));
        Snapshot { event: self.event, at: self.at, call }
    }
}

impl From<Snapshot> for CallReport {
    /// An event that says everything.
    fn from(Snapshot { event, at, call }: Snapshot) -> Self {
        let Call {
            id,
            direction,
            started_at,
            answered_at,
            ended_at,
            missed_call_reason,
            voicemail,
            recording,
            asset,
            party,
            line,
            user,
            contact,
            tags,
            comments,
            flow: _,
        } = call;
        let posted =
            |Comment { content, posted_at, posted_by }| PostedComment { id: None, content, posted_at, posted_by };
        Self {
            direction: Some(direction),
            started_at: Some(started_at),
            answered_at,
            ended_at,
            missed_call_reason,
            voicemail,
            recording,
            asset,
            party: Some(party),
            line,
            user,
            contact,
            tags: Some(tags),
            comments: comments.into_iter().map(posted).collect(),
            ..Self::new(event, at, id)
        }
    }
}

/// The most comments of a snapshot, which is stored beside all comments: former versions read them.
const SNAPSHOT_COMMENTS: usize = 5;
/// Longer than any call, in seconds: a longer duration is not believed.
const MAX_DURATION: i64 = 24 * 60 * 60;
