//! The differences between two versions of the settings, setting by setting, worded for admins.

pub(crate) mod log_as;
mod schedule;

use std::collections::BTreeSet;

use rules::settings::{
    CallResult, ContactAccount, InternalCalls, LogCalls, MessageTasks, RelateTo, TransferredCallOwner, UnknownNumber,
};
use rules::{CallType, LineId, Settings};

use self::log_as::names;

/// A setting that is changed and compared as a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    CallWorkflow(CallType),
    LogCalls,
    Schedule,
    LineSchedule(LineId),
    UnknownNumber,
    ContactAccount,
    AssignmentRules,
    InternalCalls,
    TransferredCallOwner,
    RelateTo,
    CallResult,
    RecordingLink,
    LogMessages,
    MessageTasks,
    Lines,
    ApiUsageLimit,
    BackfillRequests,
}

/// A setting that differs between two versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The setting.
    pub(crate) setting: Setting,
    /// Its path in the settings document.
    pub(crate) path: String,
    /// Its name on the pages.
    pub(crate) name: String,
    /// The old value in words. Opening hours have several lines.
    pub(crate) before: String,
    /// The new value in words.
    pub(crate) after: String,
}

/// The settings that differ, in the order of the pages.
pub(crate) fn changes(before: &Settings, after: &Settings) -> Vec<Change> {
    let differing = all(before, after).into_iter().filter_map(|setting| {
        // Compared by value, not by words: the words may leave something out.
        let mut same = before.clone();
        setting.copy(after, &mut same);
        (same != *before).then(|| {
            let (path, name) = setting.names();
            Change { setting, path, name, before: setting.words(before), after: setting.words(after) }
        })
    });
    differing.collect()
}

fn all(one: &Settings, other: &Settings) -> Vec<Setting> {
    let lines: BTreeSet<_> = one.business_hours.lines.keys().chain(other.business_hours.lines.keys()).collect();
    let workflow = CallType::ALL.into_iter().map(Setting::CallWorkflow);
    let mut all: Vec<_> = workflow.chain([Setting::LogCalls, Setting::Schedule]).collect();
    all.extend(lines.into_iter().copied().map(Setting::LineSchedule));
    all.extend([
        Setting::UnknownNumber,
        Setting::ContactAccount,
        Setting::AssignmentRules,
        Setting::InternalCalls,
        Setting::TransferredCallOwner,
        Setting::RelateTo,
        Setting::CallResult,
        Setting::RecordingLink,
        Setting::LogMessages,
        Setting::MessageTasks,
        Setting::Lines,
        Setting::ApiUsageLimit,
        Setting::BackfillRequests,
    ]);
    all
}

impl Setting {
    /// Its path in the document, and its name on the pages.
    fn names(self) -> (String, String) {
        let plain = |path: &str, name: &str| (path.to_owned(), name.to_owned());
        match self {
            Setting::CallWorkflow(call_type) => {
                (format!("call_workflow.{}", call_type.key()), call_type.title().to_owned())
            }
            Setting::LogCalls => plain("business_hours.log_calls", "Calls outside business hours"),
            Setting::Schedule => plain("business_hours.schedule", "Business hours"),
            Setting::LineSchedule(LineId(id)) => {
                (format!("business_hours.numbers.{id}"), format!("Business hours of line {id}"))
            }
            Setting::UnknownNumber => plain("unknown_number", "When the number does not exist in Salesforce"),
            Setting::ContactAccount => plain("contact_account", "Account of new Contacts"),
            Setting::AssignmentRules => plain("assignment_rules", "Assignment rules"),
            Setting::InternalCalls => plain("internal_calls", "Calls between your own lines"),
            Setting::TransferredCallOwner => plain("transferred_call_owner", "Transferred calls"),
            Setting::RelateTo => plain("relate_to", "Case or Opportunity"),
            Setting::CallResult => plain("call_result", "Call Result"),
            Setting::RecordingLink => plain("recording_link", "Link to the recording"),
            Setting::LogMessages => plain("log_messages", "Messages"),
            Setting::MessageTasks => plain("message_tasks", "Tasks of messages"),
            Setting::Lines => plain("numbers", "Lines"),
            Setting::ApiUsageLimit => plain("api_usage_limit", "Salesforce API use"),
            Setting::BackfillRequests => plain("backfill_requests_per_minute", "Aircall API use"),
        }
    }

