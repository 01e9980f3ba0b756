//! Orgs as they are: sharing, private Contacts, statuses of their own, slow and encrypted look-ups, record types,
//! languages and assignment rules. Each call is logged once, on the record and under the heading that a person would
//! expect.

use std::collections::{BTreeMap, BTreeSet};

use local::demo::bodies::{CallBody, Contact, MessageBody, User};
use reqwest::Method;
use salesforce_sandbox::{AccountType, AssignmentRules, Language, Options, Sharing, TaskStatus};
use serde_json::{Value, json};

use crate::support::TestEnv;

const PHONE: &str = "+33639980001";

/// An environment with an org of these options and an active user for the agent, whose id is returned.
async fn env(options: Options, settings: Value) -> (TestEnv, String) {
    let env = TestEnv::with(options).await;
    let email = "robin.rep@example.com";
    let agent = env.insert("User", json!({"Username": email, "LastName": "Rep", "Email": email}));
    env.put_settings(settings).await;
    (env, agent)
}

/// An answered call of the agent.
fn call(id: u64) -> CallBody {
    CallBody::inbound(id).by(&User::new(2002, "Robin Rep", "robin.rep@example.com")).answered_after(5)
}

fn of_company(id: u64, phone: &str, company: &str) -> CallBody {
    call(id).from(phone).known_as(&Contact::new("Lou", "Sample").at_company(company))
}

fn only(env: &TestEnv, sobject: &str) -> Value {
    let records = env.records(sobject);
    assert_eq!(records.len(), 1, "{records:#?}");
    records[0].clone()
}

fn statuses(list: &[(&str, bool)]) -> Options {
    let status = |(name, is_closed): &(&str, bool)| TaskStatus {
        api_name: (*name).to_owned(),
        master_label: None,
        is_closed: *is_closed,
        is_default: false,
    };
    Options { task_statuses: Some(list.iter().map(status).collect()), ..Options::default() }
}

fn slow(sobject: &str, milliseconds: u64) -> Options {
    Options { slow_query_ms: BTreeMap::from([(sobject.to_owned(), milliseconds)]), ..Options::default() }
}

/// The check of the org.
async fn check(env: &TestEnv) -> Value {
    let answer = env.admin(Method::GET, "/api/connections/salesforce/check").send().await.unwrap();
    let check: Value = answer.json().await.unwrap();
    assert!(check["items"].is_array(), "{check:#}");
    check
}

/// The names that the connection warns of.
async fn warnings(env: &TestEnv) -> Vec<String> {
    let connection = env.connection().await;
    let warnings = connection["warnings"].as_array().expect("a list").iter();
    let name =
        |warning: &Value| warning["field"].as_str().or(warning["object"].as_str()).unwrap_or_default().to_owned();
    warnings.map(name).collect()
}

#[tokio::test]
async fn what_is_created_belongs_to_the_agent() {
    for setting in ["create_contact", "create_lead", "create_account"] {
        let has_case = setting == "create_contact";
        let relate_to = if has_case { "case" } else { "nothing" };
        let settings = json!({"unknown_number": setting, "relate_to": relate_to, "create_case_if_none": has_case});
        let (env, agent) = env(Options::default(), settings).await;
        let call = call(1);
        env.end([&call]).await;
        assert_eq!(env.task(&call)["OwnerId"], agent);
        let sobject = match setting {
            "create_contact" => "Contact",
            "create_lead" => "Lead",
            _ => "Account",
        };
        assert_eq!(only(&env, sobject)["OwnerId"], agent, "{setting}");
        if has_case {
            assert_eq!(only(&env, "Case")["OwnerId"], agent);
        }
    }
}

