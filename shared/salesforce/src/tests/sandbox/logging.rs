//! Writes.

use std::collections::BTreeSet;

use salesforce_sandbox::{DuplicateAction, DuplicateRule, Options};
use serde_json::json;

use super::serve;
use crate::{Atomicity, ErrorCode, Graph, KeyField, Kind, Record, SObject, Soql, Subrequest, Update};

fn task(key: &str) -> Record {
    Record::new(SObject::Task)
        .with("Aircall_Key__c", key)
        .with("Subject", "Call")
        .with("Status", "Completed")
        .with("TaskSubtype", "Call")
}

fn contact() -> Record {
    Record::new(SObject::Contact).with("LastName", "Roe").with("Phone", "+15550100")
}

#[tokio::test]
async fn a_duplicate_key_is_refused_and_the_existing_task_named() {
    let served = serve(Options::default()).await;
    let first = served.client.create(&[task("call-1")], Atomicity::EachAlone).await.unwrap().value.remove(0).unwrap();
    let again = served.client.create(&[task("call-1"), task("call-2")], Atomicity::EachAlone).await.unwrap().value;
    let refusal = again[0].as_ref().unwrap_err();
    assert_eq!((refusal.kind(), refusal.cause().records.as_slice()), (Kind::AlreadyLogged, &[first][..]));
    assert!(refusal.duplicates("Aircall_Key__c") && !refusal.duplicates("Name"));
    assert!(again[1].is_ok());
    let keys = ["call-1".to_owned(), "call-9".to_owned()];
    let found = served.client.query(&Soql::tasks_by_key(KeyField::AircallKey, &keys, None)[0]).await.unwrap().value;
    assert_eq!(found.iter().filter_map(Record::id).collect::<Vec<_>>(), [first]);
}

#[tokio::test]
async fn tasks_are_found_by_key_since_an_instant() {
    let served = serve(Options::default()).await;
    let task = |created: &str| json!({"Subject": "Call", "CallObject": "call-1", "CreatedDate": created});
    let _older = served.insert("Task", task("2026-11-22T17:36:25.000+0000"));
    let exact = served.insert("Task", task("2026-11-22T17:36:26.000+0000"));
    let newer = served.insert("Task", task("2026-11-22T18:00:00.000+0000"));
    let since = Some("2026-11-22T18:36:26.5+01:00".parse().unwrap());
    let found = async |field, keys: &[String]| {
        let answer = served.client.query(&Soql::tasks_by_key(field, keys, since)[0]).await.unwrap();
        answer.value.iter().filter_map(Record::id).collect::<BTreeSet<_>>()
    };
    assert_eq!(found(KeyField::CallObject, &["call-1".to_owned()]).await, [exact, newer].into());
    assert!(found(KeyField::CallObject, &["call-2".to_owned()]).await.is_empty());
}

#[tokio::test]
async fn create_only_fields_are_refused_in_an_update() {
    let served = serve(Options::default()).await;
    let id = served.client.create(&[task("call-1")], Atomicity::EachAlone).await.unwrap().value.remove(0).unwrap();
    let update = async |field: &str| {
        let record = Record::new(SObject::Task).with("Id", id).with(field, "Call");
        served.client.update(&[Update { record, unmodified_since: None }]).await.unwrap().value.remove(0)
    };
    assert_eq!(update("Subject").await, Ok(()));
    let refusal = update("TaskSubtype").await.unwrap_err();
    assert_eq!((refusal.kind(), refusal.cause().fields.as_slice()), (Kind::Degrade, &["TaskSubtype".to_owned()][..]));
    let read = served.client.query(&Soql::tasks_by_id(&[id], &["Status", "Description"])[0]).await.unwrap().value;
    assert_eq!(read[0].str("Status"), Some("Completed"));
}

