//! Tests of the stores against an embedded DynamoDB, and of the secrets against mocked responses.

mod calls;
mod console;
mod dynamodb;
mod phones;
mod secrets;
mod settings;
mod stored;
mod tenants;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rules::matching::Record;
use rules::settings::{LogAs, Settings};
use rules::{CallDocument, Company, RecordKind, SalesforceId, Snapshot, TaskStatus, Trace, decide};
use serde_json::json;

use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::{Calls, Entry, Merge, Outcome, Problem, TenantId, Written};

/// When the test call started, in UNIX seconds.
pub(super) const START: i64 = 1_774_254_600;

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

pub(super) fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

/// The tables of one test, and the tenant `one`.
pub(super) struct Fixture {
    pub(super) tables: TestTables,
    pub(super) calls: Calls,
    pub(super) tenant: TenantId,
}

impl Fixture {
    pub(super) async fn new() -> Self {
        let tables = TestTables::start().await;
        let calls = Calls::new(tables.dynamodb.clone(), "CallsTable");
        Self { tables, calls, tenant: tenant("one") }
    }

    /// Creates the entry of call `id` from its `ended` event; the call started `after` seconds after START.
    pub(super) async fn ended(&self, id: u64, after: i64) -> String {
        let key = format!("call-{id}");
        let change = merge(ended(id, START + after), &Settings::default());
        self.calls.merge(&self.tenant, &key, &change, None, at(START + after + 60)).await.unwrap();
        key
    }

    pub(super) async fn entry(&self, key: &str) -> Entry {
        self.calls.get(&self.tenant, key).await.unwrap().unwrap()
    }

    /// Keys that are due by `after` seconds after START.
    pub(super) async fn due(&self, after: i64) -> Vec<String> {
        self.calls.due(&self.tenant, at(START + after), 200, &BTreeSet::new()).await.unwrap()
    }

    /// Overwrites an attribute directly in the table.
    pub(super) async fn damage(&self, key: &str, attribute: &str, value: AttributeValue) {
        let request = self.tables.dynamodb.update_item().table_name("CallsTable");
        let request = request.key("tenant", item::text("one")).key("key", item::text(key));
        let request = request.update_expression("SET #a = :a").expression_attribute_names("#a", attribute);
        request.expression_attribute_values(":a", value).send().await.unwrap();
    }
}

/// The document of an answered outbound call after one event.
pub(super) fn document(event: &str, id: u64, started_at: i64) -> CallDocument {
    let snapshot: Snapshot = serde_json::from_value(json!({
        "event": event,
        "at": started_at + 60,
        "call": {
            "id": id,
            "direction": "outbound",
            "started_at": started_at,
            "answered_at": started_at + 5,
            "ended_at": (event != "created").then_some(started_at + 50),
            "party": {"number": "+14155550132"},
            "number": {"id": 397_375, "name": "Sales", "digits": "+1 415-555-0100", "time_zone": "Europe/Vienna", "open": true},
            "user": {"id": 7, "name": "Test User", "email": "user@example.com"},
            "contact": null,
            "tags": [{"name": "late"}],
            "comments": [{"content": "", "posted_at": started_at, "posted_by": null}],
        },
    }))
    .unwrap();
    snapshot.into()
}

pub(super) fn ended(id: u64, started_at: i64) -> CallDocument {
    document("ended", id, started_at)
}

/// The merge that `evaluate` would write for the document with these settings.
pub(super) fn merge(document: CallDocument, settings: &Settings) -> Merge {
    let document = document.into();
    let decision = decide::decide(&document, settings, &Company::default(), None);
    Merge { document, decision, expires_at: at(START + 180 * 86_400) }
}

/// Settings with which outbound answered calls are not logged.
pub(super) fn do_nothing() -> Settings {
    let mut settings = Settings::default();
    settings.call_workflow.outbound_answered = LogAs::DoNothing;
    settings
}

pub(super) fn record() -> Record {
    let (id, name) = (SalesforceId::parse("003000000000001AAA").ok(), "Test Contact".to_owned());
    Record { kind: RecordKind::Contact, id, person_contact_id: None, name }
}

/// The outcome of an entry whose Task was written.
pub(super) fn logged(entry: &Entry) -> Outcome {
    let task = entry.document.interaction().task(TaskStatus::Completed, &Settings::default(), "Test Contact");
    let task_id = SalesforceId::parse("00T000000000001EAA").unwrap();
    let written = Written { task_id, task: Some(task), record: record(), related: None, logged_at: at(START + 100) };
    Outcome::Logged { written: Box::new(written), trace: Trace::new() }
}

pub(super) fn problem() -> Problem {
    Problem {
        code: "UNABLE_TO_LOCK_ROW".to_owned(),
        message: "unable to lock row".to_owned(),
        since: at(START + 100),
        shared_failures: 0,
    }
}
