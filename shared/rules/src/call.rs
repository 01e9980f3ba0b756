//! A call as the rules see it, independent of Aircall's wire format.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use serde::{Deserialize, Deserializer, Serialize};

use crate::call_flow::CallFlow;
use crate::phone::E164;

/// Aircall's id of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub u64);

impl CallId {
    /// The key of the call's entry here, and its unique key in Salesforce: `call-<id>`.
    pub fn key(self) -> String {
        format!("call-{}", self.0)
    }
}

/// Aircall's id of a line, which Aircall calls a number.
///
/// JSON writes it as a number or, where it is the key of an object, as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct LineId(pub u64);

impl LineId {
    /// Stands for the id of a line that Aircall does not name. A later event may name it.
    pub const UNKNOWN: LineId = LineId(0);
}

impl<'de> Deserialize<'de> for LineId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = LineId;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the id of a line, such as 397375")
            }

            fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<LineId, E> {
                Ok(LineId(id))
            }

            fn visit_i64<E: serde::de::Error>(self, id: i64) -> Result<LineId, E> {
                u64::try_from(id).map(LineId).map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(id), &self))
            }

            fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<LineId, E> {
                // Only the canonical spelling is accepted, so that no object has two keys for one line.
                let parsed = id.parse().ok().filter(|parsed: &u64| parsed.to_string() == id);
                parsed.map(LineId).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(id), &self))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Who called whom, or wrote to whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The other party called a line, or wrote to it.
    #[default]
    Inbound,
    /// An Aircall user called the other party, or wrote to it.
    Outbound,
}

/// The other party of a call or message.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A full phone number.
    #[serde(rename = "number")]
    Phone(E164),
    /// The phone number was withheld.
    #[default]
    Anonymous,
    /// Not a full phone number: a short code, an extension, an unreadable text.
    Unusable(String),
}

impl Party {
    /// The phone number, if there is one to search for.
    pub fn phone(&self) -> Option<&E164> {
        match self {
            Party::Phone(phone) => Some(phone),
            Party::Anonymous | Party::Unusable(_) => None,
        }
    }
}

/// Why an inbound call was missed. Not sufficient to determine the call type: it is null on some missed calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedCallReason {
    /// The line was closed.
    OutOfOpeningHours,
    /// The caller hung up within seconds.
    ShortAbandoned,
    /// The caller hung up in the menu.
    AbandonedInIvr,
    /// The caller hung up while waiting.
    AbandonedInClassic,
    /// Nobody was available.
    NoAvailableAgent,
    /// It rang, and nobody took it.
    AgentsDidNotAnswer,
    /// A reason Aircall added later, as it spells it.
    Other(String),
}

impl MissedCallReason {
    /// Aircall's name of the reason.
    pub fn name(&self) -> &str {
        match self {
            Self::OutOfOpeningHours => "out_of_opening_hours",
            Self::ShortAbandoned => "short_abandoned",
            Self::AbandonedInIvr => "abandoned_in_ivr",
            Self::AbandonedInClassic => "abandoned_in_classic",
            Self::NoAvailableAgent => "no_available_agent",
            Self::AgentsDidNotAnswer => "agents_did_not_answer",
            Self::Other(name) => name,
        }
    }
}

/// The company's phone line that carried a call or message. Aircall calls it a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// Aircall's id; [`LineId::UNKNOWN`] if Aircall does not name the line.
    #[serde(default)]
    pub id: LineId,
    /// Its name in Aircall.
    pub name: Option<String>,
    /// Its phone number as Aircall displays it, with spaces.
    pub digits: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// Whether Aircall considered it open when it built the event. Stale for Smartflows numbers.
    pub open: Option<bool>,
}

impl Line {
    /// Whether nothing is known that tells it from another line.
    pub fn is_unknown(&self) -> bool {
        self.id == LineId::UNKNOWN && self.name.is_none() && self.digits.is_none()
    }

    /// Its name, else its digits, else its id, if that is known.
    pub fn label(&self) -> String {
        self.name.clone().or_else(|| self.digits.clone()).unwrap_or_else(|| match self.id {
            LineId::UNKNOWN => "unknown line".to_owned(),
            LineId(id) => format!("Aircall number {id}"),
        })
    }
}

/// An Aircall user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct User {
    /// Aircall's id.
    pub id: Option<u64>,
    /// Full name.
    pub name: Option<String>,
    /// E-mail, by which the Salesforce user is found.
    pub email: Option<String>,
}

/// A voice agent of Aircall's, a program that talks to callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoiceAgent {
    /// Its name.
    pub name: Option<String>,
    /// When it began to talk.
    pub started_at: Option<Timestamp>,
}

/// Aircall's shared contact of the other party.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Contact {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Company.
    pub company_name: Option<String>,
    /// The first e-mail.
    pub email: Option<String>,
}

/// A tag on a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tag {
    /// Its name.
    pub name: String,
}

/// A comment on a call; Aircall allows five, and none can be edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Its text.
    pub content: String,
    /// When it was written.
    #[serde(with = "optional", default)]
    pub posted_at: Option<Timestamp>,
    /// Who wrote it; none if it came through the API.
    pub posted_by: Option<User>,
}

/// A call, as of one event or as merged from all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Aircall's id.
    pub id: CallId,
    /// Who called whom.
    #[serde(default)]
    pub direction: Direction,
    /// When it started ringing.
    #[serde(with = "required")]
    pub started_at: Timestamp,
    /// When it was answered, if it was.
    #[serde(with = "optional", default)]
    pub answered_at: Option<Timestamp>,
    /// When it ended, if it has.
    #[serde(with = "optional", default)]
    pub ended_at: Option<Timestamp>,
    /// Why it was missed, where Aircall says so.
    pub missed_call_reason: Option<MissedCallReason>,
    /// Direct URL of the voicemail, valid for an hour. Only used as proof that there is one, never shown.
    pub voicemail: Option<String>,
    /// Direct URL of the recording, valid for an hour. Only used as proof that there is one, never shown.
    pub recording: Option<String>,
    /// Aircall's page for the recording or voicemail, which does not expire.
    pub asset: Option<String>,
    /// The other party.
    #[serde(default)]
    pub party: Party,
    /// The line.
    #[serde(rename = "number", default)]
    pub line: Line,
    /// Who took or made the call.
    pub user: Option<User>,
    /// Aircall's contact for the other party.
    pub contact: Option<Contact>,
    /// Tags, as of the newest event.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Comments, as of the newest event.
    #[serde(default)]
    pub comments: Vec<Comment>,
    /// How it went, as merged from all events; empty as of one event.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub flow: CallFlow,
}

fn is_empty(flow: &CallFlow) -> bool {
    *flow == CallFlow::default()
}

impl Call {
    /// Seconds spent talking: `ended_at - answered_at`, and 0 for a call that was not answered.
    ///
    /// Not Aircall's `duration`, which is `ended_at - started_at` and so includes ringing.
    pub fn talk_seconds(&self) -> u64 {
        self.answered_at.zip(self.ended_at).map_or(0, |(from, to)| seconds_between(from, to))
    }

    /// Seconds until the call was answered or, if it never was, until it ended.
    pub fn waiting_seconds(&self) -> u64 {
        self.answered_at.or(self.ended_at).map_or(0, |until| seconds_between(self.started_at, until))
    }
}

/// Whole seconds from `from` to `to`; 0 if `to` is earlier.
fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_second() - from.as_second()).unwrap_or(0)
}
