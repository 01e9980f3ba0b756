//! Whose number stands in a phone field: under both ways in which Salesforce may split phone fields into words, in fields
//! that the search does not list yet, and for numbers that we remember.

use local::demo::bodies::CallBody;
use reqwest::Method;
use salesforce_sandbox::{Options, PhoneIndex};
use serde_json::{Value, json};

use crate::support::{TestEnv, days_ago};

/// Who calls the French line, and how people wrote the number into Salesforce.
const SPELLINGS: &[(&str, &str)] = &[
    ("+33 6 39 98 10 01", "06 39 98 10 01"),
    ("+33 6 39 98 10 02", "+33 (0)6.39.98.10.02"),
    ("+33 6 39 98 10 03", "0033 6 39 98 10 03"),
    ("+33 6 39 98 10 04", "33639981004.0"),
    ("+33 6 39 98 10 05", "639981005"),
    ("+33 6 39 98 10 06", "06 39 98 10 06 poste 12"),
    ("+33 6 39 98 10 07", "std 01 99 00 20 07 / port 06 39 98 10 07"),
    ("+33 6 39 98 10 08", "\u{202a}+33 6 39 98 10 08\u{202c}"),
    ("+20 10 0123 0109", "٠١٠ ٠١٢٣ ٠١٠٩"),
    ("+81 90 1234 0110", "０９０－１２３４－０１１０"),
    ("+33 6 39 98 10 11", "0639 98 10 11"),
    ("+33 6 39 98 10 12", "tel:+33-6-39-98-10-12;ext=7"),
    ("+1 415-555-0111", "(415) 555-0111 x204"),
    ("+1 415-555-0112", "1.415.555.0112"),
    ("+1 415-555-0113", "415-555-0113; 415-555-0188"),
    ("+1 415-555-0114", "415-555-0189 or 415-555-0114"),
    ("+1 415-555-0115", "4155550115 #9"),
    ("+44 20 7946 0116", "0044 (0)20 7946 0116"),
    ("+44 20 7946 0117", "011 44 20 7946 0117"),
    ("+44 20 7946 0118", "020 7946 0118 ext. 3"),
    ("+49 1523 0000119", "Büro: 01523/0000119 - DW 4"),
    ("+52 55 1234 0120", "+52 1 55 1234 0120"),
    ("+52 1 55 1234 0121", "55 1234 0121"),
    ("+54 9 11 2345 0122", "011 15-2345-0122"),
    ("+54 11 2345 0123", "+54 9 11 2345-0123"),
    ("+55 11 98765-0124", "(11) 8765-0124"),
    ("+55 11 8765-0125", "011 98765-0125"),
    ("+229 01 97 12 01 26", "97 12 01 26"),
    ("+225 07 07 12 01 27", "+225 07 12 01 27"),
    ("+91 98765 40128", "098765 40128"),
    ("+91 98765 40129", "98765-40129"),
    ("+7 912 345-01-30", "8 (912) 345-01-30"),
    ("+370 600 10131", "8 600 10131"),
    ("+36 20 123 0132", "06 20 123 0132"),
    ("+39 06 1234 0133", "+39 (0)6 1234 0133"),
    ("+84 32 765 0134", "0162 765 0134"),
];

const FIELDS: [&str; 5] = ["Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone"];

/// The calls from each number in another spelling than Aircall's, and the Contacts that hold it, in all fields.
fn calls_and_contacts() -> impl Iterator<Item = (CallBody, Value)> {
    (1..).zip(SPELLINGS).zip(FIELDS.iter().cycle()).map(|((id, (phone, stored)), field)| {
        let call = CallBody::inbound(id).from(phone);
        (call, json!({"LastName": format!("Sample {id}"), *field: stored, "LastModifiedDate": days_ago(2)}))
    })
}

async fn check_spellings(env: &TestEnv, contacts: Vec<(CallBody, String)>) {
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    env.end(contacts.iter().map(|(call, _)| call)).await;
    let wrong = contacts.iter().zip(SPELLINGS).filter(|((call, contact), _)| env.task(call)["WhoId"] != **contact);
    let wrong: Vec<_> = wrong.map(|(_, spelling)| spelling).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(env.records("Contact").len(), SPELLINGS.len());
}