    /// Its value in words.
    pub(crate) fn words(self, settings: &Settings) -> String {
        let hours = &settings.business_hours;
        let either = |is: bool, yes: &str, no: &str| if is { yes.to_owned() } else { no.to_owned() };
        match self {
            Setting::CallWorkflow(call_type) => names(settings.call_workflow.log_as(call_type)).label.to_owned(),
            Setting::LogCalls => {
                either(hours.log_calls == LogCalls::Always, "Logged as well", "Not logged: only during business hours")
            }
            Setting::Schedule => hours.schedule.as_ref().map_or_else(|| "As Aircall says".to_owned(), schedule::words),
            Setting::LineSchedule(id) => {
                hours.lines.get(&id).map_or_else(|| "As for all lines".to_owned(), schedule::words)
            }
            Setting::UnknownNumber => match settings.unknown_number {
                UnknownNumber::CreateContact => "Create a new Contact",
                UnknownNumber::CreateLead => "Create a new Lead",
                UnknownNumber::CreateAccount => "Create a new Account",
                UnknownNumber::DoNothing => "Do nothing",
            }
            .to_owned(),
            Setting::ContactAccount => match (settings.contact_account, settings.contact_account_id) {
                (ContactAccount::None, _) | (ContactAccount::Named, None) => "None".to_owned(),
                (ContactAccount::Named, Some(id)) => format!("The Account {id}"),
                (ContactAccount::ByCompany, _) => "That of the company, created if there is none".to_owned(),
            },
            Setting::AssignmentRules => either(
                settings.assignment_rules,
                "Applied to new Leads and Cases",
                "Not applied to new Leads and Cases",
            ),
            Setting::InternalCalls => either(
                settings.internal_calls == InternalCalls::Log,
                "Log on the record that has the line’s number",
                "Do nothing",
            ),
            Setting::TransferredCallOwner => either(
                settings.transferred_call_owner == TransferredCallOwner::Last,
                "The Task belongs to the last user",
                "The Task belongs to the first user",
            ),
            Setting::RelateTo => match (settings.relate_to, settings.create_case_if_none) {
                (RelateTo::Nothing, _) => "Neither",
                (RelateTo::Case, false) => "Case",
                (RelateTo::Case, true) => "Case, created if there is none",
                (RelateTo::Opportunity, _) => "Opportunity",
            }
            .to_owned(),
            Setting::CallResult => {
                either(settings.call_result == CallResult::Tags, "The tags", "As Aircall’s own integration writes it")
            }
            Setting::RecordingLink => either(settings.recording_link, "In the Task", "Not in the Task"),
            Setting::LogMessages => either(settings.log_messages, "Logged", "Not logged"),
            Setting::MessageTasks => either(
                settings.message_tasks == MessageTasks::PerMessage,
                "One for each message",
                "One for each conversation and day",
            ),
            Setting::Lines => settings.lines.as_ref().map_or_else(
                || "All lines".to_owned(),
                |lines| {
                    let ids: Vec<String> = lines.iter().map(|LineId(id)| id.to_string()).collect();
                    if ids.is_empty() { "No line".to_owned() } else { format!("Only {}", ids.join(", ")) }
                },
            ),
            Setting::ApiUsageLimit => format!("Up to {} % of the org’s daily calls", settings.api_usage_limit),
            Setting::BackfillRequests => {
                format!("Up to {} requests a minute to fetch calls", settings.backfill_requests_per_minute)
            }
        }
    }

