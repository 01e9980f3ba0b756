//! From the phone number to the record.

use std::collections::BTreeMap;

use local::demo::bodies::CallBody;
use serde_json::{Value, json};

use crate::support::{TestEnv, days_ago};

const FIELDS: [&str; 5] = ["Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone"];

/// The links of a Task: `WhoId` and `WhatId`.
fn links(task: &Value) -> (Value, Value) {
    (task["WhoId"].clone(), task["WhatId"].clone())
}

/// Inserts a record of this kind with a phone number, and returns the `WhoId` and `WhatId` of a Task on it.
fn insert(env: &TestEnv, kind: &str, name: &str, phone: &str) -> (Value, Value) {
    match kind {
        "Contact" => (json!(env.contact(name, phone)), Value::Null),
        "Lead" => (
            json!(env.insert("Lead", json!({"LastName": name, "Company": "Sample Ltd", "MobilePhone": phone}))),
            Value::Null,
        ),
        "Account" => (Value::Null, json!(env.insert("Account", json!({"Name": name, "Phone": phone})))),
        "Person Account" => {
            let id = env.insert("Account", json!({"LastName": name, "PersonMobilePhone": phone}));
            let accounts = env.records("Account");
            let person = accounts.iter().find(|account| account["Id"] == id).expect("the Person Account");
            assert!(person["PersonContactId"].is_string());
            (person["PersonContactId"].clone(), Value::Null)
        }
        other => panic!("no kind {other}"),
    }
}

#[tokio::test]
async fn contact_beats_lead_beats_account_beats_person_account() {
    let env = TestEnv::with_person_accounts().await;
    let kinds = ["Contact", "Lead", "Account", "Person Account"];
    let mut expected = BTreeMap::new();
    // Every set of kinds has its own phone number. The records are inserted in reverse order of precedence.
    for set in 1_u64..16 {
        let phone = format!("+33 6 39 98 01 {set:02}");
        let present: Vec<_> = kinds.iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0).collect();
        let mut best = None;
        for (_, kind) in present.iter().rev() {
            best = Some((**kind, insert(&env, kind, &format!("{kind} {set}"), &phone)));
        }
        expected.insert(set, (CallBody::inbound(set).from(&phone), best.expect("at least one kind")));
    }
    env.end(expected.values().map(|(call, _)| call)).await;
    for (set, (call, (kind, expected_links))) in &expected {
        assert_eq!(&links(&env.task(call)), expected_links, "set {set:04b}: {kind}");
        let record = &env.activity(&call.key()).await["record"];
        assert_eq!(record["name"], format!("{kind} {set}"));
        assert_eq!(record["kind"], kind.to_lowercase().replace(' ', "_"));
    }
}

#[tokio::test]
async fn of_several_records_of_one_kind_the_latest_modified_wins() {
    let env = TestEnv::new().await;
    let record = |name: &str, phone: &str, days: i64| json!({"LastName": name, "Phone": phone, "LastModifiedDate": days_ago(days)});
    env.insert("Contact", record("Older", "+33639980001", 20));
    let latest = env.insert("Contact", record("Latest", "+33639980001", 2));
    env.insert("Contact", record("Oldest", "+33639980001", 30));
    let lead = |name: &str, days| {
        let mut lead = record(name, "+33639980002", days);
        lead["Company"] = json!("Sample Ltd");
        env.insert("Lead", lead)
    };
    let latest_lead = lead("Latest", 1);
    lead("Older", 3);
    let (call, call_of_lead) = (CallBody::inbound(1), CallBody::inbound(2).from("+33 6 39 98 00 02"));
    env.end([&call, &call_of_lead]).await;
    assert_eq!(env.task(&call)["WhoId"], latest);
    assert_eq!(env.task(&call_of_lead)["WhoId"], latest_lead);
    let finding = env.finding(&call.key(), "record").await;
    assert_eq!(finding, "The phone number is that of the Contact Latest, the most recently updated of 3.");
}

#[tokio::test]
async fn thousands_of_contacts_with_one_number_hide_no_other_number_of_the_same_drain() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let busy = |n: i64| json!({"LastName": format!("Busy {n}"), "Phone": "+33639980001", "LastModifiedDate": days_ago(2_001 - n)});
    for n in 0..2_000 {
        env.insert("Contact", busy(n));
    }
    let latest = env.insert("Contact", busy(2_000));
    // Only a search finds a number that is written in this way.
    let other = env.contact("Lou Sample", "+33 (0)6/39/98/00/02");
    let (call, call_of_other) = (CallBody::inbound(1), CallBody::inbound(2).from("+33 6 39 98 00 02"));
    let events = [&call, &call_of_other].map(|call| call.event("call.ended"));
    let calls = env.calls_for(env.write_together(events)).await;
    assert_eq!(env.task(&call)["WhoId"], latest);
    assert_eq!(env.task(&call_of_other)["WhoId"], other);
    assert_eq!(env.records("Contact").len(), 2_002);
    assert!(calls.total <= 7, "{calls:#?}");
}

