//! How many Salesforce API calls logging costs, with cold and with warm caches.
//!
//! Each test has a stack of its own, so that one writer process keeps the cache of users.

use local::demo::bodies::{CallBody, User};
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{ApiCalls, Running, TestEnv};

/// An org with an active user for the agent, in a stack of its own.
async fn env(name: &str, settings: Value) -> TestEnv {
    let env = TestEnv::within(&Running::start(name).await, Options::default()).await;
    env.insert(
        "User",
        json!({"Username": "robin.rep@example.com", "LastName": "Rep", "Email": "robin.rep@example.com"}),
    );
    env.put_settings(settings).await;
    env
}

/// An answered call from the phone number `+33 6 39 98 1n nn`, of a user whom Salesforce knows.
fn call(id: u64, caller: u64) -> CallBody {
    let robin = User::new(2002, "Robin Rep", "Robin.Rep@example.com");
    let phone = format!("+33 6 39 98 {:02} {:02}", 10 + caller / 100, caller % 100);
    CallBody::inbound(id).from(&phone).by(&robin).answered_after(5)
}

/// The Contact with the phone number of [`call`], in an Account like most Contacts, and its open Case.
fn contact_with_case(env: &TestEnv, caller: u64) -> (String, String) {
    let account = env.insert("Account", json!({"Name": format!("Sample {caller} Ltd")}));
    let phone = format!("+33 6 39 98 {:02} {:02}", 10 + caller / 100, caller % 100);
    let contact = json!({"LastName": format!("Sample {caller}"), "MobilePhone": phone, "AccountId": account});
    let contact = env.insert("Contact", contact);
    let case = env.insert("Case", json!({"ContactId": contact, "Subject": "Order", "Status": "New"}));
    (contact, case)
}

#[track_caller]
fn assert_within(budget: u64, what: &str, calls: &ApiCalls) {
    println!("{what}: {} API calls, at most {budget}: {:?}", calls.total, calls.by_resource);
    assert!(calls.total <= budget, "{what}: {} API calls, more than {budget}: {calls:#?}", calls.total);
}

/// Three calls one after the other: with nothing cached, with the owner cached, and with owner and phone number cached.
async fn known_contact(name: &str, settings: Value, budgets: [u64; 3]) {
    let env = env(name, settings).await;
    let relates = env.settings().await["relate_to"] == "case";
    let (first, first_case) = contact_with_case(&env, 1);
    let (second, second_case) = contact_with_case(&env, 2);
    let steps = [
        ("nothing cached", call(1, 1), &first, &first_case),
        ("the owner cached", call(2, 2), &second, &second_case),
        ("owner and phone number cached", call(3, 2), &second, &second_case),
    ];
    for ((what, call, contact, case), budget) in steps.into_iter().zip(budgets) {
        let calls = env.calls_for(env.end([&call])).await;
        assert_within(budget, &format!("{name}, {what}"), &calls);
        let task = env.task(&call);
        assert_eq!((&task["WhoId"], task["WhatId"] == **case), (&json!(contact), relates));
        assert_ne!(task["OwnerId"], env.tenant.org.admin_user_id());
    }
    assert_eq!(env.records("Task").len(), 3);
}

#[tokio::test]
async fn a_call_of_a_known_contact_stays_within_its_budget() {
    known_contact("known Contact", json!({}), [3, 2, 1]).await;
}

#[tokio::test]
async fn a_call_of_a_known_contact_with_an_open_case_stays_within_its_budget() {
    // Cases are queried for each call, because they open and close.
    known_contact("known Contact with Case", json!({"relate_to": "case"}), [3, 3, 2]).await;
}

#[tokio::test]
async fn a_call_that_creates_contact_case_and_task_stays_within_its_budget() {
    let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
    let env = env("unknown number", settings).await;
    contact_with_case(&env, 1);
    env.end([&call(1, 1)]).await;
    let unknown = call(2, 2);
    let calls = env.calls_for(env.end([&unknown])).await;
    assert_within(3, "unknown number with Contact, Case and Task, the owner cached", &calls);
    let again = call(3, 2);
    let calls = env.calls_for(env.end([&again])).await;
    assert_within(2, "the same number again", &calls);
    let (contacts, cases) = (env.records("Contact"), env.records("Case"));
    assert_eq!((contacts.len(), cases.len(), env.records("Task").len()), (2, 2, 3));
    for call in [unknown, again] {
        let task = env.task(&call);
        assert_eq!([&task["WhoId"], &task["WhatId"]], [&contacts[1]["Id"], &cases[1]["Id"]]);
    }
}

#[tokio::test]
async fn a_burst_of_200_calls_of_200_known_contacts_with_open_cases_stays_within_its_budget() {
    let env = env("burst of known", json!({"relate_to": "case"})).await;
    let targets: Vec<_> = (0..200).map(|caller| contact_with_case(&env, caller)).collect();
    let burst: Vec<_> = (0..200).map(|caller| call(caller + 1, caller)).collect();
    let events = burst.iter().map(|call| call.event("call.ended"));
    let calls = env.calls_for(env.write_together(events)).await;
    assert_within(6, "200 calls of 200 known Contacts with open Cases, nothing cached", &calls);
    assert_eq!((env.records("Task").len(), env.records("Contact").len(), env.records("Case").len()), (200, 200, 200));
    for (call, (contact, case)) in burst.iter().zip(&targets) {
        let task = env.task(call);
        assert_eq!([&task["WhoId"], &task["WhatId"]], [contact, case]);
    }
}

#[tokio::test]
async fn a_burst_of_200_calls_that_create_200_contacts_stays_within_its_budget() {
    let env = env("burst of unknown", json!({"unknown_number": "create_contact"})).await;
    let burst: Vec<_> = (0..200).map(|caller| call(caller + 1, caller)).collect();
    let events = burst.iter().map(|call| call.event("call.ended"));
    let calls = env.calls_for(env.write_together(events)).await;
    assert_within(9, "200 calls of 200 unknown numbers, nothing cached", &calls);
    assert_eq!((env.records("Task").len(), env.records("Contact").len()), (200, 200));
    for call in &burst {
        env.task(call);
    }
}

#[tokio::test]
async fn five_events_of_one_finished_call_that_wait_together_stay_within_their_budget() {
    let env = env("five events", json!({})).await;
    let (contact, _) = contact_with_case(&env, 1);
    let call = call(1, 1).tagged("Order").commented("Wants two more.").archived_after(100);
    let names = ["call.answered", "call.tagged", "call.ended", "call.commented", "call.archived"];
    let events = names.map(|name| call.event(name));
    let calls = env.calls_for(env.write_together(events.clone())).await;
    assert_within(3, "five events of one finished call, nothing cached", &calls);
    assert_eq!(
        (calls.count("POST", "/composite/sobjects"), calls.count("PATCH", "/composite/sobjects")),
        (1, 0),
        "{calls:#?}"
    );
    let task = env.task(&call);
    assert_eq!((&task["WhoId"], env.records("Task").len()), (&json!(contact), 1));
    assert!(task["Description"].as_str().unwrap().contains("Wants two more."), "{task:#}");

    let again = async {
        env.post_all(events.clone().into_iter().chain(events)).await;
        env.wait_until_idle().await;
        env.wake().await;
        env.until("the wake-up is handled", async |env| env.is_empty(&env.queue("WritesQueue")).await).await;
    };
    let calls = env.calls_for(again).await;
    assert_within(0, "all five twice again, unchanged", &calls);
    assert_eq!(env.records("Task").len(), 1);
}