#[tokio::test]
async fn a_new_contact_belongs_to_the_account_that_the_settings_name_while_it_exists() {
    let (env, _) = env(Options::default(), json!({"unknown_number": "create_contact"})).await;
    let account = env.insert("Account", json!({"Name": "Callers"}));
    env.put_settings(json!({"contact_account": "named", "contact_account_id": account})).await;
    env.end([&call(1)]).await;
    assert_eq!(only(&env, "Contact")["AccountId"], account);

    env.delete("Account", &account).await;
    let other = call(2).from("+33639980002");
    env.end([&other]).await;
    let contact = env.records("Contact").pop().unwrap();
    assert_eq!((&contact["Id"], &contact["AccountId"]), (&env.task(&other)["WhoId"], &Value::Null));
    assert!(env.finding(&other.key(), "record").await.contains("Salesforce refused its Account"));
}

#[tokio::test]
async fn a_new_contact_belongs_to_the_account_of_its_company() {
    let settings = json!({"unknown_number": "create_contact", "contact_account": "by_company"});
    let (env, agent) = env(Options::default(), settings).await;
    env.insert("Account", json!({"Name": "Sample Ltd and more"}));
    let account = env.insert("Account", json!({"Name": "Sample Ltd"}));
    let known = of_company(1, PHONE, "sample ltd");
    env.end([&known]).await;
    assert_eq!(env.records("Contact")[0]["AccountId"], account);
    assert_eq!(env.records("Account").len(), 2);

    // Two numbers of a company that has no Account yet, at the same time.
    let new = [of_company(2, "+33639980002", "New Ltd"), of_company(3, "+33639980003", "New Ltd")];
    env.write_together(new.iter().map(|call| call.event("call.ended"))).await;
    let accounts = env.records("Account");
    assert_eq!((accounts.len(), &accounts[2]["Name"], &accounts[2]["OwnerId"]), (3, &json!("New Ltd"), &json!(agent)));
    let contacts = env.records("Contact");
    assert_eq!(contacts.len(), 3);
    assert!(contacts[1..].iter().all(|contact| contact["AccountId"] == accounts[2]["Id"]), "{contacts:#?}");

    let nameless = call(4).from("+33639980004");
    env.end([&nameless]).await;
    assert_eq!(env.records("Contact")[3]["AccountId"], Value::Null);
    assert_eq!(env.records("Account").len(), 3);
}

#[tokio::test]
async fn a_company_whose_account_is_refused_costs_the_account_and_not_the_call() {
    let settings = json!({"unknown_number": "create_contact", "contact_account": "by_company"});
    let (env, _) = env(Options::default(), settings).await;
    env.refuse("Account", "Name", ".", "Ask Ada first.");
    let calls: Vec<CallBody> = (1..=9).map(|id| of_company(id, &format!("+3363998000{id}"), "Sample Ltd")).collect();
    env.write_together(calls.iter().map(|call| call.event("call.ended"))).await;
    let contacts = env.records("Contact");
    assert_eq!((contacts.len(), env.records("Account").len()), (9, 0));
    assert!(calls.iter().all(|call| contacts.iter().any(|contact| contact["Id"] == env.task(call)["WhoId"])));
}

#[tokio::test]
async fn assignment_rules_apply_only_if_the_settings_say_so() {
    for is_on in [false, true] {
        let settings = json!({"unknown_number": "create_lead", "assignment_rules": is_on});
        let (env, agent) = env(Options::default(), settings).await;
        let admin = env.tenant.org.admin_user_id();
        let assignment_rules = AssignmentRules { lead: Some(admin.clone()), ..AssignmentRules::default() };
        env.tenant.org.set_options(Options { assignment_rules, ..Options::default() });
        let call = call(1);
        env.end([&call]).await;
        let owner = if is_on { admin } else { agent.clone() };
        assert_eq!((&only(&env, "Lead")["OwnerId"], &env.task(&call)["OwnerId"]), (&json!(owner), &json!(agent)));
    }
}

#[tokio::test]
async fn the_agent_finds_what_is_created_in_a_private_org() {
    let options = Options { sharing: Sharing::Private, ..Options::default() };
    let (env, agent) = env(options, json!({"unknown_number": "create_contact"})).await;
    for id in [1, 2] {
        env.end([&call(id)]).await;
        let contact = only(&env, "Contact");
        assert_eq!([&contact["OwnerId"], &contact["Id"]], [&json!(agent), &env.task(&call(id))["WhoId"]]);
    }
}

