//! The entries that are due for the writer, and those that it cannot read.

use std::collections::BTreeSet;

use rules::Settings;

use crate::dynamodb::item;
use crate::tests::{Fixture, START, at, ended, logged, merge, problem, tenant};
use crate::{Corrupt, Error, OverdueEntry, State, Unreadable};

#[tokio::test]
async fn due_entries_are_listed_longest_due_first_up_to_the_limit() {
    let f = Fixture::new().await;
    for (id, after) in [(1, 20), (2, 0), (3, 10)] {
        f.ended(id, after).await;
    }
    let due = async |id: &str| f.calls.due(&tenant(id), at(START + 1000), 2, &BTreeSet::new()).await.unwrap();
    assert_eq!(due("one").await, ["call-2", "call-3"]);
    assert_eq!(due("two").await, Vec::<String>::new());
}

#[tokio::test]
async fn skipped_keys_do_not_count_towards_the_limit() {
    let f = Fixture::new().await;
    for id in 1..=9 {
        f.ended(id, i64::try_from(id).unwrap()).await;
    }
    let keys = |ids: &[u64]| ids.iter().map(|id| format!("call-{id}")).collect::<BTreeSet<_>>();
    let due = async |limit, skip: &[u64]| f.calls.due(&f.tenant, at(START + 1000), limit, &keys(skip)).await.unwrap();
    assert_eq!(due(2, &[1, 2, 3, 4, 5]).await, ["call-6", "call-7"]);
    assert_eq!(due(2, &[2, 4, 6]).await, ["call-1", "call-3"]);
    assert_eq!(due(3, &[1, 2, 3, 4, 5, 6, 8]).await, ["call-7", "call-9"]);
    assert_eq!(due(3, &[1, 2, 3, 4, 5, 6, 7, 8, 9]).await, Vec::<String>::new());
    // Keys that the index no longer lists, or never listed, have no effect.
    let entry = f.entry("call-1").await;
    f.calls.record_outcome(&f.tenant, &entry, &logged(&entry), at(START + 1000)).await.unwrap();
    assert_eq!(due(2, &[1, 999]).await, ["call-2", "call-3"]);
    assert_eq!(due(0, &[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn overdue_entries_of_all_tenants_are_listed() {
    let f = Fixture::new().await;
    f.ended(1, 0).await;
    f.ended(2, 500).await;
    let change = merge(ended(3, START), &Settings::default());
    f.calls.merge(&tenant("two"), "call-3", &change, None, at(START + 60)).await.unwrap();
    let mut page = f.calls.overdue(at(START + 100), None).await.unwrap();
    page.entries.sort();
    let found = |entry: &OverdueEntry| (entry.tenant.clone(), entry.key.clone(), entry.due_at);
    let expected =
        [(tenant("one"), "call-1".to_owned(), at(START + 60)), (tenant("two"), "call-3".to_owned(), at(START + 60))];
    assert_eq!(page.entries.iter().map(found).collect::<Vec<_>>(), expected);
    assert!(page.next.is_none());
}

#[tokio::test]
async fn an_unreadable_entry_is_postponed_for_an_hour_then_failed_and_can_be_retried() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    f.damage(&key, "document", item::text("not a document")).await;
    // Salesforce had postponed it often, which is another matter.
    f.damage(&key, "attempts", item::number(30)).await;
    f.damage(&key, "problem", item::value(&problem())).await;
    let Err(Error::Corrupt(corrupt)) = f.calls.get(&f.tenant, &key).await else { panic!("the damaged entry was read") };
    assert_eq!(corrupt.to_string(), "call-7: the attribute \"document\" is missing or unreadable");
    let postpone = async |now: i64| f.calls.postpone_unreadable(&f.tenant, &corrupt, at(START + now)).await.unwrap();
    let mut now = 60;
    while let Unreadable::Postponed(due_at) = postpone(now).await {
        assert_eq!(postpone(now + 1).await, Unreadable::Postponed(due_at), "it is not due yet");
        let due = due_at.as_second() - START;
        assert_eq!(f.due(due - 1).await, Vec::<String>::new());
        assert_eq!(f.due(due).await, std::slice::from_ref(&key));
        now = due;
    }
    assert_eq!(now, 60 + 3600);
    assert_eq!(f.due(100_000).await, Vec::<String>::new());
    assert!(f.calls.retry(&f.tenant, &key, at(START + now)).await.unwrap());
    assert_eq!(postpone(now).await, Unreadable::Postponed(at(START + now + 300)), "it has another hour");
}

#[tokio::test]
async fn an_entry_that_does_not_wait_is_not_postponed() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let entry = f.entry(&key).await;
    f.calls.record_outcome(&f.tenant, &entry, &logged(&entry), at(START + 70)).await.unwrap();
    let corrupt = Corrupt { key: key.clone(), attribute: "document" };
    let postponed = f.calls.postpone_unreadable(&f.tenant, &corrupt, at(START + 90)).await.unwrap();
    assert_eq!(postponed, Unreadable::Gone);
    assert_eq!(f.entry(&key).await.state, State::Logged);
}
