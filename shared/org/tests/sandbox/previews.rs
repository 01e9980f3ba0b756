//! Previews show what would be written for a call, and write nothing.

use jiff::Timestamp;
use org::{BatchError, Field, FieldValue, Place, Preview, RelatedPlace, Writes};
use rules::settings::{RelateTo, UnknownNumber};
use rules::{E164, RecordKind, Settings, SkipReason, Topic};
use salesforce_sandbox::Options;
use serde_json::{Value, json};
use store::ConnectionState;

use crate::fixture::{Fixture, missed};

async fn org() -> Fixture {
    Fixture::new(Options::default()).await
}

fn settings() -> Settings {
    Settings { relate_to: RelateTo::Nothing, unknown_number: UnknownNumber::CreateContact, ..Settings::default() }
}

fn writes(preview: &Preview) -> &Writes {
    preview.would.as_ref().unwrap()
}

#[track_caller]
fn value<'a>(fields: &'a [Field], name: &str) -> &'a FieldValue {
    &fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("no {name} in {fields:?}")).value
}

fn given(value: impl Into<Value>) -> FieldValue {
    FieldValue::Given(value.into())
}

#[tokio::test]
async fn a_call_from_a_contact_is_previewed_on_it() {
    let mut org = org().await;
    let contact = org.insert("Contact", json!({"LastName": "Roe", "Phone": "+1 415-555-0132"}));
    let preview = org.preview(&settings(), missed(json!(null))).await.unwrap();
    let Writes { record: Place::Existing(record), related: None, task, task_id: None } = writes(&preview) else {
        panic!("{preview:?}")
    };
    assert_eq!((record.kind, record.name.as_str()), (RecordKind::Contact, "Roe"));
    assert_eq!(record.id.unwrap().as_str(), contact);
    let names: Vec<&str> = task.iter().map(|field| field.name.as_str()).collect();
    let expected = [
        "Subject",
        "Status",
        "WhoId",
        "OwnerId",
        "ActivityDate",
        "CallType",
        "CallDurationInSeconds",
        "Description",
        "TaskSubtype",
        "Type",
        "CallObject",
        "Aircall_Key__c",
    ];
    assert_eq!(names, expected);
    assert_eq!(value(task, "Subject"), &given("Missed call from Roe on Sales"));
    assert_eq!(value(task, "Status"), &given("Completed"));
    assert_eq!(value(task, "WhoId"), &given(contact));
    assert_eq!(value(task, "OwnerId"), &given(org.sandbox.admin_user_id()));
    assert_eq!(value(task, "ActivityDate"), &given("2026-03-23"));
    assert_eq!(value(task, "CallDurationInSeconds"), &given(0));
    assert_eq!(value(task, "Aircall_Key__c"), &given("call-7"));
    assert!(preview.trace.finding(Topic::Record).unwrap().contains("Contact Roe"), "{:?}", preview.trace);
    assert!(org.requests().await.contains(&"search".to_owned()));
}

#[tokio::test]
async fn an_unknown_number_is_previewed_as_the_settings_say() {
    let mut org = org().await;
    let preview = org.preview(&settings(), missed(json!(null))).await.unwrap();
    let Writes { record: Place::New { kind, name, fields }, task, .. } = writes(&preview) else {
        panic!("{preview:?}")
    };
    assert_eq!((*kind, name.as_str()), (RecordKind::Contact, "Jane Roe"));
    assert_eq!(value(fields, "Phone"), &given("+14155550132"));
    assert_eq!(value(task, "WhoId"), &FieldValue::NewRecord);

    let account = Settings { unknown_number: UnknownNumber::CreateAccount, ..settings() };
    let preview = org.preview(&account, missed(json!(null))).await.unwrap();
    assert_eq!(value(&writes(&preview).task, "WhatId"), &FieldValue::NewRecord);

    let nothing = Settings { unknown_number: UnknownNumber::DoNothing, ..settings() };
    let preview = org.preview(&nothing, missed(json!(null))).await.unwrap();
    assert_eq!(preview.would.unwrap_err(), SkipReason::UnknownNumber);
    assert!(preview.trace.finding(Topic::Record).unwrap().contains("not logged"), "{:?}", preview.trace);
}

#[tokio::test]
async fn nothing_is_created_for_one_of_the_company_s_own_lines() {
    let mut org = org().await;
    org.tenant.own_lines = [E164::parse("+14155550132").unwrap()].into_iter().collect();
    for unknown_number in [UnknownNumber::CreateContact, UnknownNumber::DoNothing] {
        let settings = Settings { unknown_number, ..settings() };
        let preview = org.preview(&settings, missed(json!(null))).await.unwrap();
        assert_eq!(preview.would.unwrap_err(), SkipReason::InternalCall);
        let finding = preview.trace.finding(Topic::Record).unwrap();
        assert!(finding.contains("one of the company's own lines, and no record in Salesforce has it"), "{finding}");
    }
    let contact = org.insert("Contact", json!({"LastName": "Sales line", "Phone": "+1 415-555-0132"}));
    let preview = org.preview(&settings(), missed(json!(null))).await.unwrap();
    assert_eq!(value(&writes(&preview).task, "WhoId"), &given(contact));
}