#[tokio::test]
async fn calls_are_logged_where_the_connecting_user_sees_only_their_own_records() {
    let options = Options { sharing: Sharing::Private, view_all_data: false, ..Options::default() };
    let (env, agent) = env(options, json!({"unknown_number": "create_contact"})).await;
    let call = call(1);
    env.end([&call]).await;
    let contact = only(&env, "Contact");
    // The user who connected the org would not see the agent's Contact, and could log no call on it.
    let admin = json!(env.tenant.org.admin_user_id());
    let task = env.task(&call);
    assert_eq!([&contact["OwnerId"], &contact["Id"], &task["OwnerId"]], [&admin, &task["WhoId"], &json!(agent)]);
    assert_eq!(warnings(&env).await, ["Contact.OwnerId"]);
    let again = self::call(2);
    env.end([&again]).await;
    assert_eq!(env.task(&again)["WhoId"], only(&env, "Contact")["Id"]);
    let check = check(&env).await;
    let items = check["items"].as_array().unwrap();
    let item = |what: &str| items.iter().find(|item| item["what"] == what).unwrap_or_else(|| panic!("{check:#}"));
    assert_eq!(item("Permission View All Data")["status"], "warning");
    assert_eq!(item("Account of new Contacts")["status"], "warning");
}

#[tokio::test]
async fn accounts_and_assigned_leads_are_logged_on_in_such_an_org_too() {
    let hidden = Options { sharing: Sharing::Private, view_all_data: false, ..Options::default() };
    let settings = json!({"unknown_number": "create_contact", "contact_account": "by_company"});
    let (env, agent) = env(hidden.clone(), settings).await;
    let of_company = of_company(1, PHONE, "Sample Ltd");
    env.end([&of_company]).await;
    let (contact, account) = (only(&env, "Contact"), only(&env, "Account"));
    assert_eq!([&contact["Id"], &contact["AccountId"]], [&env.task(&of_company)["WhoId"], &account["Id"]]);

    let assignment_rules = AssignmentRules { lead: Some(agent.clone()), ..AssignmentRules::default() };
    env.tenant.org.set_options(Options { assignment_rules, ..hidden });
    env.put_settings(json!({"unknown_number": "create_lead", "contact_account": "none", "assignment_rules": true}))
        .await;
    let assigned = call(2).from("+33639980002");
    env.end([&assigned]).await;
    assert_eq!(env.task(&assigned)["WhoId"], only(&env, "Lead")["Id"]);

    // With View All Data, new records belong to the agent again.
    env.tenant.org.set_options(Options::default());
    let seen = call(3).from("+33639980003");
    env.end([&seen]).await;
    let lead = env.records("Lead").pop().unwrap();
    assert_eq!([&lead["Id"], &lead["OwnerId"]], [&env.task(&seen)["WhoId"], &json!(agent)]);
}

#[tokio::test]
async fn owners_are_found_by_the_emails_of_sandboxes_and_by_usernames() {
    for (username, email) in [
        ("robin@example.com.sandbox", "robin.rep@example.com.invalid"),
        ("robin@example.com.sandbox", "robin.rep=example.com@example.com"),
        ("robin.rep@example.com", "robin@elsewhere.example.com"),
    ] {
        let env = TestEnv::new().await;
        env.contact("Lou Sample", PHONE);
        let agent = env.insert("User", json!({"Username": username, "LastName": "Rep", "Email": email}));
        let call = call(1);
        env.end([&call]).await;
        assert_eq!(env.task(&call)["OwnerId"], agent, "{email}");
    }
}

