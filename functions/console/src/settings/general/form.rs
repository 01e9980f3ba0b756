//! The form of the General page, as typed, and its conversion to a settings document.

use std::collections::{BTreeMap, BTreeSet};

use rules::schedule::Schedule;
use rules::settings::{CallResult, MessageTasks, Problem};
use rules::{LineId, Settings};
use salesforce::{SObject, SalesforceId};
use serde_json::{Map, Value, json};

use super::hours::HoursForm;
use super::options::{
    CONTACT_ACCOUNT, HOURS_FROM, INTERNAL_CALLS, LINES, LOG_CALLS, RELATE_TO, TRANSFERRED_CALL_OWNER, UNKNOWN_NUMBER,
};
use crate::settings::choices::{Choices, Option3};
use crate::web::errors::Errors;
use crate::web::form::Fields;

/// The form's values, as shown and typed.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "one for each checkbox")]
pub(super) struct GeneralForm {
    pub(super) version: String,
    pub(super) log_calls: String,
    /// `aircall` or `own`.
    pub(super) hours_from: String,
    pub(super) hours: HoursForm,
    pub(super) line_hours: Vec<(LineId, HoursForm)>,
    pub(super) unknown_number: String,
    pub(super) contact_account: String,
    /// The ID of the Account, as typed.
    pub(super) contact_account_id: String,
    pub(super) assignment_rules: bool,
    pub(super) internal_calls: String,
    pub(super) transferred_call_owner: String,
    pub(super) call_result: CallResult,
    pub(super) relate_to: String,
    pub(super) create_case: bool,
    pub(super) recording_link: bool,
    pub(super) log_messages: bool,
    pub(super) message_tasks: MessageTasks,
    /// `all` or `some`.
    pub(super) lines: String,
    pub(super) chosen_lines: BTreeSet<LineId>,
    /// IDs of lines whose names are not known, as typed.
    pub(super) other_lines: String,
    pub(super) api_usage_limit: String,
    pub(super) backfill_requests: String,
}

/// Prefix of the field names of a line's own hours.
pub(super) fn prefix(line: LineId) -> String {
    format!("line-{}", line.0)
}

/// Prefix of the field names of the general hours.
pub(super) const HOURS: &str = "hours";

impl GeneralForm {
    /// Fills the form from the settings.
    pub(super) fn new(settings: &Settings, known: &BTreeMap<LineId, String>) -> Self {
        let document = json!(settings);
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let hours = &settings.business_hours;
        let chosen_lines = settings.lines.clone().unwrap_or_default();
        let other_lines: Vec<String> =
            chosen_lines.iter().filter(|id| !known.contains_key(id)).map(|id| id.0.to_string()).collect();
        Self {
            version: settings.version.to_string(),
            log_calls: text("/business_hours/log_calls"),
            hours_from: if hours.schedule.is_some() { "own" } else { "aircall" }.to_owned(),
            hours: HoursForm::from_schedule(HOURS, &hours.schedule.clone().unwrap_or_else(office_hours)),
            line_hours: hours
                .lines
                .iter()
                .map(|(id, hours)| (*id, HoursForm::from_schedule(&prefix(*id), hours)))
                .collect(),
            unknown_number: text("/unknown_number"),
            contact_account: text("/contact_account"),
            contact_account_id: text("/contact_account_id"),
            assignment_rules: settings.assignment_rules,
            internal_calls: text("/internal_calls"),
            transferred_call_owner: text("/transferred_call_owner"),
            call_result: settings.call_result,
            relate_to: text("/relate_to"),
            create_case: settings.create_case_if_none,
            recording_link: settings.recording_link,
            log_messages: settings.log_messages,
            message_tasks: settings.message_tasks,
            lines: if settings.lines.is_some() { "some" } else { "all" }.to_owned(),
            chosen_lines,
            other_lines: other_lines.join(", "),
            api_usage_limit: settings.api_usage_limit.to_string(),
            backfill_requests: settings.backfill_requests_per_minute.to_string(),
        }
    }