#[tokio::test]
async fn an_existing_case_is_used_and_a_missing_one_would_be_created() {
    let mut org = org().await;
    let cases = Settings { relate_to: RelateTo::Case, create_case_if_none: true, ..settings() };
    let preview = org.preview(&cases, missed(json!(null))).await.unwrap();
    let Some(RelatedPlace::NewCase(case)) = &writes(&preview).related else { panic!("{preview:?}") };
    assert_eq!(value(case, "ContactId"), &FieldValue::NewRecord);
    assert_eq!(value(case, "Subject"), &given("Missed call from Jane Roe on Sales"));
    assert_eq!(value(&writes(&preview).task, "WhoId"), &FieldValue::NewRecord);
    assert_eq!(value(&writes(&preview).task, "WhatId"), &FieldValue::NewCase);

    let contact = org.insert("Contact", json!({"LastName": "Roe", "Phone": "+14155550132"}));
    let preview = org.preview(&cases, missed(json!(null))).await.unwrap();
    let Some(RelatedPlace::NewCase(case)) = &writes(&preview).related else { panic!("{preview:?}") };
    assert_eq!(value(case, "ContactId"), &given(contact.as_str()));
    assert!(matches!(writes(&preview).record, Place::Existing(_)), "{preview:?}");

    let case = org.insert("Case", json!({"ContactId": contact, "Subject": "A broken thing"}));
    let preview = org.preview(&cases, missed(json!(null))).await.unwrap();
    let Some(RelatedPlace::Existing(related)) = &writes(&preview).related else { panic!("{preview:?}") };
    assert_eq!(related.id.as_str(), case);
    assert_eq!(value(&writes(&preview).task, "WhatId"), &given(case));
}

#[tokio::test]
async fn the_user_who_took_the_call_owns_the_task() {
    let mut org = org().await;
    org.insert("Contact", json!({"LastName": "Roe", "Phone": "+14155550132"}));
    let user = org.insert(
        "User",
        json!({"Username": "sam@example.com", "Email": "sam@example.com", "LastName": "Sample", "Alias": "sam"}),
    );
    let job = missed(json!({"id": 1, "name": "Sam Sample", "email": "Sam@example.com"}));
    let preview = org.preview(&settings(), job).await.unwrap();
    assert_eq!(value(&writes(&preview).task, "OwnerId"), &given(user));
}

#[tokio::test]
async fn fields_that_the_org_lacks_are_left_out() {
    let mut org = Fixture::new(Options { unique_key_field: false, ..Options::default() }).await;
    org.insert("Contact", json!({"LastName": "Roe", "Phone": "+14155550132"}));
    let task = org.insert("Task", json!({"Subject": "Call", "CallObject": "call-7"}));
    let now = Timestamp::now();
    org.tenant.facts.missing_fields.insert("Task.Aircall_Key__c".to_owned(), now);
    org.tenant.facts.missing_fields.insert("Task.Type".to_owned(), now);
    let preview = org.preview(&settings(), missed(json!(null))).await.unwrap();
    let names: Vec<&str> = writes(&preview).task.iter().map(|field| field.name.as_str()).collect();
    assert!(
        !names.contains(&"Type") && !names.contains(&"Aircall_Key__c") && names.contains(&"CallObject"),
        "{names:?}"
    );
    assert_eq!(writes(&preview).task_id.unwrap().as_str(), task);
}

#[tokio::test]
async fn a_preview_of_a_paused_or_disconnected_org_says_why() {
    let mut org = org().await;
    let (since, later) = (Timestamp::UNIX_EPOCH, Timestamp::now() + jiff::SignedDuration::from_mins(5));
    let reason = || "The org has had enough.".to_owned();
    org.set_state(ConnectionState::Paused { since, until: later, reason: reason() });
    let stop = org.preview(&settings(), missed(json!(null))).await.unwrap_err();
    assert!(matches!(&stop, BatchError::Pause(trouble) if trouble.message == reason()), "{stop:?}");
    org.set_state(ConnectionState::ReconnectNeeded { since, try_at: later, reason: reason() });
    let stop = org.preview(&settings(), missed(json!(null))).await.unwrap_err();
    assert!(matches!(&stop, BatchError::Reconnect(trouble) if trouble.message == reason()), "{stop:?}");
    assert_eq!(org.requests().await, [""; 0]);
    org.set_state(ConnectionState::Paused { since, until: since, reason: reason() });
    org.preview(&settings(), missed(json!(null))).await.unwrap();
}