#[tokio::test]
async fn owners_are_found_by_username_where_emails_are_encrypted() {
    let options = Options { unfilterable_fields: vec!["User.Email".to_owned()], ..Options::default() };
    let (env, agent) = env(options, json!({})).await;
    env.contact("Lou Sample", PHONE);
    let call = call(1);
    env.end([&call]).await;
    assert_eq!(env.task(&call)["OwnerId"], agent);
}

#[tokio::test]
async fn a_chosen_user_owns_the_tasks_while_active() {
    let (env, agent) = env(Options::default(), json!({})).await;
    env.contact("Lou Sample", PHONE);
    let chosen =
        env.insert("User", json!({"Username": "kim@example.com", "LastName": "Kim", "Email": "kim@example.com"}));
    env.connect_aircall().await;
    let body = json!({"salesforce_user_id": chosen});
    let answer = env.admin(Method::PUT, "/api/users/2002").json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    env.end([&call(1)]).await;
    assert_eq!(env.task(&call(1))["OwnerId"], chosen);

    env.edit("User", &chosen, json!({"IsActive": false})).await;
    env.end([&call(2)]).await;
    assert_eq!(env.task(&call(2))["OwnerId"], agent);
}

#[tokio::test]
async fn tasks_have_the_orgs_own_statuses_and_show_under_the_right_heading() {
    let lists: [&[(&str, bool)]; 3] = [
        &[("Neu", false), ("Offen", false), ("Erledigt", true), ("Abgelehnt", true)],
        &[("Not Started", false), ("Completa", true)],
        // The standard names mean the opposite.
        &[("Completed", false), ("In Progress", true)],
    ];
    for list in lists {
        let (env, _) = env(statuses(list), json!({})).await;
        env.contact("Lou Sample", PHONE);
        let (answered, missed) = (call(1), CallBody::inbound(2));
        env.end([&answered, &missed]).await;
        for (call, is_closed) in [(&answered, true), (&missed, false)] {
            let task = env.task(call);
            let listed = list.iter().find(|(name, _)| task["Status"] == *name);
            assert_eq!((&task["IsClosed"], listed.map(|(_, closed)| *closed)), (&json!(is_closed), Some(is_closed)));
        }
        // A missed call becomes a voicemail that is logged as Completed.
        let mut workflow = env.settings().await["call_workflow"].clone();
        workflow["voicemail"] = json!("completed");
        env.put_settings(json!({"call_workflow": workflow})).await;
        env.post(missed.clone().voicemail().event("call.voicemail_left")).await;
        env.wait_until_idle().await;
        assert_eq!(env.task(&missed)["IsClosed"], true);
    }
}

#[tokio::test]
async fn an_org_without_a_closed_status_gives_its_default() {
    let (env, _) = env(statuses(&[("Open", false)]), json!({})).await;
    env.contact("Lou Sample", PHONE);
    env.end([&call(1)]).await;
    assert_eq!(env.task(&call(1))["Status"], "Open");
}

#[tokio::test]
async fn a_status_that_is_refused_costs_the_status_and_not_the_log() {
    let (env, _) = env(statuses(&[("Open", false), ("Completed", true), ("Done", true)]), json!({})).await;
    env.contact("Lou Sample", PHONE);
    let message = "Status: bad value for restricted picklist field: Completed";
    let error = json!({"code": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "message": message, "fields": ["Status"]});
    env.fault(json!([{"record": {"sobject": "Task"}, "error": error, "times": 1}])).await;
    env.end([&call(1)]).await;
    assert_eq!(env.task(&call(1))["Status"], "Done");
    assert_eq!(warnings(&env).await, ["Task.Status=Completed"]);
}

#[tokio::test]
async fn a_status_that_is_refused_for_several_calls_at_once_is_replaced_once() {
    let (env, _) = env(statuses(&[("Open", false), ("Completed", true), ("Done", true)]), json!({})).await;
    env.contact("Lou Sample", PHONE);
    let message = "Status: bad value for restricted picklist field: Completed";
    let error = json!({"code": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "message": message, "fields": ["Status"]});
    env.fault(json!([{"record": {"sobject": "Task"}, "error": error, "times": 3}])).await;
    let calls = [1, 2, 3].map(call);
    env.write_together(calls.iter().map(|call| call.event("call.ended"))).await;
    assert!(calls.iter().all(|call| env.task(call)["Status"] == "Done"));
    assert_eq!(warnings(&env).await, ["Task.Status=Completed"]);
}

