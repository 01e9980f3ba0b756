//! The history of the settings.

use futures_util::future::join_all;
use rules::Settings;
use rules::settings::LogAs;
use serde_json::json;

use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::tests::{START, at, do_nothing, tenant};
use crate::{HISTORY_LIMIT, History, MadeFrom, PutError, SettingsStore, SettingsVersion};

async fn stores() -> (TestTables, SettingsStore, History) {
    let tables = TestTables::start().await;
    let history = History::new(tables.dynamodb.clone(), "ConsoleTable");
    let settings = SettingsStore::new(tables.dynamodb.clone(), "SettingsTable").with_history(history.clone());
    (tables, settings, history)
}

/// The version numbers that `list` returns.
async fn versions(history: &History, before: Option<u64>, limit: usize) -> Vec<u64> {
    let list = history.list(&tenant("one"), before, limit).await.unwrap();
    list.into_iter().map(|version| version.unwrap().settings.version).collect()
}

#[tokio::test]
async fn each_stored_version_is_in_the_history() {
    let (_tables, settings, history) = stores().await;
    let one = tenant("one");
    let first = settings.put(&one, &do_nothing(), "user@example.com", at(START)).await.unwrap();
    let mut back = Settings { version: 1, ..Settings::default() };
    back.call_workflow.missed = LogAs::Completed;
    let made_from = MadeFrom::Restore { version: 0 };
    let second = settings.put_with_origin(&one, &back, made_from, "other@example.com", at(START + 5)).await.unwrap();
    assert_eq!((first.version, second.version), (1, 2));
    let edited = SettingsVersion {
        settings: first,
        changed_by: "user@example.com".to_owned(),
        changed_at: at(START),
        made_from: MadeFrom::Edit,
    };
    let restored = SettingsVersion {
        settings: second.clone(),
        changed_by: "other@example.com".to_owned(),
        changed_at: at(START + 5),
        made_from,
    };
    let list = history.list(&one, None, 10).await.unwrap();
    assert_eq!(list, [Ok(restored.clone()), Ok(edited)]);
    assert_eq!(history.get(&one, 2).await.unwrap(), Some(restored));
    assert_eq!(history.get(&one, 3).await.unwrap(), None);
    assert_eq!(history.list(&tenant("two"), None, 10).await.unwrap(), []);
    assert_eq!(settings.get(&one).await.unwrap(), second);
}

#[tokio::test]
async fn the_oldest_version_makes_room_for_a_new_one() {
    let (_tables, settings, history) = stores().await;
    for version in 0..=HISTORY_LIMIT {
        let next = Settings { version, ..do_nothing() };
        settings.put(&tenant("one"), &next, "user@example.com", at(START)).await.unwrap();
    }
    let kept = versions(&history, None, 1_000).await;
    assert_eq!(kept, (2..=HISTORY_LIMIT + 1).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn refused_changes_are_not_in_the_history() {
    let (_tables, settings, history) = stores().await;
    let stored = settings.put(&tenant("one"), &do_nothing(), "user@example.com", at(START)).await.unwrap();
    for version in [0, 2] {
        let stale = Settings { version, ..Settings::default() };
        let error = settings.put(&tenant("one"), &stale, "other@example.com", at(START)).await.unwrap_err();
        let PutError::Stale { current } = error else { panic!("{error}") };
        assert_eq!(*current, stored);
    }
    assert_eq!(versions(&history, None, 10).await, [1]);
}

#[tokio::test]
async fn one_of_many_concurrent_changes_is_stored_and_in_the_history() {
    let (_tables, settings, history) = stores().await;
    let change = |n: u8| Settings { api_usage_limit: n, ..Settings::default() };
    let (one, changes) = (tenant("one"), (1..=12).map(change).collect::<Vec<_>>());
    let put = join_all(changes.iter().map(|change| settings.put(&one, change, "user@example.com", at(START)))).await;
    let (stored, refused): (Vec<_>, Vec<_>) = put.into_iter().partition(Result::is_ok);
    assert_eq!(stored.len(), 1);
    assert!(refused.iter().all(|error| matches!(error, Err(PutError::Stale { .. }))), "{refused:?}");
    let kept = history.get(&one, 1).await.unwrap().unwrap().settings;
    assert_eq!(Some(&kept), stored[0].as_ref().ok());
    assert_eq!(settings.get(&one).await.unwrap(), kept);
}

#[tokio::test]
async fn versions_are_listed_latest_first_in_pages() {
    let (tables, settings, history) = stores().await;
    let mut current = Settings::default();
    for _ in 0..11 {
        current = settings.put(&tenant("one"), &current, "user@example.com", at(START)).await.unwrap();
    }
    // The tenant's other items in this table are not versions.
    let token = tables.dynamodb.put_item().table_name("ConsoleTable").item("tenant", item::text("one"));
    token.item("item", item::text("api-tokens")).send().await.unwrap();
    assert_eq!(versions(&history, None, 4).await, [11, 10, 9, 8]);
    assert_eq!(versions(&history, Some(8), 4).await, [7, 6, 5, 4]);
    assert_eq!(versions(&history, Some(3), 4).await, [2, 1]);
    for before in [0, 1] {
        assert_eq!(versions(&history, Some(before), 4).await, Vec::<u64>::new());
    }
    assert_eq!(versions(&history, None, 0).await, Vec::<u64>::new());
}

#[tokio::test]
async fn an_unreadable_version_does_not_hide_the_others() {
    let (tables, settings, history) = stores().await;
    let first = settings.put(&tenant("one"), &Settings::default(), "user@example.com", at(START)).await.unwrap();
    settings.put(&tenant("one"), &first, "user@example.com", at(START)).await.unwrap();
    let update = tables.dynamodb.update_item().table_name("ConsoleTable").key("tenant", item::text("one"));
    let update = update.key("item", item::text("history#00000000000000000001")).update_expression("SET #d = :d");
    let update = update.expression_attribute_names("#d", "document");
    update.expression_attribute_values(":d", item::value(&json!({ "colour": "red" }))).send().await.unwrap();
    let list = history.list(&tenant("one"), None, 10).await.unwrap();
    assert_eq!(list[0].as_ref().unwrap().settings.version, 2);
    assert_eq!(list[1].as_ref().unwrap_err().attribute, "document");
}
