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

    /// What there is to say of each type, in one place.
    const fn description(self) -> &'static Description {
        match self {
            CallType::OutboundAnswered => &Description {
                key: "outbound_answered",
                title: "Outbound answered call",
                hint: "An outbound call that was answered.",
                direction: Direction::Outbound,
                is_answered: true,
                has_voicemail: false,
                subject: "Outbound answered call to {record} via {line}{ made by user}",
            },
            CallType::OutboundUnanswered => &Description {
                key: "outbound_unanswered",
                title: "Outbound unanswered call",
                hint: "An outbound call that was not answered.",
                direction: Direction::Outbound,
                is_answered: false,
                has_voicemail: false,
                subject: "Outbound unanswered call via {line}{ made by user} to {record}",
            },
            CallType::InboundAnswered => &Description {
                key: "inbound_answered",
                title: "Inbound answered call",
                hint: "An inbound call that a user answered.",
                direction: Direction::Inbound,
                is_answered: true,
                has_voicemail: false,
                subject: "Inbound answered call from {record} on {line}{ answered by user}",
            },
            CallType::Missed => &Description {
                key: "missed",
                title: "Missed call",
                hint: "An inbound call that nobody answered, without a voicemail.",
                direction: Direction::Inbound,
                is_answered: false,
                has_voicemail: false,
                subject: "Missed call from {record} on {line}",
            },
            CallType::Voicemail => &Description {
                key: "voicemail",
                title: "Voicemail",
                hint: "An inbound call with a voicemail.",
                direction: Direction::Inbound,
                is_answered: false,
                has_voicemail: true,
                subject: "Voicemail from {record} on {line}",
            },
        }
    }

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

    /// The type with this key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call_type| call_type.key() == key)
    }

    /// Its key in documents and queries, such as `outbound_answered`.
    pub fn key(self) -> &'static str {
        self.description().key
    }

    /// Its name, such as `Outbound answered call`.
    pub fn title(self) -> &'static str {
        self.description().title
    }

    /// What it is, as a sentence.
    pub fn hint(self) -> &'static str {
        self.description().hint
    }

    /// Who called whom.
    pub fn direction(self) -> Direction {
        self.description().direction
    }

    /// Whether the call was answered.
    pub fn is_answered(self) -> bool {
        self.description().is_answered
    }

    /// Whether a voicemail was left.
    pub fn has_voicemail(self) -> bool {
        self.description().has_voicemail
    }

    /// The subject of its Task, in Aircall's wording. An unknown user is left out.
    pub(crate) fn subject(self, record: &str, line: &str, user: Option<&str>) -> String {
        let by = |verb: &str| user.map(|user| format!(" {verb} by {user}")).unwrap_or_default();
        let mut subject = String::new();
        for part in self.description().subject.split_inclusive('}') {
            let (text, placeholder) = part.split_once('{').unwrap_or((part, ""));
            subject.push_str(text);
            match placeholder {
                "record}" => subject.push_str(record),
                "line}" => subject.push_str(line),
                " made by user}" => subject.push_str(&by("made")),
                " answered by user}" => subject.push_str(&by("answered")),
                other => subject.push_str(other),
            }
        }
        subject
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

/// What there is to say of a call type.
struct Description {
    key: &'static str,
    title: &'static str,
    hint: &'static str,
    direction: Direction,
    is_answered: bool,
    has_voicemail: bool,
    /// With `{record}`, `{line}`, and `{ made by user}` or `{ answered by user}` where the user is named, if known.
    subject: &'static str,
}

impl fmt::Display for CallType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title().to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_settings_document() {
        for call_type in CallType::ALL {
            assert_eq!(serde_json::to_value(call_type).unwrap(), call_type.key());
            assert_eq!(CallType::from_key(call_type.key()), Some(call_type));
        }
        assert_eq!(CallType::from_key("messages"), None);
    }
}