#[tokio::test]
async fn a_list_of_statuses_that_changes_is_followed() {
    let settings = json!({"unknown_number": "create_contact"});
    let (env, _) = env(statuses(&[("Neu", false), ("Erledigt", true)]), settings).await;
    env.end([&call(1)]).await;
    assert_eq!(env.task(&call(1))["Status"], "Erledigt");
    env.tenant.org.set_options(Options::default());
    let next = call(2).from("+33639980002");
    env.end([&next]).await;
    assert_eq!((&env.task(&next)["Status"], &env.task(&next)["IsClosed"]), (&json!("Completed"), &json!(true)));
}

#[tokio::test]
async fn values_that_the_org_does_not_list_are_not_planted() {
    let (env, _) = env(Options::default(), json!({})).await;
    env.contact("Lou Sample", PHONE);
    env.end([&call(1)]).await;
    assert_eq!(env.task(&call(1))["Type"], "Call");
    env.post(MessageBody::inbound(1).with(PHONE).event()).await;
    env.wait_until_idle().await;
    let tasks = env.records("Task");
    assert_eq!((tasks.len(), &tasks[1]["Type"]), (2, &Value::Null));
}

#[tokio::test]
async fn encrypted_phone_fields_are_only_searched() {
    let unfilterable_fields = ["Contact.Phone", "Lead.MobilePhone"].map(str::to_owned).to_vec();
    let (env, _) =
        env(Options { unfilterable_fields, ..Options::default() }, json!({"unknown_number": "create_contact"})).await;
    let contact = env.contact("Lou Sample", PHONE);
    let unknown = call(2).from("+33639980002");
    env.end([&call(1), &unknown]).await;
    assert_eq!(env.task(&call(1))["WhoId"], contact);
    env.task(&unknown);
    // Our own memory still knows whom we created.
    let again = call(3).from("+33639980002");
    env.end([&again]).await;
    assert_eq!((env.records("Contact").len(), &env.task(&again)["WhoId"]), (2, &env.task(&unknown)["WhoId"]));
    assert_eq!(warnings(&env).await, ["Contact.Phone", "Lead.MobilePhone"]);
}

#[tokio::test]
async fn encrypted_fields_leave_the_other_ones_in_the_query() {
    let unfilterable_fields = vec!["Contact.Phone".to_owned()];
    let options = Options { unfilterable_fields, index_lag_ms: 600_000, ..Options::default() };
    let (env, _) = env(options, json!({"unknown_number": "create_contact"})).await;
    env.insert("Lead", json!({"LastName": "Old", "Company": "Sample", "Phone": "+33639980003"}));
    // Queried by a field that is not encrypted, while the numbers of others are scanned.
    env.insert_unindexed("Contact", json!({"LastName": "New", "MobilePhone": "+33639980003"})).await;
    let calls = [call(1), call(2).from("+33639980002"), call(3).from("+33639980003")];
    env.write_together(calls.iter().map(|call| call.event("call.ended"))).await;
    let contacts = env.records("Contact");
    assert_eq!((contacts.len(), &env.task(&calls[2])["WhoId"]), (3, &contacts[0]["Id"]));
    assert_eq!(warnings(&env).await, ["Contact.Phone"]);
}

