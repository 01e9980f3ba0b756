//! Tests from outside: real function binaries behind the webhook URL, the console's API and a sandbox Salesforce org.

#![expect(clippy::unwrap_used, reason = "what a test expects and does not find fails it")]

mod business_hours;
mod call_workflow;
mod faults;
mod harm;
mod killed;
mod later;
mod logs;
mod matching;
mod once;
mod relate;
mod support;
mod task;
mod template;
mod tenants;
mod webhook;
