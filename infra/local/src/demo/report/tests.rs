//! A day that went wrong is noticed.

use jiff::civil::date;
use salesforce_sandbox::{Options, Org};
use serde_json::{Value, json};

use super::mismatches;
use crate::demo::{
    api::Entry,
    scenario::{self, Scenario, Scene},
};

/// The voicemail on a Lead, in an org that is seeded.
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

/// The Task that the voicemail is to become, on the first record of this object.
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
fn the_right_task_is_right() {
    check("logged", |org| vec![task(org, "Lead")], &[]);
}

#[test]
fn no_task_and_a_wrong_record_are_noticed() {
    check("failed", |_| vec![], &["call-2026030603: it has 0 Tasks, not one; it is failed: Because."]);
    let wrong = "call-2026030603: it is on the Contact Camille Moreau, not on the Lead Noor Haddad";
    check("logged", |org| vec![task(org, "Contact")], &[wrong]);
}

#[test]
fn a_second_task_is_noticed() {
    let twice = "call-2026030603: it has 2 Tasks, not one; it is logged: Because.";
    check("logged", |org| vec![task(org, "Lead"), task(org, "Lead")], &[twice]);
}
