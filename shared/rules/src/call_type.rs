//! The five call types, and how a call is classified.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::call::{Call, Direction};
use crate::text::duration;

/// The call types that the call workflow distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallType {
    /// The other party, or their voicemail, picked up.
    OutboundAnswered,
    /// Nobody picked up.
    OutboundUnanswered,
    /// An Aircall user took the call.
    InboundAnswered,
    /// Nobody took the call, and no voicemail was left.
    Missed,
    /// Nobody took the call, and a voicemail was left.
    Voicemail,
}

impl CallType {
    /// All five, in the order of the settings.
    pub const ALL: [CallType; 5] = [
        CallType::OutboundAnswered,
        CallType::OutboundUnanswered,
        CallType::InboundAnswered,
        CallType::Missed,
        CallType::Voicemail,
    ];

    /// Determines the type from direction, answer and voicemail.
    ///
    /// Never from `missed_call_reason`, which Aircall leaves null on some missed calls and sets on some outbound ones.
    pub fn classify(call: &Call) -> Self {
        match (call.direction, call.answered_at, &call.voicemail) {
            (Direction::Outbound, Some(_), _) => CallType::OutboundAnswered,
            (Direction::Outbound, None, _) => CallType::OutboundUnanswered,
            (Direction::Inbound, Some(_), _) => CallType::InboundAnswered,
            (Direction::Inbound, None, Some(_)) => CallType::Voicemail,
            (Direction::Inbound, None, None) => CallType::Missed,
        }
    }

    /// Whether the call was answered.
    pub fn is_answered(self) -> bool {
        match self {
            CallType::OutboundAnswered | CallType::InboundAnswered => true,
            CallType::OutboundUnanswered | CallType::Missed | CallType::Voicemail => false,
        }
    }

    /// Why `call` is of this type, as a sentence.
    pub(crate) fn explanation(self, call: &Call) -> String {
        let waited = duration(call.waiting_seconds());
        match self {
            CallType::OutboundAnswered => format!("It is an outbound answered call: picked up after {waited}."),
            CallType::OutboundUnanswered => {
                format!("It is an outbound unanswered call: it rang {waited} and nobody picked up.")
            }
            CallType::InboundAnswered => format!("It is an inbound answered call: taken after {waited}."),
            CallType::Missed => {
                format!("It is a missed call: nobody took it within {waited}, and no voicemail was left.")
            }
            CallType::Voicemail => {
                format!("It is a voicemail: nobody took the call within {waited}, and a message was left.")
            }
        }
    }
}

impl fmt::Display for CallType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CallType::OutboundAnswered => "outbound answered call",
            CallType::OutboundUnanswered => "outbound unanswered call",
            CallType::InboundAnswered => "inbound answered call",
            CallType::Missed => "missed call",
            CallType::Voicemail => "voicemail",
        })
    }
}
