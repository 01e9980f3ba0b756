//! The names of what the settings choose between: in JSON and on the pages.

use rules::CallType;
use rules::settings::LogAs;

/// The names of a call type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallTypeNames {
    /// In JSON, in the names of fields and in parameters.
    pub(crate) key: &'static str,
    /// As a title on the pages.
    pub(crate) title: &'static str,
    /// What it is, as a sentence.
    pub(crate) hint: &'static str,
}

/// The names of a call type.
pub(crate) fn call_type(call_type: CallType) -> CallTypeNames {
    let (key, title, hint) = match call_type {
        CallType::OutboundAnswered => {
            ("outbound_answered", "Outbound answered call", "An outbound call that was answered.")
        }
        CallType::OutboundUnanswered => {
            ("outbound_unanswered", "Outbound unanswered call", "An outbound call that was not answered.")
        }
        CallType::InboundAnswered => {
            ("inbound_answered", "Inbound answered call", "An inbound call that a user answered.")
        }
        CallType::Missed => ("missed", "Missed call", "An inbound call that nobody answered, without a voicemail."),
        CallType::Voicemail => ("voicemail", "Voicemail", "An inbound call with a voicemail."),
    };
    CallTypeNames { key, title, hint }
}

/// The call type with this key.
pub(crate) fn call_type_with(key: &str) -> Option<CallType> {
    CallType::ALL.into_iter().find(|other| call_type(*other).key == key)
}

/// The ways to log a call, in the order of the pages.
pub(crate) const LOG_AS: [LogAs; 3] = [LogAs::Completed, LogAs::InProgress, LogAs::DoNothing];

/// The names of a way to log a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogAsNames {
    /// In JSON and in forms.
    pub(crate) key: &'static str,
    /// On the pages.
    pub(crate) label: &'static str,
    /// Where Salesforce shows such calls.
    pub(crate) place: &'static str,
}

/// The names of a way to log a call.
pub(crate) fn log_as(log_as: LogAs) -> LogAsNames {
    let (key, label, place) = match log_as {
        LogAs::Completed => ("completed", "Completed", "Past Activities"),
        LogAs::InProgress => ("in_progress", "In progress", "Next Steps"),
        LogAs::DoNothing => ("do_nothing", "Do nothing", "Not logged"),
    };
    LogAsNames { key, label, place }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_those_of_the_settings_document() {
        for kind in CallType::ALL {
            assert_eq!(json!(kind), call_type(kind).key);
            assert_eq!(call_type_with(call_type(kind).key), Some(kind));
        }
        for way in LOG_AS {
            assert_eq!(json!(way), log_as(way).key);
        }
    }
}
