//! Differences from the expected results are reported.

use jiff::civil::date;
use salesforce_sandbox::{Options, Org};
use serde_json::{Value, json};

use super::mismatches;
use crate::demo::{
    api::Entry,
    scenario::{self, Scenario, Scene},
};

/// A seeded org, and the scene of the voicemail on a Lead.
fn voicemail() -> (Org, Scene) {
    let org = Org::new(Options::default());
    scenario::seed(&org).unwrap();
    let scenes = Scenario::on(date(2026, 3, 6)).unwrap().scenes;
    (org, scenes.into_iter().find(|scene| scene.interaction.key() == "call-2026030603").unwrap())
}

fn entry(key: &str, state: &str) -> Entry {
    let entry = json!({"key": key, "state": state, "reason": "Because.", "status": null, "kind": "call",
        "call_type": null,
        "started_at": 0, "started_at_local": "", "number": {"name": "Support line"}, "external_number": null,
        "record": null});
    serde_json::from_value(entry).unwrap()
}

/// The expected Task of the voicemail, on the first record of this object.
fn task(org: &Org, sobject: &str) -> Value {
    json!({"CallObject": "call-2026030603", "Subject": "Voicemail", "Status": "In Progress",
        "WhoId": org.records(sobject)[0]["Id"], "OwnerId": org.admin_user_id(),
        "Description": "Voicemail: https://assets.aircall.io/calls/2026030603/voicemail"})
}

#[track_caller]
fn check(state: &str, tasks: impl FnOnce(&Org) -> Vec<Value>, expect: &[&str]) {
    let (org, scene) = voicemail();
    for task in tasks(&org) {
        org.insert("Task", task).unwrap();
    }
    let key = scene.interaction.key();
    assert_eq!(mismatches(&[scene], &org, &[entry(&key, state)]), expect);
}

#[test]
fn the_expected_task_has_no_mismatch() {
    check("logged", |org| vec![task(org, "Lead")], &[]);
}

#[test]
fn a_missing_task_and_a_wrong_record_are_reported() {
    check("failed", |_| vec![], &["call-2026030603: expected 1 Task, found 0; the entry is failed: Because."]);
    let wrong = "call-2026030603: it is on the Contact Camille Moreau, not on the Lead Noor Haddad";
    check("logged", |org| vec![task(org, "Contact")], &[wrong]);
}

#[test]
fn a_duplicate_task_is_reported() {
    let twice = "call-2026030603: expected 1 Task, found 2; the entry is logged: Because.";
    check("logged", |org| vec![task(org, "Lead"), task(org, "Lead")], &[twice]);
}
