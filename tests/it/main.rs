//! End-to-end tests: the real function binaries, driven through the webhook URL and the console's API, against a
//! sandbox Salesforce org.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

mod aircall_account;
mod automation;
mod backfill;
#[cfg(feature = "browser")]
mod browser;
mod budgets;
mod build;
mod bursts;
mod business_hours;
mod call_workflow;
mod dead_letters;
mod decide_again;
mod docs;
mod fault_table;
mod faults;
mod flood;
mod grants;
mod idempotency;
mod injection;
mod isolation;
mod killed;
mod late_answers;
mod late_updates;
mod load;
mod logs;
mod long_conversations;
mod matching;
mod messages;
mod messages_bodies;
mod odd_bodies;
mod old_calls;
mod one_bad_record;
mod openapi;
mod org_health;
mod org_pairs;
mod org_rules;
mod orgs;
mod outage_triage;
mod own_lines;
mod phones;
mod public_url;
mod random_faults;
mod relate;
mod rotation;
mod stored_documents;
mod support;
mod sweep;
mod task;
mod template;
mod tenants;
mod tokens;
mod webhook;
mod webhook_health;
