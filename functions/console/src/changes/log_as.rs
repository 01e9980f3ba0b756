//! The names of the ways to log a call.

use rules::settings::LogAs;

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

/// Its names.
pub(crate) fn names(log_as: LogAs) -> LogAsNames {
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
        for way in LOG_AS {
            assert_eq!(json!(way), names(way).key);
        }
    }
}
