//! What an admin chooses: the settings document of one tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::call::NumberId;
use crate::call_type::CallType;
use crate::schedule::Schedule;
use crate::task_status::TaskStatus;

/// The settings document. Its JSON is what the console shows, stores and takes.
///
/// Unknown keys are refused: a misspelt setting that is silently ignored is a call silently lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Counts the changes; a change names the version it was made on.
    pub version: u64,
    /// How each call type is logged.
    pub call_workflow: CallWorkflow,
    /// Whether calls outside business hours are logged, and what those hours are.
    pub business_hours: BusinessHours,
    /// What to do when no record has the phone number.
    pub unknown_number: UnknownNumber,
    /// What else, beside a Contact, the Task is related to.
    pub relate_to: RelateTo,
    /// Whether to create a Case when the Contact has no open one.
    pub create_case_if_none: bool,
    /// Whether the Task links to the recording or voicemail.
    pub recording_link: bool,
    /// Whether messages are logged.
    pub log_messages: bool,
    /// The Aircall numbers whose calls are logged; none means all.
    #[serde(deserialize_with = "required")]
    pub numbers: Option<BTreeSet<NumberId>>,
}

/// What happens to one call type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogAs {
    /// A Completed Task, under Past Activities.
    Completed,
    /// An open Task, under Next Steps.
    InProgress,
    /// No Task.
    DoNothing,
}

impl LogAs {
    /// The status of the Task, if there is to be one.
    pub fn status(self) -> Option<TaskStatus> {
        match self {
            LogAs::Completed => Some(TaskStatus::Completed),
            LogAs::InProgress => Some(TaskStatus::InProgress),
            LogAs::DoNothing => None,
        }
    }
}

/// How each of the five call types is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the five call types; see CallType")]
pub struct CallWorkflow {
    pub outbound_answered: LogAs,
    pub outbound_unanswered: LogAs,
    pub inbound_answered: LogAs,
    pub missed: LogAs,
    pub voicemail: LogAs,
}

impl CallWorkflow {
    /// What happens to calls of `call_type`.
    pub fn of(&self, call_type: CallType) -> LogAs {
        match call_type {
            CallType::OutboundAnswered => self.outbound_answered,
            CallType::OutboundUnanswered => self.outbound_unanswered,
            CallType::InboundAnswered => self.inbound_answered,
            CallType::Missed => self.missed,
            CallType::Voicemail => self.voicemail,
        }
    }
}

/// Which calls are logged with regard to business hours. Never applies to messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogCalls {
    /// All calls.
    Always,
    /// Only calls that started while the number was open.
    DuringBusinessHours,
}

/// Business hours, and whether they matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// Whether calls outside business hours are logged.
    pub log_calls: LogCalls,
    /// The hours of every number without its own; none means that Aircall's signals decide.
    #[serde(deserialize_with = "required")]
    pub schedule: Option<Schedule>,
    /// The hours of single numbers. An empty entry means always closed.
    pub numbers: BTreeMap<NumberId, Schedule>,
}

/// What to create when no record has the phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they say what they create")]
pub enum UnknownNumber {
    CreateContact,
    CreateLead,
    CreateAccount,
    DoNothing,
}

/// What of a Contact the Task is related to as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelateTo {
    /// Nothing.
    Nothing,
    /// The Contact's open Case that was updated last.
    Case,
    /// The Contact's open Opportunity that was updated last.
    Opportunity,
}

/// One thing that is wrong with a settings document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where, such as `business_hours.schedule.weekly.monday[1].opens`.
    pub path: String,
    /// What, as a sentence.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl Default for Settings {
    /// What a new tenant starts with.
    fn default() -> Self {
        Self {
            version: 0,
            call_workflow: CallWorkflow {
                outbound_answered: LogAs::Completed,
                outbound_unanswered: LogAs::Completed,
                inbound_answered: LogAs::Completed,
                missed: LogAs::InProgress,
                voicemail: LogAs::InProgress,
            },
            business_hours: BusinessHours { log_calls: LogCalls::Always, schedule: None, numbers: BTreeMap::new() },
            unknown_number: UnknownNumber::DoNothing,
            relate_to: RelateTo::Nothing,
            create_case_if_none: false,
            recording_link: true,
            log_messages: true,
            numbers: None,
        }
    }
}