#[tokio::test]
async fn a_slow_confirming_query_costs_no_call() {
    for milliseconds in [1_000, 30_000, 200_000] {
        let options = Options { index_lag_ms: 600_000, ..slow("Contact", milliseconds) };
        let (env, _) = env(options, json!({"unknown_number": "create_lead"})).await;
        env.end([&call(1)]).await;
        assert_eq!(env.task(&call(1))["WhoId"], only(&env, "Lead")["Id"], "{milliseconds}");
        let is_warned = milliseconds > 1_000;
        assert_eq!(warnings(&env).await.contains(&"Contact".to_owned()), is_warned, "{milliseconds}");
        // For a day it is not asked: the next call does not wait.
        let (next, started) = (call(2).from("+33639980002"), std::time::Instant::now());
        env.end([&next]).await;
        env.task(&next);
        assert!(!is_warned || started.elapsed().as_secs() < 9, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_contact_that_was_made_meanwhile_beats_an_old_lead() {
    let (env, _) = env(Options { index_lag_ms: 600_000, ..Options::default() }, json!({})).await;
    env.insert("Lead", json!({"LastName": "Old", "Company": "Sample", "Phone": PHONE}));
    env.insert_unindexed("Contact", json!({"LastName": "New", "Phone": PHONE})).await;
    env.end([&call(1)]).await;
    assert_eq!(env.task(&call(1))["WhoId"], only(&env, "Contact")["Id"]);
}

#[tokio::test]
async fn accounts_are_created_as_businesses_where_persons_are_the_default() {
    let person = Options { person_accounts: true, default_account_type: AccountType::Person, ..Options::default() };
    let (env, _) = env(person.clone(), json!({"unknown_number": "create_account"})).await;
    env.end([&call(1)]).await;
    let account = only(&env, "Account");
    assert_eq!((&account["Id"], &account["IsPersonAccount"]), (&env.task(&call(1))["WhatId"], &json!(false)));

    let settings = json!({"unknown_number": "create_contact", "contact_account": "by_company"});
    env.put_settings(settings).await;
    let of_company = of_company(2, "+33639980002", "New Ltd");
    env.end([&of_company]).await;
    let contact = env.records("Contact").into_iter().find(|contact| contact["Id"] == env.task(&of_company)["WhoId"]);
    assert_eq!(contact.unwrap()["AccountId"], env.records("Account")[1]["Id"]);
}

#[tokio::test]
async fn without_a_record_type_accounts_fail_and_the_check_says_so() {
    let options = Options { default_account_type: AccountType::None, ..Options::default() };
    let (env, _) = env(options, json!({"unknown_number": "create_account"})).await;
    env.end([&call(1)]).await;
    assert_eq!(env.activity("call-1").await["state"], "failed");
    let check = check(&env).await;
    let items = check["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["what"] == "Record types of Accounts"), "{check:#}");
    // A Contact needs none.
    env.put_settings(json!({"unknown_number": "create_contact", "contact_account": "by_company"})).await;
    let contact = of_company(2, "+33639980002", "New Ltd");
    env.end([&contact]).await;
    assert_eq!(env.task(&contact)["WhoId"], only(&env, "Contact")["Id"]);
}

#[tokio::test]
async fn a_french_org_is_understood() {
    let options = Options {
        language: Language::French,
        unique_key_field: false,
        hidden_fields: ["Contact.HomePhone", "Task.CallDisposition", "Lead.MobilePhone"].map(str::to_owned).to_vec(),
        hidden_objects: vec!["Account".to_owned()],
        ..Options::default()
    };
    let settings = json!({"unknown_number": "create_contact", "relate_to": "nothing"});
    let (env, _) = env(options, settings).await;
    let tagged = call(1).tagged("Order");
    env.end([&tagged]).await;
    env.end([&tagged]).await;
    let (task, contact) = (only(&env, "Task"), only(&env, "Contact"));
    assert_eq!([&task["WhoId"], &task["CallObject"]], [&contact["Id"], &json!(tagged.key())]);
    let expected = ["Task.Aircall_Key__c", "Account", "Task.CallDisposition", "Contact.HomePhone", "Lead.MobilePhone"];
    let warned: BTreeSet<String> = warnings(&env).await.into_iter().collect();
    assert_eq!(warned, expected.map(str::to_owned).into());
}
