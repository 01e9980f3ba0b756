//! The settings document of one tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::call::LineId;
use crate::call_type::CallType;
use crate::salesforce_id::SalesforceId;
use crate::schedule::Schedule;
use crate::stored;
use crate::task_status::TaskStatus;

/// The most lines that can have hours of their own: the page with their editors is as long as a response may be with a
/// few times as many.
pub const MAX_LINES_WITH_HOURS: usize = 200;

/// The beginning of the ids of Accounts.
const ACCOUNT_PREFIX: &str = "001";

/// The settings document. Its JSON is what the console shows, accepts and stores.
///
/// Unknown keys are rejected: silently ignoring a misspelt setting would silently lose calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent choices of an admin")]
pub struct Settings {
    /// The number of changes so far. A change names the version that it is based on.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::version))]
    pub version: u64,
    /// How each call type is logged.
    pub call_workflow: CallWorkflow,
    /// Whether calls outside business hours are logged, and what those hours are.
    pub business_hours: BusinessHours,
    /// What to do when no record has the phone number.
    pub unknown_number: UnknownNumber,
    /// The Account of a Contact that is created. Optional, because older documents lack it; then the default applies.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = "none"))]
    pub contact_account: ContactAccount,
    /// The id of that Account where `contact_account` is `named`. Optional, because older documents lack it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(
        value_type = Option<String>, pattern = "^001[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$", example = "001Vr00000m4eGCIAY"
    ))]
    pub contact_account_id: Option<SalesforceId>,
    /// Whether the org's assignment rules apply to Leads and Cases that are created, and may give them another owner
    /// than the Task's. Optional, because older documents lack it; then they do not apply.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = false))]
    pub assignment_rules: bool,
    /// What to do with calls and messages between the company's own lines. Optional, because older documents lack it;
    /// then the default applies.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = "log"))]
    pub internal_calls: InternalCalls,
    /// Who owns the Task of a call that was transferred. Optional, because older documents lack it; then the default
    /// applies.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = "last"))]
    pub transferred_call_owner: TransferredCallOwner,
    /// What the Task's Call Result (`CallDisposition`) holds. Optional, because older documents lack it; then the default
    /// applies.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = "tags"))]
    pub call_result: CallResult,
    /// What a Contact's Task is related to as well.
    pub relate_to: RelateTo,
    /// Whether to create a Case when the Contact has no open one.
    pub create_case_if_none: bool,
    /// Whether the Task links to the recording or voicemail.
    pub recording_link: bool,
    /// Whether messages are logged.
    pub log_messages: bool,
    /// How messages are grouped into Tasks. Optional, because older documents lack it; then the default applies.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = "per_message"))]
    pub message_tasks: MessageTasks,
    /// The lines whose calls and messages are logged; null means all.
    #[serde(rename = "numbers", deserialize_with = "required_ids")]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub lines: Option<BTreeSet<LineId>>,
    /// The percentage of the Salesforce org's daily API calls, used by all integrations together, at which no further
    /// API calls are made. Optional, because older documents lack it; then the default applies.
    #[serde(default = "default_api_usage_limit", deserialize_with = "percentage")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100, default = 95))]
    pub api_usage_limit: u8,
    /// The most requests a minute that are sent to Aircall to fetch calls; Aircall allows 120, by all integrations
    /// together. Optional, because older documents lack it; then the default applies.
    #[serde(default = "default_backfill_requests", deserialize_with = "requests_per_minute")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 60, default = 30))]
    pub backfill_requests_per_minute: u8,
}

/// How one call type is logged.
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
    /// The status of the Task; none for [`LogAs::DoNothing`].
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
    /// How calls of `call_type` are logged.
    pub fn log_as(mut self, call_type: CallType) -> LogAs {
        *self.field(call_type)
    }

    /// Sets how calls of `call_type` are logged.
    pub fn set(&mut self, call_type: CallType, log_as: LogAs) {
        *self.field(call_type) = log_as;
    }

    fn field(&mut self, call_type: CallType) -> &mut LogAs {
        match call_type {
            CallType::OutboundAnswered => &mut self.outbound_answered,
            CallType::OutboundUnanswered => &mut self.outbound_unanswered,
            CallType::InboundAnswered => &mut self.inbound_answered,
            CallType::Missed => &mut self.missed,
            CallType::Voicemail => &mut self.voicemail,
        }
    }
}

/// Whether calls are logged outside business hours. Does not apply to messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogCalls {
    /// All calls.
    Always,
    /// Only calls that started while the line was open.
    DuringBusinessHours,
}

/// Business hours, and whether calls outside them are logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// Whether calls outside business hours are logged.
    pub log_calls: LogCalls,
    /// The hours of every line without its own; null means that Aircall's signals decide.
    #[serde(deserialize_with = "required")]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub schedule: Option<Schedule>,
    /// The hours of individual lines, by their ids. An empty entry means always closed.
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

/// The Account of a Contact that is created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactAccount {
    /// None. Such a Contact is private: only its owner and administrators see it.
    #[default]
    None,
    /// The Account of `contact_account_id`.
    Named,
    /// The most recently updated Account with exactly the name of the company in Aircall, which is created if there is
    /// none.
    ByCompany,
}

/// What to do with calls and messages between the company's own lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InternalCalls {
    /// Log them on the record that has the line's number, if there is one. None is created.
    #[default]
    Log,
    /// Do not log them.
    DoNothing,
}

/// Who owns the Task of a call that was transferred within the company.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransferredCallOwner {
    /// The user who had the call last.
    #[default]
    Last,
    /// The user who took or made it.
    First,
}

