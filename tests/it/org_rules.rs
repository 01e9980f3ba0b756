//! Errors from an org's own rules and their outcomes: hidden fields and objects, validation and duplicate rules, and deleted
//! records.

use local::demo::bodies::{CallBody, Contact, User};
use reqwest::Method;
use salesforce_sandbox::{DuplicateAction, DuplicateRule, Options};
use serde_json::{Value, json};

use crate::support::TestEnv;

const PHONE: &str = "+33639980001";

/// An environment with an org of these options and a Contact with [`PHONE`].
async fn env(options: Options) -> TestEnv {
    let env = TestEnv::with(options).await;
    env.contact("Lou Sample", PHONE);
    env
}

/// An environment where unknown phone numbers become records as set in `unknown_number`; Contacts get a Case too.
async fn env_creating(options: Options, unknown_number: &str) -> TestEnv {
    let env = TestEnv::with(options).await;
    let cases = unknown_number == "create_contact";
    let relate_to = if cases { "case" } else { "nothing" };
    let settings = json!({"unknown_number": unknown_number, "relate_to": relate_to, "create_case_if_none": cases});
    env.put_settings(settings).await;
    env
}

fn org_hiding(hidden_fields: &[&str], hidden_objects: &[&str]) -> Options {
    let [hidden_fields, hidden_objects] =
        [hidden_fields, hidden_objects].map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    Options { hidden_fields, hidden_objects, ..Options::default() }
}

/// Asserts that a call has failed, and returns the code and the reason.
async fn failed(env: &TestEnv, call: &CallBody) -> (String, String) {
    let entry = env.activity(&call.key()).await;
    assert_eq!(entry["state"], "failed", "{entry:#}");
    assert!(!env.is_logged(call));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (text(&entry["problem"]["code"]), text(&entry["reason"]))
}

/// Asserts that the org is connected and that the connection warns of exactly these fields or objects.
async fn assert_warnings(env: &TestEnv, expected: &[&str]) {
    let connection = env.connection().await;
    assert_eq!(connection["state"], "connected", "{connection:#}");
    let warnings = connection["warnings"].as_array().expect("a list").iter();
    let name =
        |warning: &Value| warning["field"].as_str().or(warning["object"].as_str()).unwrap_or_default().to_owned();
    assert_eq!(warnings.map(name).collect::<Vec<_>>(), expected, "{connection:#}");
}

#[tokio::test]
async fn a_validation_rule_of_tasks_fails_the_call_until_an_admin_changes_it_and_tries_again() {
    let env = env(Options::default()).await;
    env.refuse("Task", "CallDisposition", "Forbidden", "This tag is not used any more.");
    let call = CallBody::inbound(1).tagged("Forbidden");
    env.end([&call]).await;
    let (code, reason) = failed(&env, &call).await;
    assert_eq!(code, "FIELD_CUSTOM_VALIDATION_EXCEPTION");
    assert_eq!(reason, "This tag is not used any more. (FIELD_CUSTOM_VALIDATION_EXCEPTION).");
    assert_warnings(&env, &[]).await;

    env.tenant.org.set_options(Options::default());
    let retry = env.admin(Method::POST, &format!("/api/activity/{}/retry", call.key())).json(&json!({}));
    let answer = retry.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    env.until("it is logged", async |env| env.activity("call-1").await["state"] == "logged").await;
    env.task(&call);
}

#[tokio::test]
async fn a_validation_rule_of_contacts_or_cases_leaves_nothing_behind() {
    for (sobject, field) in [("Contact", "LastName"), ("Case", "Subject")] {
        let env = env_creating(Options::default(), "create_contact").await;
        env.refuse(sobject, field, ".", "Ask Ada first.");
        let call = CallBody::inbound(1);
        env.end([&call]).await;
        let (_, reason) = failed(&env, &call).await;
        assert_eq!(reason, "Ask Ada first. (FIELD_CUSTOM_VALIDATION_EXCEPTION).");
        assert!(env.records("Contact").is_empty() && env.records("Case").is_empty(), "{sobject}");
    }
}

