//! The questions of the General page and their answers: the value in the document, its label, and what follows.

use crate::choices::Option3;

pub(super) const LOG_CALLS: [Option3; 2] = [
    ("always", "Log calls even when numbers are closed", "Every call counts, at any hour."),
    ("during_business_hours", "Log calls only during business hours", "Calls that start outside of them are skipped."),
];

pub(super) const HOURS_FROM: [Option3; 2] = [
    ("aircall", "As set in Aircall", "Aircall says whether the line was open."),
    ("own", "As set here", "A week, holidays and a time zone."),
];

pub(super) const UNKNOWN_NUMBER: [Option3; 4] = [
    ("create_contact", "Create a new Contact", ""),
    ("create_lead", "Create a new Lead", ""),
    ("create_account", "Create a new Account", ""),
    ("do_nothing", "Do nothing", "The call is not logged."),
];

pub(super) const RELATE_TO: [Option3; 3] = [
    ("nothing", "Neither", "Only the record with the number."),
    ("case", "Case", "The Contact’s open Case that was updated last."),
    ("opportunity", "Opportunity", "The Contact’s open Opportunity that was updated last."),
];

pub(super) const LINES: [Option3; 2] = [("all", "All lines", "New lines as well."), ("some", "Only these lines", "")];