    /// Copies it from one version into another.
    pub(crate) fn copy(self, from: &Settings, into: &mut Settings) {
        match self {
            Setting::CallWorkflow(call_type) => {
                into.call_workflow.set(call_type, from.call_workflow.log_as(call_type));
            }
            Setting::LogCalls => into.business_hours.log_calls = from.business_hours.log_calls,
            Setting::Schedule => into.business_hours.schedule.clone_from(&from.business_hours.schedule),
            Setting::LineSchedule(id) => {
                match from.business_hours.lines.get(&id) {
                    Some(schedule) => into.business_hours.lines.insert(id, schedule.clone()),
                    None => into.business_hours.lines.remove(&id),
                };
            }
            Setting::UnknownNumber => into.unknown_number = from.unknown_number,
            // The ID belongs to the choice, so both are copied together.
            Setting::ContactAccount => {
                into.contact_account = from.contact_account;
                into.contact_account_id = from.contact_account_id;
            }
            Setting::AssignmentRules => into.assignment_rules = from.assignment_rules,
            Setting::InternalCalls => into.internal_calls = from.internal_calls,
            Setting::TransferredCallOwner => into.transferred_call_owner = from.transferred_call_owner,
            // `create_case_if_none` depends on `relate_to`, so both are copied together.
            Setting::RelateTo => {
                into.relate_to = from.relate_to;
                into.create_case_if_none = from.create_case_if_none;
            }
            Setting::CallResult => into.call_result = from.call_result,
            Setting::RecordingLink => into.recording_link = from.recording_link,
            Setting::LogMessages => into.log_messages = from.log_messages,
            Setting::MessageTasks => into.message_tasks = from.message_tasks,
            Setting::Lines => into.lines.clone_from(&from.lines),
            Setting::ApiUsageLimit => into.api_usage_limit = from.api_usage_limit,
            Setting::BackfillRequests => into.backfill_requests_per_minute = from.backfill_requests_per_minute,
        }
    }
}

#[cfg(test)]
mod tests {
    use rules::settings::LogAs;
    use serde_json::{Value, json};

    use super::*;

    fn settings(changes: &[(&str, Value)]) -> Settings {
        let mut document = serde_json::to_value(Settings::default()).unwrap();
        for (pointer, value) in changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        Settings::parse(&document).unwrap()
    }

    /// Settings in which every key differs from the default.
    fn everything_changed() -> Settings {
        let mut all = settings(&[
            ("/business_hours/log_calls", json!("during_business_hours")),
            ("/business_hours/schedule", json!({"weekly": {"monday": [{"opens": "09:00", "closes": "17:00"}]}})),
            ("/business_hours/numbers", json!({"7": {}})),
            ("/unknown_number", json!("create_lead")),
            ("/contact_account", json!("named")),
            ("/contact_account_id", json!("001000000000001AAA")),
            ("/assignment_rules", json!(true)),
            ("/internal_calls", json!("do_nothing")),
            ("/transferred_call_owner", json!("first")),
            ("/call_result", json!("aircall")),
            ("/relate_to", json!("case")),
            ("/create_case_if_none", json!(true)),
            ("/recording_link", json!(false)),
            ("/log_messages", json!(false)),
            ("/message_tasks", json!("per_conversation")),
            ("/numbers", json!([7, 8])),
            ("/api_usage_limit", json!(80)),
            ("/backfill_requests_per_minute", json!(12)),
        ]);
        for call_type in CallType::ALL {
            all.call_workflow.set(call_type, LogAs::DoNothing);
        }
        all
    }

    #[test]
    fn every_setting_has_a_name_and_can_be_copied() {
        let (before, after) = (Settings::default(), everything_changed());
        let (old, new) = (serde_json::to_value(&before).unwrap(), serde_json::to_value(&after).unwrap());
        for (key, value) in old.as_object().unwrap().iter().filter(|(key, _)| *key != "version") {
            assert_ne!(*value, new[key], "the test does not change {key}");
        }
        let mut copied = before.clone();
        for change in changes(&before, &after) {
            assert_ne!(change.before, change.after, "{change:?}");
            change.setting.copy(&after, &mut copied);
        }
        assert_eq!(copied, after);
        assert_eq!(changes(&after, &after), []);
    }

    #[test]
    fn a_change_is_described_in_words() {
        let after = settings(&[("/call_workflow/missed", json!("do_nothing"))]);
        let [change] = &changes(&Settings::default(), &after)[..] else { panic!("one change") };
        let texts = [&*change.path, &*change.name, &*change.before, &*change.after];
        assert_eq!(texts, ["call_workflow.missed", "Missed call", "In progress", "Do nothing"]);
    }

    #[test]
    fn the_hours_of_each_line_are_a_separate_change() {
        let one = settings(&[("/business_hours/numbers", json!({"7": {}}))]);
        let two = settings(&[("/business_hours/numbers", json!({"7": {}, "8": {}}))]);
        let [change] = &changes(&one, &two)[..] else { panic!("one change") };
        assert_eq!((&*change.path, &*change.before), ("business_hours.numbers.8", "As for all lines"));
        let mut undone = two.clone();
        change.setting.copy(&one, &mut undone);
        assert_eq!(undone, one);
    }
}
