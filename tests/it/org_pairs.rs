//! Bursts of 200 calls in orgs with several peculiarities at once, which then end: each call is logged once, and none has failed
//! that a second try would have logged.

use std::collections::BTreeSet;

use local::demo::bodies::{CallBody, Contact};
use salesforce_sandbox::{DuplicateAction, DuplicateRule, Options, Sharing, TaskStatus};
use serde_json::json;

use crate::support::TestEnv;

/// Callers with a Contact, of one call each.
const KNOWN: u64 = 100;
/// Callers without, of four calls each.
const UNKNOWN: u64 = 25;

fn phone(n: u64) -> String {
    format!("+33 6 39 98 {:02} {:02}", 10 + n / 100, n % 100)
}

fn calls() -> Vec<CallBody> {
    let caller = |n| if n < KNOWN { n } else { KNOWN + n % UNKNOWN };
    let call = |n| {
        let caller = caller(n);
        let contact = Contact::new("Lou", &format!("Caller {caller}")).with_email(&format!("lou.{caller}@example.com"));
        CallBody::inbound(n).from(&phone(caller)).known_as(&contact).answered_after(5)
    };
    (0..KNOWN + 4 * UNKNOWN).map(call).collect()
}

fn alert(fields: &[&str], names_record: bool) -> DuplicateRule {
    let fields = fields.iter().map(ToString::to_string).collect();
    DuplicateRule { sobject: "Contact".to_owned(), fields, action: DuplicateAction::Alert, names_record }
}

/// Writes the burst, in an org with `options` that end before the last calls are logged.
async fn burst(options: Options) {
    let env = TestEnv::with(options).await;
    let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
    env.put_settings(settings).await;
    for n in 0..KNOWN {
        env.contact(&format!("Caller {n}"), &phone(n));
    }
    let calls = calls();
    env.begin_together(calls.iter().map(|call| call.event("call.ended"))).await;
    env.until("it is paused, or all are logged", async |env| {
        env.connection().await["state"] == "paused" || env.records("Task").len() == calls.len()
    })
    .await;
    let failed: Vec<_> = env.entries().await.into_iter().filter(|entry| entry["state"] == "failed").collect();
    assert!(failed.is_empty(), "{failed:#?}");

    env.tenant.org.set_options(Options::default());
    env.forget_connection_state().await;
    for entry in env.entries().await.iter().filter(|entry| entry["state"] == "pending") {
        env.make_due(entry["key"].as_str().expect("a key")).await;
    }
    env.wake().await;
    env.wait_until_idle().await;
    for call in &calls {
        env.task(call);
    }
    let callers: BTreeSet<_> = env.records("Contact").iter().map(|contact| contact["Phone"].to_string()).collect();
    let (tasks, contacts) = (env.records("Task").len(), env.records("Contact").len());
    assert_eq!((tasks, contacts, callers.len()), (calls.len(), 125, 125));
}

#[tokio::test]
async fn a_trigger_for_few_records_and_a_duplicate_rule_that_names_nobody() {
    let rules = vec![alert(&["FirstName"], false)];
    burst(Options { max_records_per_write: 10, duplicate_rules: rules, ..Options::default() }).await;
}

#[tokio::test]
async fn a_trigger_for_few_records_in_a_read_only_window() {
    burst(Options { max_records_per_write: 3, read_only: true, ..Options::default() }).await;
}

#[tokio::test]
async fn a_trigger_for_few_records_and_other_statuses() {
    let status = |name: &str, is_closed| TaskStatus {
        api_name: name.to_owned(),
        master_label: None,
        is_closed,
        is_default: false,
    };
    let statuses = vec![status("Open", false), status("Done", true)];
    burst(Options { max_records_per_write: 7, task_statuses: Some(statuses), ..Options::default() }).await;
}

#[tokio::test]
async fn a_trigger_for_few_records_and_hidden_fields() {
    let hidden = vec!["Task.CallDisposition".to_owned(), "Contact.Email".to_owned()];
    burst(Options { max_records_per_write: 10, hidden_fields: hidden, ..Options::default() }).await;
}

#[tokio::test]
async fn a_private_org_whose_duplicate_rule_names_others_with_a_trigger_for_few_records() {
    let rules = vec![alert(&["FirstName"], true)];
    let (sharing, view_all_data) = (Sharing::Private, false);
    burst(Options { sharing, view_all_data, max_records_per_write: 20, duplicate_rules: rules, ..Options::default() })
        .await;
}