/// What the Task's Call Result (`CallDisposition`) holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// The tags.
    #[default]
    Tags,
    /// The list that Aircall's own integration writes, on which reports may be built: `aircall`, the tags, direction,
    /// whether the call was answered, the line's number, why it was missed.
    Aircall,
}

/// How messages are grouped into Tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageTasks {
    /// One Task for each message.
    #[default]
    PerMessage,
    /// One Task for all messages of a day between a line and an external phone number, in the line's time zone.
    PerConversation,
}

/// What a Contact's Task is related to as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RelateTo {
    /// Nothing.
    Nothing,
    /// The Contact's most recently updated open Case.
    Case,
    /// The Contact's most recently updated open Opportunity.
    Opportunity,
}

/// A validation error of a settings document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The path, such as `business_hours.schedule.weekly.monday[1].opens`.
    #[cfg_attr(feature = "openapi", schema(example = "call_workflow.missed"))]
    pub path: String,
    /// The error, as a sentence.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl Default for Settings {
    /// The settings of a new tenant.
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
            contact_account: ContactAccount::None,
            contact_account_id: None,
            assignment_rules: false,
            internal_calls: InternalCalls::Log,
            transferred_call_owner: TransferredCallOwner::Last,
            call_result: CallResult::Tags,
            relate_to: RelateTo::Nothing,
            create_case_if_none: false,
            recording_link: true,
            log_messages: true,
            message_tasks: MessageTasks::PerMessage,
            lines: None,
            api_usage_limit: default_api_usage_limit(),
            backfill_requests_per_minute: default_backfill_requests(),
        }
    }
}

impl Settings {
    /// Reads a settings document.
    ///
    /// # Errors
    /// All problems, each with its path. For a document that does not match the schema, only the first one.
    pub fn parse(document: &serde_json::Value) -> Result<Self, Vec<Problem>> {
        if !document.is_object() {
            let message = "the settings are a JSON object".to_owned();
            return Err(vec![Problem { path: String::new(), message }]);
        }
        let settings: Self =
            serde_path_to_error::deserialize(document).map_err(|error| vec![schema_problem(&error)])?;
        let problems = settings.problems();
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    /// Reads a stored document leniently, as [`stored::read`] does: keys that this version does not know are ignored,
    /// and what is missing or not understood has the value of a new tenant.
    ///
    /// # Errors
    /// With serde's message, when the document is not an object with a version.
    pub fn from_stored(document: serde_json::Value) -> Result<Self, String> {
        static DEFAULTS: LazyLock<serde_json::Value> = LazyLock::new(|| {
            let mut defaults = serde_json::to_value(Settings::default()).expect("settings are JSON");
            // Changes are made on a version, so it is never guessed.
            defaults.as_object_mut().expect("an object").remove("version");
            defaults
        });
        stored::read(document, &DEFAULTS)
    }

    /// The problems of a document that matches the schema.
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut note = |path: String, message: String| problems.push(Problem { path, message });
        if self.create_case_if_none && self.relate_to != RelateTo::Case {
            let message = "a Case can only be created when relate_to is \"case\"";
            note("create_case_if_none".to_owned(), message.to_owned());
        }
        match self.contact_account_id {
            None if self.contact_account == ContactAccount::Named => {
                let message = "the id of an Account is required where contact_account is \"named\"";
                note("contact_account_id".to_owned(), message.to_owned());
            }
            Some(id) if id.prefix() != ACCOUNT_PREFIX => {
                let message = "this is not the id of an Account, which begins with 001";
                note("contact_account_id".to_owned(), message.to_owned());
            }
            None | Some(_) => {}
        }
        for (path, message) in self.business_hours.schedule.iter().flat_map(Schedule::problems) {
            note(format!("business_hours.schedule.{path}"), message);
        }
        if self.business_hours.lines.len() > MAX_LINES_WITH_HOURS {
            let message = format!("at most {MAX_LINES_WITH_HOURS} lines can have hours of their own");
            note("business_hours.numbers".to_owned(), message);
        }
        for (line, schedule) in &self.business_hours.lines {
            for (path, message) in schedule.problems() {
                note(format!("business_hours.numbers.{}.{path}", line.0), message);
            }
        }
        problems
    }
}

/// A value that may be null but not missing: a key missing from a complete document was probably forgotten.
fn required<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// Like [`required`], for unique ids as JSON numbers. Ids are only strings as keys of an object.
fn required_ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BTreeSet<LineId>>, D::Error> {
    let Some(ids): Option<Vec<u64>> = required(deserializer)? else { return Ok(None) };
    let mut lines = BTreeSet::new();
    match ids.into_iter().find(|id| !lines.insert(LineId(*id))) {
        Some(id) => Err(de::Error::custom(format!("the line {id} is listed twice"))),
        None => Ok(Some(lines)),
    }
}

fn default_api_usage_limit() -> u8 {
    95
}

fn default_backfill_requests() -> u8 {
    30
}

/// A percentage from 1 to 100.
fn percentage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    deserializer.deserialize_u64(UpTo { limit: 100, expected: "a whole number of per cent from 1 to 100" })
}

/// A number of requests a minute from 1 to 60.
fn requests_per_minute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    deserializer.deserialize_u64(UpTo { limit: 60, expected: "a whole number of requests from 1 to 60" })
}

/// Reads a whole number from 1 to a limit.
struct UpTo {
    limit: u8,
    expected: &'static str,
}

impl Visitor<'_> for UpTo {
    type Value = u8;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<u8, E> {
        let value = u8::try_from(number).ok().filter(|value| (1..=self.limit).contains(value));
        value.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}

/// Converts serde's error, with a missing or unknown key appended to its path.
fn schema_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
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