#[tokio::test]
async fn a_hidden_field_is_left_out_and_the_connection_warns_of_it() {
    let env = env(org_hiding(&["Task.CallDisposition"], &[])).await;
    let calls = [CallBody::inbound(1).tagged("Order"), CallBody::inbound(2).tagged("Order")];
    env.end([&calls[0]]).await;
    assert_warnings(&env, &["Task.CallDisposition"]).await;
    // The hidden field is known by now: the next call is written with one request.
    let cost = env.calls_for(env.end([&calls[1]])).await;
    assert_eq!(cost.count("POST", "/composite/sobjects"), 1, "{cost:#?}");
    for call in &calls {
        assert_eq!(env.task(call)["CallDisposition"], Value::Null);
    }
}

#[tokio::test]
async fn hidden_fields_of_new_records_are_left_out() {
    let env = env_creating(org_hiding(&["Contact.Email", "Case.Origin"], &[]), "create_contact").await;
    let call = CallBody::inbound(1).known_as(&Contact::new("Lou", "Sample").with_email("lou.sample@example.com"));
    env.end([&call]).await;
    assert_eq!((env.records("Contact").len(), env.records("Case").len()), (1, 1));
    assert_eq!(env.task(&call)["WhatId"], env.records("Case")[0]["Id"]);
    assert_warnings(&env, &["Case.Origin", "Contact.Email"]).await;
}

#[tokio::test]
async fn an_org_without_the_key_field_logs_each_call_once_and_warns() {
    let env = env(Options { unique_key_field: false, ..Options::default() }).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    env.end([&call]).await;
    assert_eq!(env.records("Task").len(), 1);
    assert_eq!(env.records("Task")[0]["CallObject"], call.key());
    assert_warnings(&env, &["Task.Aircall_Key__c"]).await;
}

#[tokio::test]
async fn a_phone_field_that_is_hidden_on_one_object_is_still_searched_and_filled_on_another() {
    let env = env_creating(org_hiding(&["Lead.MobilePhone"], &[]), "create_contact").await;
    let contact = env.insert("Contact", json!({"LastName": "Lou Sample", "MobilePhone": PHONE}));
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    assert_eq!(env.task(&call)["WhoId"], contact);
    assert_eq!(env.records("Contact").len(), 1);
    assert_warnings(&env, &["Lead.MobilePhone"]).await;
}

#[tokio::test]
async fn a_call_that_cannot_be_linked_to_its_contact_fails_and_says_why() {
    let env = env(org_hiding(&["Task.WhoId"], &[])).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    let (code, reason) = failed(&env, &call).await;
    assert_eq!(code, "INVALID_FIELD");
    assert!(reason.contains("WhoId"), "{reason}");
    assert!(env.records("Task").is_empty());
}

#[tokio::test]
async fn a_duplicate_value_in_a_unique_field_that_is_not_ours_does_not_adopt_the_named_task() {
    let env = env(Options::default()).await;
    let contact = env.records("Contact")[0]["Id"].clone();
    let renewal =
        json!({"Subject": "Renew the contract", "Description": "Theirs.", "WhoId": contact, "Status": "Completed"});
    let theirs = env.insert("Task", renewal);
    let message = format!("duplicate value found: Ticket__c duplicates value on record with id: {theirs}");
    let error = json!({"code": "DUPLICATE_VALUE", "message": message, "fields": []});
    env.fault(json!([{"record": {"sobject": "Task"}, "error": error}])).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    assert_eq!(failed(&env, &call).await.0, "DUPLICATE_VALUE");
    let tasks = env.records("Task");
    assert_eq!((tasks.len(), &tasks[0]["Description"]), (1, &json!("Theirs.")));
}

#[tokio::test]
async fn hidden_case_fields_drop_the_relation_of_a_contact_that_is_not_indexed_yet_too() {
    let env =
        env_creating(Options { index_lag_ms: 120_000, ..org_hiding(&["Case.IsClosed"], &[]) }, "create_contact").await;
    env.insert_unindexed("Contact", json!({"LastName": "Just Made", "Phone": PHONE})).await;
    let contact = env.records("Contact")[0]["Id"].clone();
    env.insert("Case", json!({"ContactId": contact, "Subject": "Order", "Status": "New"}));
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    let task = env.task(&call);
    assert_eq!([&task["WhoId"], &task["WhatId"]], [&contact, &Value::Null]);
    assert_eq!((env.records("Contact").len(), env.records("Case").len()), (1, 1));
    assert!(env.finding(&call.key(), "relation").await.contains("does not let us look for Cases"));
}

