//! The choices of the General page: the value in the settings document, its label, and a note.

use crate::settings::choices::Option3;

pub(super) const LOG_CALLS: [Option3; 2] = [
    ("always", "Log calls even when lines are closed", "Calls are logged at any time."),
    (
        "during_business_hours",
        "Log calls only during business hours",
        "Calls that start outside business hours are skipped.",
    ),
];

pub(super) const HOURS_FROM: [Option3; 2] = [
    (
        "aircall",
        "As set in Aircall",
        "Aircall determines whether the line was open. For Smartflow lines it does not keep this up to date: set their hours here.",
    ),
    ("own", "As set here", "A weekly schedule, holidays and a time zone."),
];

pub(super) const UNKNOWN_NUMBER: [Option3; 4] = [
    ("create_contact", "Create a new Contact", ""),
    ("create_lead", "Create a new Lead", ""),
    ("create_account", "Create a new Account", ""),
    ("do_nothing", "Do nothing", "The call is not logged."),
];

pub(super) const CONTACT_ACCOUNT: [Option3; 3] = [
    ("none", "No Account", "The Contact is private: only its owner and administrators see it."),
    ("named", "One Account", "Every new Contact belongs to the Account below."),
    (
        "by_company",
        "The Account of the company",
        "The Account with exactly the company’s name in Aircall, created if there is none. Without a company: no Account.",
    ),
];

pub(super) const INTERNAL_CALLS: [Option3; 2] = [
    ("log", "Log them", "On the record that has the line’s number, if there is one. None is created."),
    ("do_nothing", "Do nothing", "They are not logged."),
];

pub(super) const TRANSFERRED_CALL_OWNER: [Option3; 2] = [
    ("last", "The last user", "The Task belongs to whoever had the call at the end."),
    ("first", "The first user", "The Task belongs to whoever took or made the call."),
];

pub(super) const RELATE_TO: [Option3; 3] = [
    ("nothing", "Neither", "Log only to the record that has the number."),
    ("case", "Case", "The Contact’s most recently updated open Case."),
    ("opportunity", "Opportunity", "The Contact’s most recently updated open Opportunity."),
];

pub(super) const LINES: [Option3; 2] = [("all", "All lines", "Including new lines."), ("some", "Only these lines", "")];
