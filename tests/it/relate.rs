//! Relating Tasks to Cases and Opportunities of a Contact.

use local::demo::bodies::CallBody;
use serde_json::{Value, json};

use crate::support::{TestEnv, days_ago};

/// An environment where Tasks are related to Cases or Opportunities.
async fn env(relate_to: &str, create_case_if_none: bool, unknown_number: &str) -> TestEnv {
    let env = TestEnv::with_person_accounts().await;
    let settings =
        json!({"relate_to": relate_to, "create_case_if_none": create_case_if_none, "unknown_number": unknown_number});
    env.put_settings(settings).await;
    env
}

/// A Contact whose phone number ends in these two digits, and a call from it.
fn contact(env: &TestEnv, digits: u64) -> (String, CallBody) {
    let contact = env.contact(&format!("Sample {digits}"), &format!("+336399800{digits}"));
    (contact, CallBody::inbound(digits).from(&format!("+33 6 39 98 00 {digits}")))
}

fn case(env: &TestEnv, contact: &str, status: &str, modified_days_ago: i64) -> String {
    let case = json!({"ContactId": contact, "Subject": "Order", "Status": status, "LastModifiedDate": days_ago(modified_days_ago)});
    env.insert("Case", case)
}

fn opportunity(env: &TestEnv, contact: &str, stage: &str, modified_days_ago: i64) -> String {
    let opportunity = json!({"Name": "Order", "StageName": stage, "CloseDate": "2026-12-31", "LastModifiedDate": days_ago(modified_days_ago)});
    let id = env.insert("Opportunity", opportunity);
    env.insert("OpportunityContactRole", json!({"OpportunityId": id, "ContactId": contact}));
    id
}

#[tokio::test]
async fn the_latest_open_case_of_the_contact_is_taken_and_a_closed_one_never() {
    let env = env("case", false, "do_nothing").await;
    let (several, call_of_several) = contact(&env, 11);
    case(&env, &several, "New", 9);
    let latest = case(&env, &several, "Working", 2);
    case(&env, &several, "Escalated", 5);
    case(&env, &several, "Closed", 1);
    let (closed, call_of_closed) = contact(&env, 12);
    case(&env, &closed, "Closed", 1);
    let (_, call_of_none) = contact(&env, 13);
    env.end([&call_of_several, &call_of_closed, &call_of_none]).await;

    let task = env.task(&call_of_several);
    assert_eq!([&task["WhoId"], &task["WhatId"]], [&several, &latest]);
    let related = &env.activity(&call_of_several.key()).await["related"];
    assert_eq!([&related["kind"], &related["id"]], [&json!("case"), &json!(latest)]);
    for call in [call_of_closed, call_of_none] {
        assert_eq!(env.task(&call)["WhatId"], Value::Null);
        let finding = env.finding(&call.key(), "relation").await;
        assert_eq!(finding, "The Contact has no open Case: nothing is related.");
    }
    assert_eq!(env.records("Case").len(), 5);
}

#[tokio::test]
async fn the_latest_open_opportunity_of_the_contact_is_taken_and_none_is_ever_created() {
    let env = env("opportunity", false, "do_nothing").await;
    let (several, call_of_several) = contact(&env, 11);
    opportunity(&env, &several, "Prospecting", 9);
    let latest = opportunity(&env, &several, "Qualification", 2);
    opportunity(&env, &several, "Closed Won", 1);
    let (closed, call_of_closed) = contact(&env, 12);
    opportunity(&env, &closed, "Closed Lost", 1);
    let (_, call_of_none) = contact(&env, 13);
    env.end([&call_of_several, &call_of_closed, &call_of_none]).await;

    assert_eq!(env.task(&call_of_several)["WhatId"], latest);
    for call in [call_of_closed, call_of_none] {
        assert_eq!(env.task(&call)["WhatId"], Value::Null);
        let finding = env.finding(&call.key(), "relation").await;
        assert_eq!(finding, "The Contact has no open Opportunity: nothing is related.");
    }
    assert_eq!(env.records("Opportunity").len(), 4);
}

#[tokio::test]
async fn a_case_is_created_where_the_contact_has_no_open_one() {
    let env = env("case", true, "do_nothing").await;
    let (contact, first) = contact(&env, 11);
    case(&env, &contact, "Closed", 1);
    let second = CallBody::inbound(12).from(first.raw_digits());
    env.end([&first, &second]).await;
    let third = CallBody::inbound(13).from(first.raw_digits());
    env.end([&third]).await;

    let cases = env.records("Case");
    assert_eq!(cases.len(), 2, "{cases:#?}");
    assert_eq!([&cases[1]["ContactId"], &cases[1]["IsClosed"]], [&json!(contact), &json!(false)]);
    for call in [first, second, third] {
        let task = env.task(&call);
        assert_eq!([&task["WhoId"], &task["WhatId"]], [&json!(contact), &cases[1]["Id"]]);
    }
}

#[tokio::test]
async fn a_case_is_created_for_a_contact_that_was_just_created() {
    let env = env("case", true, "create_contact").await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    let (contacts, cases) = (env.records("Contact"), env.records("Case"));
    assert_eq!((contacts.len(), cases.len()), (1, 1));
    assert_eq!(cases[0]["ContactId"], contacts[0]["Id"]);
    let task = env.task(&call);
    assert_eq!([&task["WhoId"], &task["WhatId"]], [&contacts[0]["Id"], &cases[0]["Id"]]);
}

#[tokio::test]
async fn with_a_lead_an_account_or_a_person_account_nothing_is_related_and_the_trace_says_so() {
    for relate_to in ["case", "opportunity"] {
        let env = env(relate_to, relate_to == "case", "do_nothing").await;
        env.insert("Lead", json!({"LastName": "Sample", "Company": "Sample Ltd", "Phone": "+33639980011"}));
        let account = env.insert("Account", json!({"Name": "Sample Ltd", "Phone": "+33639980012"}));
        env.insert("Account", json!({"LastName": "Sample", "PersonMobilePhone": "+33639980013"}));
        let calls = [("Lead", 11), ("Account", 12), ("Person Account", 13)];
        let calls = calls.map(|(kind, n)| (kind, CallBody::inbound(n).from(&format!("+33 6 39 98 00 {n}"))));
        env.end(calls.iter().map(|(_, call)| call)).await;
        for (kind, call) in calls {
            let expected = if kind == "Account" { json!(account) } else { Value::Null };
            assert_eq!(env.task(&call)["WhatId"], expected, "{kind}");
            let finding = env.finding(&call.key(), "relation").await;
            let sentence = "Only calls of a Contact are related to a Case or Opportunity, and this is a";
            assert_eq!(finding, format!("{sentence} {kind}: nothing is related."));
        }
        assert!(env.records("Case").is_empty());
    }
}