async fn check_index(phone_index: PhoneIndex) {
    let env = TestEnv::with(Options { phone_index, ..Options::default() }).await;
    let contacts = calls_and_contacts().map(|(call, contact)| (call, env.insert("Contact", contact)));
    check_spellings(&env, contacts.collect()).await;
}

#[tokio::test]
async fn every_spelling_is_found_where_all_digits_of_a_field_are_one_word() {
    check_index(PhoneIndex::Digits).await;
}

#[tokio::test]
async fn every_spelling_is_found_where_each_run_of_digits_is_a_word() {
    check_index(PhoneIndex::Tokens).await;
}

#[tokio::test]
async fn every_spelling_is_found_before_the_search_lists_it() {
    let env = TestEnv::with(Options { index_lag_ms: 600_000, ..Options::default() }).await;
    let mut contacts = Vec::new();
    for (call, mut contact) in calls_and_contacts() {
        let name = contact["LastName"].clone();
        contact.as_object_mut().unwrap().remove("LastModifiedDate");
        env.insert_unindexed("Contact", contact).await;
        let inserted = env.records("Contact").into_iter().find(|contact| contact["LastName"] == name);
        contacts.push((call, inserted.expect("the Contact")["Id"].as_str().unwrap().to_owned()));
    }
    check_spellings(&env, contacts).await;
}

#[tokio::test]
async fn a_number_that_is_spelt_out_is_found() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    for (id, phone, stored) in
        [(1, "+1 800 356 9377", "1-800-FLOWERS"), (2, "+33639981010", "０６－３９－９８－１０－１０")]
    {
        let contact = env.contact("Spelt Out", stored);
        let call = CallBody::outbound(id).to(phone);
        env.end([&call]).await;
        assert_eq!(env.task(&call)["WhoId"], contact, "{stored}");
    }
}

#[tokio::test]
async fn a_national_number_is_one_of_the_country_of_its_address() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": "do_nothing"})).await;
    let contact = |name: &str, country: &str| {
        let contact = json!({"LastName": name, "Phone": "06 39 98 10 01", "MailingCountry": country});
        env.insert("Contact", contact)
    };
    let (dutch, _) = (contact("Dutch", "Netherlands"), contact("South African", "ZA"));
    // The line is French.
    let (from_netherlands, from_france) =
        (CallBody::inbound(1).from("+31639981001"), CallBody::inbound(2).from("+33639981001"));
    env.end([&from_netherlands, &from_france]).await;
    assert_eq!(env.task(&from_netherlands)["WhoId"], dutch);
    let finding = env.finding(&from_netherlands.key(), "phone_number").await;
    assert!(finding.contains("the country of its address, +31"), "{finding}");
    assert!(!env.is_logged(&from_france));
}

#[tokio::test]
async fn the_country_of_a_number_may_be_a_guess_which_the_trace_says() {
    let env = TestEnv::new().await;
    let guessed = env.contact("Guess", "(415) 555-0132");
    let call = CallBody::inbound(1).from("+14155550132");
    env.end([&call]).await;
    assert_eq!(env.task(&call)["WhoId"], guessed);
    let finding = env.finding(&call.key(), "phone_number").await;
    assert!(finding.contains("that it is a number of +1 is a guess"), "{finding}");
    let sure = env.insert("Account", json!({"Name": "Sure Ltd", "Phone": "+1 (628) 555-0132"}));
    env.contact("Guess", "(628) 555-0132");
    let call = CallBody::inbound(2).from("+16285550132");
    env.end([&call]).await;
    assert_eq!(env.task(&call)["WhatId"], sure);
}

#[tokio::test]
async fn two_spellings_of_one_unknown_number_create_one_contact() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let (call, again) = (CallBody::inbound(1).from("+525512345678"), CallBody::inbound(2).from("+5215512345678"));
    env.write_together([call.event("call.ended"), again.event("call.ended")]).await;
    let later = CallBody::inbound(3).from("+5215512345678");
    env.end([&later]).await;
    let contacts = env.records("Contact");
    assert_eq!(contacts.len(), 1, "{contacts:#?}");
    for call in [call, again, later] {
        assert_eq!(env.task(&call)["WhoId"], contacts[0]["Id"]);
    }
}

