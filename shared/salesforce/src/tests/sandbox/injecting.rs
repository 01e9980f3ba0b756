//! Injection tests against an org with records that hostile texts must not reach.

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use salesforce_sandbox::Options;
use serde_json::json;

use super::super::injection::hostile;
use super::{Served, serve};
use crate::{CallerFields, Graph, KeyField, Record, SObject, SalesforceId, Soql, Subrequest};

async fn ids(served: &Served, queries: &[Soql]) -> Vec<SalesforceId> {
    let mut ids = Vec::new();
    for soql in queries {
        ids.extend(served.client.query(soql).await.unwrap().value.iter().filter_map(Record::id));
    }
    ids.sort();
    ids
}

/// The records whose field equals one of the texts, compared case-insensitively like Salesforce.
fn holding(records: &[(SalesforceId, String)], texts: &[String]) -> Vec<SalesforceId> {
    let is_match = |stored: &String| texts.iter().any(|text| text.to_lowercase() == stored.to_lowercase());
    let mut ids: Vec<_> = records.iter().filter(|(_, stored)| is_match(stored)).map(|(id, _)| *id).collect();
    ids.sort();
    ids
}

async fn check_only_equal_texts_match(stored: Vec<String>, asked: Vec<String>) {
    let served = serve(Options::default()).await;
    let mut texts = stored.clone();
    texts.extend(["call-1".to_owned(), "decoy".to_owned()]);
    let insert = |sobject: &str, field: &str, needed: &str| {
        let one = |text: &String| {
            let id = served.insert(sobject, json!({ needed: "Decoy", field: text.trim() }));
            (id, text.trim().to_owned())
        };
        texts.iter().map(one).collect::<Vec<_>>()
    };
    let tasks = insert("Task", "CallObject", "Subject");
    let contacts = insert("Contact", "Phone", "LastName");
    // Half of the queried texts exist. Texts that look like a reference are left out of queries.
    let mut asked = asked;
    asked.extend(stored.into_iter().step_by(2));
    let mut allowed = asked.clone();
    allowed.retain(|text| !text.contains("@{") && !text.is_empty());

    let found = ids(&served, &Soql::tasks_by_key(KeyField::CallObject, &asked, None)).await;
    assert_eq!(found, holding(&tasks, &allowed));
    let found = ids(
        &served,
        &Soql::records_by_phone(SObject::Contact, &asked, &CallerFields::new(false), Some(Timestamp::UNIX_EPOCH)),
    )
    .await;
    assert_eq!(found, holding(&contacts, &allowed));
    assert!(ids(&served, &Soql::active_users(&asked, &["Email"])).await.is_empty());

    // A written text is unchanged, and is on the right record.
    let description = asked.concat();
    let bundle = vec![
        Subrequest::create("c", Record::new(SObject::Contact).with("LastName", "New")),
        Subrequest::create("t", Record::new(SObject::Task).with("Description", description.as_str()))
            .link("WhoId", "c"),
    ];
    let graph = Graph { id: "g".to_owned(), subrequests: bundle };
    let results = served.client.graph(&[graph]).await.unwrap().value.remove(0).results;
    let [contact, task] = [0, 1].map(|part: usize| results[part].id().unwrap());
    let written = served.client.query(&Soql::tasks_by_id(&[task], &["Description", "WhoId"])[0]).await.unwrap().value;
    assert_eq!(written[0].str("Description").unwrap_or_default(), description.replace("@{", "@ {"));
    assert_eq!(written[0].reference("WhoId"), Some(contact));
    assert_eq!(served.org.records("Task").len(), tasks.len() + 1);
}

#[test]
fn hostile_texts_match_only_equal_texts() {
    let short = || hostile().prop_map(|text| text.chars().take(20).collect::<String>());
    let texts = || prop::collection::vec(short(), 1..4);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    TestRunner::new(Config::with_cases(48))
        .run(&(texts(), texts()), |(stored, asked)| {
            runtime.block_on(check_only_equal_texts_match(stored, asked));
            Ok(())
        })
        .unwrap();
}