impl Settings {
    /// Reads a settings document.
    ///
    /// # Errors
    /// All that is wrong with it, each with its path. A document of the wrong shape gives its first problem only.
    pub fn parse(document: &serde_json::Value) -> Result<Self, Vec<Problem>> {
        if !document.is_object() {
            let message = "the settings are a JSON object".to_owned();
            return Err(vec![Problem { path: String::new(), message }]);
        }
        let settings: Self = serde_path_to_error::deserialize(document).map_err(|error| vec![shape_problem(&error)])?;
        let problems = settings.problems();
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    /// What the shape alone does not rule out.
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut note = |path: String, message: String| problems.push(Problem { path, message });
        if self.create_case_if_none && self.relate_to != RelateTo::Case {
            let message = "a Case can only be created when relate_to is \"case\"";
            note("create_case_if_none".to_owned(), message.to_owned());
        }
        for (path, message) in self.business_hours.schedule.iter().flat_map(Schedule::problems) {
            note(format!("business_hours.schedule.{path}"), message);
        }
        for (number, schedule) in &self.business_hours.numbers {
            for (path, message) in schedule.problems() {
                note(format!("business_hours.numbers.{}.{path}", number.0), message);
            }
        }
        problems
    }
}

/// A value that may be null but not be left out: what is left out of a whole document was more likely forgotten.
fn required<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// The problem behind serde's error, with the key that is missing or unknown at the end of its path.
fn shape_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let message = error.inner().to_string();
    let mut path = error.path().to_string();
    for (opening, sentence) in [("missing field `", "is missing"), ("unknown field `", "is not a setting")] {
        if let Some(key) = message.strip_prefix(opening).and_then(|rest| rest.split('`').next()) {
            if path == "." {
                path.clear();
            }
            if path.rsplit('.').next() != Some(key) {
                path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            }
            let expected = message.split_once(", ").map(|(_, expected)| format!("; {expected}")).unwrap_or_default();
            return Problem { path, message: format!("`{key}` {sentence}{expected}") };
        }
    }
    Problem { path, message }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document() -> Value {
        json!({
            "version": 3,
            "call_workflow": {"outbound_answered": "completed", "outbound_unanswered": "completed",
                "inbound_answered": "completed", "missed": "in_progress", "voicemail": "in_progress"},
            "business_hours": {"log_calls": "always",
                "schedule": {"time_zone": null, "weekly": {"monday": [{"opens": "09:00", "closes": "18:00"}]},
                    "holidays": ["2026-12-25"]},
                "numbers": {"397375": {"time_zone": "Europe/Vienna", "weekly": {}, "holidays": []}}},
            "unknown_number": "create_lead", "relate_to": "case", "create_case_if_none": true,
            "recording_link": true, "log_messages": true, "numbers": null
        })
    }

    /// The problem after `value` was put at `pointer`; with `null` as the last part of a path, the key is removed.
    #[track_caller]
    fn check(pointer: &str, value: Value, path: &str, message: &str) {
        let mut document = document();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key] = value;
        let problems = Settings::parse(&document).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!((problems[0].path.as_str(), problems[0].message.as_str()), (path, message));
    }

    #[test]
    fn the_document_reads_and_writes_itself() {
        let settings = Settings::parse(&document()).unwrap();
        assert_eq!(serde_json::to_value(&settings).unwrap(), document());
    }

    #[test]
    fn the_defaults_are_valid() {
        let defaults = Settings::default();
        assert_eq!(Settings::parse(&serde_json::to_value(&defaults).unwrap()), Ok(defaults));
    }

    #[test]
    fn unknown_key_is_named() {
        check(
            "/business_hours/schdule",
            json!(null),
            "business_hours.schdule",
            "`schdule` is not a setting; expected one of `log_calls`, `schedule`, `numbers`",
        );
    }

    #[test]
    fn missing_key_is_named() {
        let mut document = document();
        document.as_object_mut().unwrap().remove("unknown_number");
        let problems = Settings::parse(&document).unwrap_err();
        assert_eq!(problems[0].to_string(), "unknown_number: `unknown_number` is missing");
    }

    #[test]
    fn a_key_that_may_be_null_may_not_be_left_out() {
        for (parent, key) in [("", "numbers"), ("/business_hours", "schedule"), ("/business_hours", "numbers")] {
            let mut document = document();
            document.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
            assert!(Settings::parse(&document).unwrap_err()[0].message.starts_with(&format!("`{key}` is missing")));
        }
    }

    #[test]
    fn odd_times_and_days_are_refused() {
        for times in [["+9:00", "18:00"], ["09:00", "1:800"], ["09:00", "24:01"], ["09:60", "18:00"], ["", "18:00"]] {
            let mut document = document();
            document["business_hours"]["schedule"]["weekly"]["monday"] =
                json!([{"opens": times[0], "closes": times[1]}]);
            assert!(Settings::parse(&document).is_err(), "{times:?}");
        }
        for day in ["2026-12-25T10:00:00", "2026-02-30", "25.12.2026", "2026-12-25[Europe/Vienna]"] {
            let mut document = document();
            document["business_hours"]["schedule"]["holidays"] = json!([day]);
            assert!(Settings::parse(&document).is_err(), "{day}");
        }
        assert!(Settings::parse(&json!([3])).is_err());
    }

    #[test]
    fn unknown_value_is_named() {
        check(
            "/call_workflow/missed",
            json!("later"),
            "call_workflow.missed",
            "unknown variant `later`, expected one of `completed`, `in_progress`, `do_nothing`",
        );
    }

    #[test]
    fn bad_zone() {
        check(
            "/business_hours/numbers/397375/time_zone",
            json!("Europe/Wien"),
            "business_hours.numbers.397375.time_zone",
            "there is no time zone \"Europe/Wien\"; use a name of the IANA database such as \"Europe/Vienna\"",
        );
    }

    #[test]
    fn bad_time_of_day() {
        check(
            "/business_hours/schedule/weekly/monday",
            json!([{"opens": "9:00", "closes": "18:00"}]),
            "business_hours.schedule.weekly.monday[0].opens",
            "\"9:00\" is not a time of day; write it as \"09:00\", at most \"24:00\"",
        );
    }

    #[test]
    fn overlapping_periods() {
        check(
            "/business_hours/schedule/weekly/monday",
            json!([{"opens": "09:00", "closes": "13:00"}, {"opens": "12:59", "closes": "18:00"}]),
            "business_hours.schedule.weekly.monday[1]",
            "Monday 12:59–18:00 overlaps Monday 09:00–13:00",
        );
    }

    #[test]
    fn periods_that_touch_are_fine() {
        let mut document = document();
        document["business_hours"]["schedule"]["weekly"]["monday"] =
            json!([{"opens": "09:00", "closes": "13:00"}, {"opens": "13:00", "closes": "18:00"}]);
        Settings::parse(&document).unwrap();
    }

    #[test]
    fn sunday_night_may_overlap_monday() {
        check(
            "/business_hours/schedule/weekly/sunday",
            json!([{"opens": "22:00", "closes": "09:01"}]),
            "business_hours.schedule.weekly.monday[0]",
            "Monday 09:00–18:00 overlaps Sunday 22:00–09:01",
        );
    }

    #[test]
    fn a_period_of_no_length() {
        check(
            "/business_hours/schedule/weekly/monday",
            json!([{"opens": "09:00", "closes": "09:00"}]),
            "business_hours.schedule.weekly.monday[0]",
            "it opens and closes at the same minute; for a whole day write 00:00 to 24:00",
        );
    }

    #[test]
    fn case_creation_needs_cases() {
        check(
            "/relate_to",
            json!("opportunity"),
            "create_case_if_none",
            "a Case can only be created when relate_to is \"case\"",
        );
    }
}