/// An env in which a call from `+33 6 39 98 10 01` has created a record, and that record's id.
async fn env_with_own(setting: &str, sobject: &str) -> (TestEnv, String) {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": setting})).await;
    env.end([&call(1)]).await;
    let id = env.records(sobject)[0]["Id"].as_str().unwrap().to_owned();
    (env, id)
}

fn call(id: u64) -> CallBody {
    CallBody::inbound(id).from("+33 6 39 98 10 01")
}

/// The key of that number in the phone map.
fn number_key(env: &TestEnv) -> Value {
    json!({"tenant": {"S": env.tenant.tenant}, "phone": {"S": "+33639981001"}})
}

/// As if the minutes were over for which the number is not searched again.
async fn search_again(env: &TestEnv) {
    let update = json!({
        "TableName": env.table("PhonesTable"), "Key": number_key(env),
        "UpdateExpression": "SET search_after = :past", "ExpressionAttributeValues": {":past": {"N": "0"}},
    });
    env.dynamodb("UpdateItem", &update).await;
}

#[tokio::test]
async fn a_contact_made_meanwhile_beats_our_lead() {
    let (env, lead) = env_with_own("create_lead", "Lead").await;
    let calls = env.calls_for(env.end([&call(2)])).await;
    assert_eq!(env.task(&call(2))["WhoId"], lead);
    assert!(calls.total <= 2, "{calls:#?}");
    let contact = env.contact("Lou Sample", "06 39 98 10 01");
    env.end([&call(3)]).await;
    assert_eq!(env.task(&call(3))["WhoId"], contact);
}

#[tokio::test]
async fn a_number_that_moved_to_somebody_else_is_followed() {
    let (env, ours) = env_with_own("create_contact", "Contact").await;
    env.edit("Contact", &ours, json!({"Phone": "+33 6 39 98 10 99"})).await;
    let lead = json!({"LastName": "New Owner", "Company": "Sample Ltd", "Phone": "06.39.98.10.01"});
    let lead = env.insert("Lead", lead);
    env.end([&call(2)]).await;
    assert_eq!(env.task(&call(2))["WhoId"], lead);
}

#[tokio::test]
async fn a_record_of_ours_that_was_merged_leads_to_its_winner() {
    let (env, ours) = env_with_own("create_contact", "Contact").await;
    let winner = env.contact("Winner", "+33 1 99 00 20 01");
    env.sandbox(Method::POST, "merge", json!({"sobject": "Contact", "master": winner, "merged": ours})).await;
    for id in 2..5 {
        env.end([&call(id)]).await;
        assert_eq!(env.task(&call(id))["WhoId"], winner);
        search_again(&env).await;
    }
    assert_eq!(env.records("Contact").len(), 1);
}

#[tokio::test]
async fn a_remembered_record_that_was_merged_leads_to_its_winner() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let found = env.contact("Found", "06 39 98 10 01");
    env.end([&call(1)]).await;
    assert_eq!(env.task(&call(1))["WhoId"], found);
    let winner = env.contact("Winner", "+33 1 99 00 20 01");
    env.sandbox(Method::POST, "merge", json!({"sobject": "Contact", "master": winner, "merged": found})).await;
    env.end([&call(2)]).await;
    assert_eq!(env.task(&call(2))["WhoId"], winner);
    search_again(&env).await;
    env.end([&call(3)]).await;
    assert_eq!(env.task(&call(3))["WhoId"], winner);
    assert_eq!(env.records("Contact").len(), 1);
}

#[tokio::test]
async fn a_number_of_our_record_is_searched_again_after_some_minutes() {
    let (env, ours) = env_with_own("create_contact", "Contact").await;
    let searches = async |id: u64| {
        let calls = env.calls_for(env.end([&call(id)])).await;
        assert_eq!(env.task(&call(id))["WhoId"], ours);
        calls.count("GET", "/search")
    };
    assert_eq!(searches(2).await, 0);
    search_again(&env).await;
    assert_eq!(searches(3).await, 1);
    assert_eq!(searches(4).await, 0);
    // It is still remembered as ours.
    let item = env.item("PhonesTable", number_key(&env)).await;
    assert_eq!(item["ours"]["BOOL"], true, "{item:#}");
}