#[tokio::test]
async fn a_converted_lead_does_not_count() {
    let env = TestEnv::new().await;
    env.insert(
        "Lead",
        json!({"LastName": "Converted", "Company": "Sample Ltd", "Phone": "+33639980001", "IsConverted": true}),
    );
    let account = env.insert("Account", json!({"Name": "Sample Ltd", "Phone": "+33639980001"}));
    env.insert(
        "Lead",
        json!({"LastName": "Converted", "Company": "Sample Ltd", "Phone": "+33639980002", "IsConverted": true}),
    );
    let (on_account, on_nothing) = (CallBody::inbound(1), CallBody::inbound(2).from("+33 6 39 98 00 02"));
    env.end([&on_account, &on_nothing]).await;
    assert_eq!(links(&env.task(&on_account)), (Value::Null, json!(account)));
    assert_eq!(env.activity(&on_nothing.key()).await["state"], "skipped");
}

#[tokio::test]
async fn a_number_is_found_in_every_phone_field_however_it_is_written() {
    let env = TestEnv::new().await;
    // How Aircall writes the phone number, and how people write it in Salesforce; `NN` makes each unique.
    let forms = [
        ("+33 6 12 34 56 NN", "+33 6 12 34 56 NN"),
        ("+33 6 22 34 56 NN", "06 22 34 56 NN"),
        ("+33 6 32 34 56 NN", "+336323456NN"),
        ("+1 415-555-01NN", "(415) 555-01NN"),
        ("+1 628-555-01NN", "628.555.01NN"),
    ];
    let mut calls = Vec::new();
    for (form, (aircall, salesforce)) in forms.iter().enumerate() {
        for (field, name) in FIELDS.iter().enumerate() {
            let id = u64::try_from(10 + form * 10 + field).expect("a small number");
            let [aircall, salesforce] = [aircall, salesforce].map(|text| text.replace("NN", &id.to_string()));
            let contact = env.insert("Contact", json!({"LastName": "Sample", *name: salesforce}));
            calls.push((CallBody::inbound(id).from(&aircall), contact, format!("{name} {salesforce}")));
        }
    }
    env.end(calls.iter().map(|(call, ..)| call)).await;
    for (call, contact, which) in calls {
        assert!(env.is_logged(&call), "{which}: {}", env.finding(&call.key(), "record").await);
        assert_eq!(env.task(&call)["WhoId"], contact, "{which}");
    }
}

#[tokio::test]
async fn a_fax_number_and_a_part_of_a_number_are_no_match() {
    let env = TestEnv::new().await;
    env.insert("Contact", json!({"LastName": "Fax", "Fax": "+33639980001"}));
    env.contact("Longer", "+336399800012");
    env.contact("Shorter", "39980001");
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    let entry = env.activity(&call.key()).await;
    assert_eq!(entry["state"], "skipped", "{entry:#}");
    assert_eq!(
        entry["reason"],
        "No record in Salesforce has the phone number, and the settings do not create records for unknown numbers."
    );
}

#[tokio::test]
async fn anonymous_callers_and_short_numbers_are_skipped_with_that_reason() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let (anonymous, short) = (CallBody::inbound(1).anonymous(), CallBody::inbound(2).from("3631"));
    env.end([&anonymous, &short]).await;
    for (call, reason) in [(anonymous, "withheld the phone number"), (short, "is a short code")] {
        let entry = env.activity(&call.key()).await;
        assert_eq!(entry["state"], "skipped");
        assert!(entry["reason"].as_str().unwrap().contains(reason), "{}", entry["reason"]);
    }
    assert!(env.records("Contact").is_empty() && env.records("Task").is_empty());
}

#[tokio::test]
async fn only_calls_on_the_selected_lines_are_logged() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env.put_settings(json!({"numbers": [1002]})).await;
    let other = local::demo::bodies::Line::new(1001, "Sales line", "+1 415-555-0100", "US", "America/Los_Angeles");
    let (chosen, left_out) = (CallBody::inbound(1), CallBody::inbound(2).on(&other));
    env.end([&chosen, &left_out]).await;
    assert!(env.is_logged(&chosen) && !env.is_logged(&left_out));
    let entry = env.activity(&left_out.key()).await;
    assert_eq!(entry["reason"], "The line is not among those whose calls and messages are logged.");
}
