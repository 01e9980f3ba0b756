//! The rules as tables and laws.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod business_hours;
mod call_workflow;
mod matching;
mod merge;
mod messages;
mod relate;
mod revise;
mod support;
mod task;
mod unknown;