#[tokio::test]
async fn a_hidden_object_is_left_out_and_the_connection_warns_of_it() {
    let env = env(org_hiding(&[], &["Lead"])).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    env.task(&call);
    assert_warnings(&env, &["Lead"]).await;
}

#[tokio::test]
async fn hidden_accounts_do_not_affect_contacts() {
    let env = TestEnv::with(org_hiding(&[], &["Account"])).await;
    let account = env.insert("Account", json!({"Name": "Sample Ltd"}));
    env.insert("Contact", json!({"LastName": "Lou Sample", "Phone": PHONE, "AccountId": account}));
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    env.task(&call);
    assert_warnings(&env, &["Account"]).await;
}

#[tokio::test]
async fn a_single_call_is_logged_however_many_fields_are_hidden() {
    let hidden = [
        "Contact.MobilePhone",
        "Contact.HomePhone",
        "Contact.OtherPhone",
        "Contact.AssistantPhone",
        "Lead.Phone",
        "Lead.MobilePhone",
        "Lead.Company",
    ];
    let env = env(org_hiding(&hidden, &[])).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    env.task(&call);
    assert!(env.connection().await["warnings"].as_array().unwrap().len() >= 6);
}

#[tokio::test]
async fn a_call_is_logged_without_its_relation_when_cases_are_hidden() {
    let env = env(org_hiding(&[], &["Case"])).await;
    env.put_settings(json!({"relate_to": "case", "create_case_if_none": true})).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    assert_eq!(env.task(&call)["WhatId"], Value::Null);
    assert!(env.finding(&call.key(), "relation").await.contains("does not let us look for Cases"));
}

/// An org with a duplicate rule: no two records of this object with the same value in `field`.
fn duplicate_rule(sobject: &str, field: &str, action: DuplicateAction) -> Options {
    let rule =
        DuplicateRule { sobject: sobject.to_owned(), fields: vec![field.to_owned()], action, names_record: true };
    Options { duplicate_rules: vec![rule], ..Options::default() }
}

#[tokio::test]
async fn the_record_that_a_duplicate_rule_names_is_used() {
    let person = Contact::new("Lou", "Sample").at_company("Sample Ltd").with_email("lou.sample@example.com");
    let lou = json!({"LastName": "Sample", "Company": "Sample Ltd", "Email": "lou.sample@example.com"});
    let cases = [
        (
            "create_contact",
            "Contact",
            "Email",
            json!({"LastName": "Sample", "Email": "lou.sample@example.com"}),
            "WhoId",
        ),
        ("create_lead", "Lead", "Email", lou, "WhoId"),
        ("create_account", "Account", "Name", json!({"Name": "Sample Ltd"}), "WhatId"),
    ];
    for (setting, sobject, field, record, link_field) in cases {
        for action in [DuplicateAction::Alert, DuplicateAction::Block] {
            let env = env_creating(duplicate_rule(sobject, field, action), setting).await;
            let known = env.insert(sobject, record.clone());
            let calls = [1, 2].map(|id| CallBody::inbound(id).known_as(&person));
            env.end(&calls).await;
            for call in &calls {
                assert_eq!(env.task(call)[link_field], known, "{sobject} {action:?}");
            }
            assert_eq!(env.records(sobject).len(), 1, "{sobject} {action:?}");
            let cases = usize::from(sobject == "Contact");
            assert_eq!(env.records("Case").len(), cases, "{sobject} {action:?}");
        }
    }
}

#[tokio::test]
async fn a_task_that_is_there_already_is_adopted() {
    let env = env(Options::default()).await;
    let contact = env.records("Contact")[0]["Id"].clone();
    let theirs = env.insert("Task", json!({"Aircall_Key__c": "call-1", "WhoId": contact, "Status": "Completed"}));
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    assert_eq!(env.task(&call)["Id"], theirs);
    assert_eq!(env.activity(&call.key()).await["task_id"], theirs);
}