    /// Reads the submitted form.
    pub(super) fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        let id = |text: &str| text.parse().map(LineId).ok();
        let line_hours: BTreeSet<LineId> = fields.all("line_hours").filter_map(id).collect();
        Self {
            version: text("version"),
            log_calls: text("log_calls"),
            hours_from: text("hours_from"),
            hours: HoursForm::read(HOURS, fields),
            line_hours: line_hours.into_iter().map(|id| (id, HoursForm::read(&prefix(id), fields))).collect(),
            unknown_number: text("unknown_number"),
            contact_account: text("contact_account"),
            contact_account_id: text("contact_account_id"),
            assignment_rules: fields.has("assignment_rules"),
            internal_calls: text("internal_calls"),
            transferred_call_owner: text("transferred_call_owner"),
            call_result: if fields.has("aircall_result") { CallResult::Aircall } else { CallResult::Tags },
            relate_to: text("relate_to"),
            create_case: fields.has("create_case_if_none"),
            recording_link: fields.has("recording_link"),
            log_messages: fields.has("log_messages"),
            message_tasks: if fields.has("conversations") {
                MessageTasks::PerConversation
            } else {
                MessageTasks::PerMessage
            },
            lines: text("lines"),
            chosen_lines: fields.all("line").filter_map(id).collect(),
            other_lines: text("other_lines"),
            api_usage_limit: text("api_usage_limit"),
            backfill_requests: text("backfill_requests_per_minute"),
        }
    }

    /// Whether the Call Result is the list of Aircall's own integration.
    pub(super) fn has_aircall_result(&self) -> bool {
        self.call_result == CallResult::Aircall
    }

    /// Whether each conversation and day has one Task.
    pub(super) fn is_per_conversation(&self) -> bool {
        self.message_tasks == MessageTasks::PerConversation
    }

    /// The hours editor whose field names begin with `prefix`.
    pub(super) fn editor(&mut self, prefix: &str) -> Option<&mut HoursForm> {
        let of_lines = self.line_hours.iter_mut().map(|(_, hours)| hours);
        [&mut self.hours].into_iter().chain(of_lines).find(|hours| hours.prefix == prefix)
    }

    /// The whole settings document with the form's values. Adds an error for each value that is not valid.
    pub(super) fn document(&mut self, current: &Settings, errors: &mut Errors) -> Value {
        for (name, options, chosen) in [
            ("log_calls", &LOG_CALLS[..], &self.log_calls),
            ("hours_from", &HOURS_FROM, &self.hours_from),
            ("unknown_number", &UNKNOWN_NUMBER, &self.unknown_number),
            ("internal_calls", &INTERNAL_CALLS, &self.internal_calls),
            ("transferred_call_owner", &TRANSFERRED_CALL_OWNER, &self.transferred_call_owner),
            ("relate_to", &RELATE_TO, &self.relate_to),
            ("lines", &LINES, &self.lines),
        ] {
            check_choice(name, options, chosen, errors);
        }
        let mut document = json!(current);
        document["version"] = self.version.parse().map_or(Value::Null, |version: u64| json!(version));
        document["business_hours"] = self.business_hours(errors);
        document["unknown_number"] = json!(self.unknown_number);
        self.set_contact_account(&mut document, errors);
        document["assignment_rules"] = json!(self.assignment_rules);
        document["internal_calls"] = json!(self.internal_calls);
        document["transferred_call_owner"] = json!(self.transferred_call_owner);
        document["call_result"] = json!(self.call_result);
        document["relate_to"] = json!(self.relate_to);
        // The checkbox belongs to Case, so it is ignored while something else is chosen.
        document["create_case_if_none"] = json!(self.create_case && self.relate_to == "case");
        document["recording_link"] = json!(self.recording_link);
        document["log_messages"] = json!(self.log_messages);
        document["message_tasks"] = json!(self.message_tasks);
        document["numbers"] = self.line_ids(errors);
        for (name, typed, problem) in [
            ("api_usage_limit", &self.api_usage_limit, "Salesforce API use: enter a whole number from 1 to 100."),
            (
                "backfill_requests_per_minute",
                &self.backfill_requests,
                "Aircall API use: enter a whole number from 1 to 60.",
            ),
        ] {
            document[name] = typed.parse().map_or(Value::Null, |number: u64| json!(number));
            let mut defaults = json!(Settings::default());
            defaults[name] = document[name].clone();
            if Settings::parse(&defaults).is_err() {
                errors.at(name, problem);
            }
        }
        document
    }

    /// Sets the Account of new Contacts. It is ignored while no Contacts are created, and the ID while another choice is
    /// made.
    fn set_contact_account(&self, document: &mut Value, errors: &mut Errors) {
        if self.unknown_number != "create_contact" {
            return;
        }
        check_choice("contact_account", &CONTACT_ACCOUNT, &self.contact_account, errors);
        document["contact_account"] = json!(self.contact_account);
        if self.contact_account != "named" {
            return;
        }
        let id = SalesforceId::parse(&self.contact_account_id).ok();
        match id.filter(|id| SObject::of(*id) == Some(SObject::Account)) {
            Some(id) => document["contact_account_id"] = json!(id),
            None => errors.at("contact_account_id", "Account: enter the ID of an Account, which begins with 001."),
        }
    }

    fn business_hours(&mut self, errors: &mut Errors) -> Value {
        self.hours = self.hours.clone().without_empty_rows();
        let schedule = if self.hours_from == "own" { self.hours.document(errors) } else { Value::Null };
        let mut lines = Map::new();
        for (id, hours) in &mut self.line_hours {
            *hours = hours.clone().without_empty_rows();
            lines.insert(id.0.to_string(), hours.document(errors));
        }
        json!({ "log_calls": self.log_calls, "schedule": schedule, "numbers": lines })
    }

    fn line_ids(&self, errors: &mut Errors) -> Value {
        if self.lines != "some" {
            return Value::Null;
        }
        let mut ids = self.chosen_lines.clone();
        for text in self.other_lines.split([',', ' ', ';', '\n']).map(str::trim).filter(|text| !text.is_empty()) {
            match text.parse() {
                Ok(id) => drop(ids.insert(LineId(id))),
                Err(_) => {
                    errors
                        .at("other_lines", format!("Lines: “{text}” is not a line ID. Enter a number such as 397375."));
                }
            }
        }
        if ids.is_empty() && errors.message_for("other_lines").is_none() {
            errors.at("lines-all", "Lines: choose at least one, or log all lines.");
        }
        json!(ids)
    }

    /// Adds the validation problems of the document to the fields that caused them.
    pub(super) fn add_problems(&mut self, problems: Vec<Problem>, errors: &mut Errors) {
        let mut elsewhere = Vec::new();
        for problem in problems {
            let hours =
                problem.path.strip_prefix("business_hours.").and_then(|path| match path.strip_prefix("numbers.") {
                    Some(rest) => rest.split_once('.').map(|(id, path)| (format!("line-{id}"), path)),
                    None => path.strip_prefix("schedule.").map(|path| (HOURS.to_owned(), path)),
                });
            let is_shown = hours.is_some_and(|(prefix, path)| {
                self.editor(&prefix).is_some_and(|editor| editor.add_error(path, &problem.message, errors))
            });
            if !is_shown {
                elsewhere.push(problem);
            }
        }
        errors.add_problems(elsewhere, |path| match path {
            "create_case_if_none" | "contact_account_id" | "api_usage_limit" | "backfill_requests_per_minute" => {
                Some(path.to_owned())
            }
            _ => None,
        });
    }
}

fn check_choice(name: &str, options: &[Option3], chosen: &str, errors: &mut Errors) {
    if !options.iter().any(|(value, ..)| *value == chosen) {
        errors.at(Choices::first_id(name, options), "Choose an option.");
    }
}

/// The initial hours when an admin chooses to enter hours.
fn office_hours() -> Schedule {
    let day = json!([{ "opens": "09:00", "closes": "17:00" }]);
    let week = json!({ "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day });
    serde_json::from_value(json!({ "weekly": week })).expect("nine to five is a schedule")
}
