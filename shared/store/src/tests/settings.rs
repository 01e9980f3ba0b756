//! The settings document.

mod history;

use rules::Settings;
use serde_json::json;

use super::{START, at, do_nothing, tenant};
use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::{PutError, SettingsStore};

/// A document with a value for every setting.
fn full() -> Settings {
    Settings::parse(&json!({
        "version": 0,
        "call_workflow": {"outbound_answered": "completed", "outbound_unanswered": "do_nothing",
            "inbound_answered": "completed", "missed": "in_progress", "voicemail": "in_progress"},
        "business_hours": {"log_calls": "during_business_hours",
            "schedule": {"time_zone": "Europe/Vienna", "weekly": {"monday": [{"opens": "09:00", "closes": "18:00"}]},
                "holidays": ["2026-12-25"]},
            "numbers": {"397375": {"time_zone": null, "weekly": {}, "holidays": []}}},
        "unknown_number": "create_lead", "relate_to": "case", "create_case_if_none": true,
        "recording_link": true, "log_messages": true, "numbers": [397_375],
        "api_usage_limit": 80
    }))
    .unwrap()
}

#[tokio::test]
async fn a_new_tenant_has_the_defaults() {
    let tables = TestTables::start().await;
    let store = SettingsStore::new(tables.dynamodb.clone(), "SettingsTable");
    assert_eq!(store.get(&tenant("one")).await.unwrap(), Settings::default());
}

#[tokio::test]
async fn stored_settings_are_read_with_the_next_version() {
    let tables = TestTables::start().await;
    let store = SettingsStore::new(tables.dynamodb.clone(), "SettingsTable");
    let stored = store.put(&tenant("one"), &full(), "user@example.com", at(START)).await.unwrap();
    assert_eq!(stored, Settings { version: 1, ..full() });
    assert_eq!(store.get(&tenant("one")).await.unwrap(), stored);
    assert_eq!(store.get(&tenant("two")).await.unwrap(), Settings::default());
    let again = store.put(&tenant("one"), &stored, "user@example.com", at(START)).await.unwrap();
    assert_eq!(again.version, 2);
}

#[tokio::test]
async fn a_stale_document_is_refused_with_the_current_one() {
    let tables = TestTables::start().await;
    let store = SettingsStore::new(tables.dynamodb.clone(), "SettingsTable");
    let current = store.put(&tenant("one"), &full(), "user@example.com", at(START)).await.unwrap();
    for version in [0, 2] {
        let stale = Settings { version, ..do_nothing() };
        let error = store.put(&tenant("one"), &stale, "other@example.com", at(START)).await.unwrap_err();
        let PutError::Stale { current: shown } = error else { panic!("{error}") };
        assert_eq!(*shown, current);
    }
    assert_eq!(store.get(&tenant("one")).await.unwrap(), current);
}

#[tokio::test]
async fn a_nonzero_version_is_stale_if_no_settings_were_stored() {
    let tables = TestTables::start().await;
    let store = SettingsStore::new(tables.dynamodb.clone(), "SettingsTable");
    let stale = Settings { version: 3, ..full() };
    let error = store.put(&tenant("one"), &stale, "user@example.com", at(START)).await.unwrap_err();
    let PutError::Stale { current } = error else { panic!("{error}") };
    assert_eq!(*current, Settings::default());
}

#[tokio::test]
async fn a_setting_that_an_older_document_lacks_has_its_default() {
    let tables = TestTables::start().await;
    let store = SettingsStore::new(tables.dynamodb.clone(), "SettingsTable");
    let mut old = serde_json::to_value(Settings { version: 4, ..full() }).unwrap();
    old.as_object_mut().unwrap().remove("api_usage_limit");
    let put = tables.dynamodb.put_item().table_name("SettingsTable").item("tenant", item::text("one"));
    put.item("document", item::value(&old)).send().await.unwrap();
    let read = store.get(&tenant("one")).await.unwrap();
    assert_eq!(read, Settings { version: 4, api_usage_limit: 95, ..full() });

    let stale = store.put(&tenant("one"), &full(), "user@example.com", at(START)).await.unwrap_err();
    let PutError::Stale { current } = stale else { panic!("{stale}") };
    assert_eq!(*current, read);
    let next = store.put(&tenant("one"), &read, "user@example.com", at(START)).await.unwrap();
    assert_eq!(next, Settings { version: 5, ..read });
}