#[tokio::test]
async fn a_user_who_was_deactivated_owns_no_new_task() {
    let env = env(Options::default()).await;
    let email = "robin.rep@example.com";
    let robin = env.insert("User", json!({"Username": email, "LastName": "Rep", "Email": email}));
    let by_robin = |id| CallBody::inbound(id).answered_after(5).by(&User::new(2002, "Robin Rep", email));
    env.end([&by_robin(1)]).await;
    env.edit("User", &robin, json!({"IsActive": false})).await;
    env.end([&by_robin(2)]).await;
    assert_eq!(env.task(&by_robin(1))["OwnerId"], robin);
    assert_eq!(env.task(&by_robin(2))["OwnerId"], env.tenant.org.admin_user_id());
}

#[tokio::test]
async fn a_converted_lead_is_replaced_by_the_contact() {
    let env = TestEnv::new().await;
    let lead = env.insert("Lead", json!({"LastName": "Sample", "Company": "Sample Ltd", "Phone": PHONE}));
    let calls = [1, 2].map(CallBody::inbound);
    env.end([&calls[0]]).await;
    assert_eq!(env.task(&calls[0])["WhoId"], lead);
    let contact = env.contact("Sample", PHONE);
    env.remove_all("Lead").await;
    let converted =
        json!({"Id": lead, "LastName": "Sample", "Company": "Sample Ltd", "Phone": PHONE, "IsConverted": true});
    env.insert("Lead", converted);
    env.end([&calls[1]]).await;
    assert_eq!(env.task(&calls[1])["WhoId"], contact);
}

#[tokio::test]
async fn a_call_of_a_deleted_contact_is_skipped_when_no_other_record_matches() {
    let env = TestEnv::new().await;
    let gone = env.contact("Lou Sample", PHONE);
    env.end([&CallBody::inbound(1)]).await;
    env.delete("Contact", &gone).await;
    let call = CallBody::inbound(2);
    env.end([&call]).await;
    let entry = env.activity(&call.key()).await;
    assert_eq!(entry["state"], "skipped", "{entry:#}");
    assert!(entry["reason"].as_str().unwrap().starts_with("No record in Salesforce has the phone number"), "{entry:#}");
}

#[tokio::test]
async fn the_daily_api_allowance_pauses_the_org_at_the_configured_share() {
    // The first org allows one API call; the second reaches its configured share of 10 % after one.
    let used_up = env(Options { daily_api_limit: 1, ..Options::default() }).await;
    let to_others = env(Options { daily_api_limit: 10, ..Options::default() }).await;
    to_others.put_settings(json!({"api_usage_limit": 10})).await;
    for (env, limit, share) in [(&used_up, 1, 95), (&to_others, 10, 10)] {
        let call = CallBody::inbound(1);
        env.post(call.event("call.ended")).await;
        env.until("the org is paused", async |env| env.connection().await["state"] == "paused").await;
        // The usage is stored when the drain ends.
        env.until("its API calls are shown", async |env| env.connection().await["api_usage"].is_object()).await;
        let connection = env.connection().await;
        let reason = format!(
            "The org has used 1 of its {limit} API calls of 24 hours, all integrations together, and the settings say to stop at {share} %."
        );
        assert_eq!(connection["reason"], reason);
        assert_eq!([&connection["api_usage"]["used"], &connection["api_usage"]["limit"]], [&json!(1), &json!(limit)]);
        let entry = env.activity(&call.key()).await;
        assert_eq!(entry["state"], "pending");
        assert_eq!(entry["reason"], format!("Waiting until Salesforce takes requests again: {reason}"));
        assert_eq!(env.api_calls().await.total, 1);
    }
    // Other tenants are not affected.
    let other = env(Options::default()).await;
    other.end([&CallBody::inbound(1)]).await;
    other.task(&CallBody::inbound(1));
}

#[tokio::test]
async fn an_api_allowance_used_up_by_others_pauses_the_org() {
    let env = env(Options { daily_api_limit: 0, ..Options::default() }).await;
    let call = CallBody::inbound(1);
    env.post(call.event("call.ended")).await;
    env.until("the org is paused", async |env| env.connection().await["state"] == "paused").await;
    let connection = env.connection().await;
    assert_eq!(connection["reason"], "TotalRequests Limit exceeded. (REQUEST_LIMIT_EXCEEDED).");
    assert!(!env.is_logged(&call));
}
