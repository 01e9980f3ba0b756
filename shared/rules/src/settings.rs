//! What an admin chooses: the settings document of one tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::call::LineId;
use crate::call_type::CallType;
use crate::schedule::Schedule;
use crate::task_status::TaskStatus;

/// The settings document, whose JSON is what the console shows, stores and takes.
///
/// Unknown keys are refused: a misspelt setting that is silently ignored is a call silently lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Counts the changes; a change names the version it was made on.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::version))]
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
    /// What becomes one Task of messages. A document may lack it, as older ones do, and then means the default.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = "per_message"))]
    pub message_tasks: MessageTasks,
    /// The Aircall numbers whose calls and messages are logged; null means all.
    #[serde(rename = "numbers", deserialize_with = "required_ids")]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub lines: Option<BTreeSet<LineId>>,
    /// The share of the Salesforce org's daily API calls, used by all integrations together, from which on nothing
    /// more is asked of it, per cent. A document may lack it, as older ones do, and then means the default.
    #[serde(default = "default_share", deserialize_with = "per_cent")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100, default = 95))]
    pub api_usage_limit: u8,
}

/// What happens to one call type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    pub fn log_as(&self, call_type: CallType) -> LogAs {
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogCalls {
    /// All calls.
    Always,
    /// Only calls that started while the number was open.
    DuringBusinessHours,
}

/// Business hours, and whether they matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// Whether calls outside business hours are logged.
    pub log_calls: LogCalls,
    /// The hours of every number without its own; null means that Aircall's signals decide.
    #[serde(deserialize_with = "required")]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub schedule: Option<Schedule>,
    /// The hours of single numbers, by their ids. An empty entry means always closed.
    #[serde(rename = "numbers")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::schedules))]
    pub lines: BTreeMap<LineId, Schedule>,
}

/// What to create when no record has the phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they say what they create")]
pub enum UnknownNumber {
    CreateContact,
    CreateLead,
    CreateAccount,
    DoNothing,
}

/// What becomes one Task of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageTasks {
    /// Each message.
    #[default]
    PerMessage,
    /// All messages between a line and an external number of one day, in the line's time zone.
    PerConversation,
}

/// What of a Contact the Task is related to as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Where, such as `business_hours.schedule.weekly.monday[1].opens`.
    #[cfg_attr(feature = "openapi", schema(example = "call_workflow.missed"))]
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
            business_hours: BusinessHours { log_calls: LogCalls::Always, schedule: None, lines: BTreeMap::new() },
            unknown_number: UnknownNumber::DoNothing,
            relate_to: RelateTo::Nothing,
            create_case_if_none: false,
            recording_link: true,
            log_messages: true,
            message_tasks: MessageTasks::PerMessage,
            lines: None,
            api_usage_limit: default_share(),
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
        for (line, schedule) in &self.business_hours.lines {
            for (path, message) in schedule.problems() {
                note(format!("business_hours.numbers.{}.{path}", line.0), message);
            }
        }
        problems
    }
}

/// A value that may be null but not be left out: what is left out of a whole document was more likely forgotten.
fn required<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// As [`required`], of ids that are numbers, each once: only where JSON has no numbers, as for keys, is an id a text.
fn required_ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BTreeSet<LineId>>, D::Error> {
    let Some(ids): Option<Vec<u64>> = required(deserializer)? else { return Ok(None) };
    let mut numbers = BTreeSet::new();
    match ids.into_iter().find(|id| !numbers.insert(LineId(*id))) {
        Some(id) => Err(de::Error::custom(format!("the number {id} is there twice"))),
        None => Ok(Some(numbers)),
    }
}

fn default_share() -> u8 {
    95
}

/// A share that is neither nothing nor more than all.
fn per_cent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    struct PerCent;

    impl Visitor<'_> for PerCent {
        type Value = u8;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number of per cent from 1 to 100")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<u8, E> {
            let share = u8::try_from(number).ok().filter(|share| (1..=100).contains(share));
            share.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
        }
    }

    deserializer.deserialize_u64(PerCent)
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
mod tests;