#[tokio::test]
async fn a_new_contact_with_case_and_task_is_one_transaction() {
    let served = serve(Options::default()).await;
    let bundle = [
        Subrequest::create("c", contact()),
        Subrequest::create("k", Record::new(SObject::Case).with("Origin", "Phone")).link("ContactId", "c"),
        Subrequest::create("t", task("call-1").with("Description", "said @{c.id}"))
            .link("WhoId", "c")
            .link("WhatId", "k"),
    ];
    let answer = served.client.composite(&bundle, Atomicity::AllOrNone).await.unwrap();
    assert_eq!((answer.calls, answer.usage.unwrap().used), (1, 1));
    let task = &served.org.records("Task")[0];
    assert_eq!(task["WhoId"], json!(answer.value[0].id().unwrap()));
    assert_eq!(task["WhatId"], json!(answer.value[1].id().unwrap()));
    assert_eq!(task["Description"], "said @ {c.id}");

    let again = served.client.composite(&bundle, Atomicity::AllOrNone).await.unwrap().value;
    let refusal = again[2].done().unwrap_err();
    assert_eq!((refusal.kind(), refusal.duplicates("Aircall_Key__c")), (Kind::AlreadyLogged, true));
    assert_eq!(again[0].done().unwrap_err().code(), &ErrorCode::ProcessingHalted);
    assert_eq!((served.org.records("Contact").len(), served.org.records("Case").len()), (1, 1));
}

#[tokio::test]
async fn queries_and_writes_share_one_api_call() {
    let served = serve(Options::default()).await;
    let contact = served.insert("Contact", json!({"LastName": "Roe"}));
    let requests = [
        Subrequest::query("cases", &Soql::open_cases(&[contact])[0]),
        Subrequest::create("task", task("call-1").with("WhoId", contact)),
        Subrequest::create("again", task("call-1")),
    ];
    let answer = served.client.composite(&requests, Atomicity::EachAlone).await.unwrap();
    assert_eq!(answer.usage.unwrap().used, 1);
    assert!(answer.value[0].page().unwrap().records.is_empty());
    assert_eq!(answer.value[1].done(), Ok(()));
    assert_eq!(answer.value[2].done().unwrap_err().usage(), answer.usage);
}

#[tokio::test]
async fn each_graph_succeeds_or_fails_on_its_own() {
    let served = serve(Options::default()).await;
    let graph = |id: &str, key: &str| Graph {
        id: id.to_owned(),
        subrequests: vec![Subrequest::create("c", contact()), Subrequest::create("t", task(key)).link("WhoId", "c")],
    };
    let graphs = [graph("a", "call-1"), graph("b", "call-1"), graph("c", "call-2")];
    let results = served.client.graph(&graphs).await.unwrap().value;
    assert_eq!(results.iter().map(|result| result.is_successful).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(results[1].results[1].done().unwrap_err().kind(), Kind::AlreadyLogged);
    assert_eq!(served.org.records("Contact").len(), 2);
}

#[tokio::test]
async fn a_duplicate_rule_names_the_record_to_use() {
    let rule = DuplicateRule {
        sobject: "Contact".to_owned(),
        fields: vec!["Phone".to_owned()],
        action: DuplicateAction::Alert,
        names_record: true,
    };
    let served = serve(Options { duplicate_rules: vec![rule], ..Options::default() }).await;
    let existing = served.insert("Contact", json!({"LastName": "Roe", "Phone": "+15550100"}));
    let refusal = served.client.create(&[contact()], Atomicity::EachAlone).await.unwrap().value.remove(0).unwrap_err();
    assert_eq!((refusal.kind(), refusal.cause().records.as_slice()), (Kind::UseRecord, &[existing][..]));
    let composite = [Subrequest::create("c", contact())];
    let results = served.client.composite(&composite, Atomicity::AllOrNone).await.unwrap().value;
    assert_eq!(results[0].done().unwrap_err().cause().records, [existing]);
}

#[tokio::test]
async fn an_org_without_the_key_field_names_it_in_the_error() {
    let served = serve(Options { unique_key_field: false, ..Options::default() }).await;
    let refusal =
        served.client.create(&[task("call-1")], Atomicity::EachAlone).await.unwrap().value.remove(0).unwrap_err();
    assert_eq!(
        (refusal.kind(), refusal.cause().fields.as_slice()),
        (Kind::Degrade, &["Aircall_Key__c".to_owned()][..])
    );
}
