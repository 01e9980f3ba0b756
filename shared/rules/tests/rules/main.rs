//! Example tables and properties of the rules.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod any_report;
mod business_hours;
mod call_workflow;
mod decide_again;
mod delivery_order;
mod fetched;
mod internal_calls;
mod matching;
mod merge;
mod merge_gaps;
mod messages;
mod phone_speed;
mod phones;
mod phones_page;
mod relate;
mod revise;
mod settings_documents;
mod support;
mod task;
mod unknown;
