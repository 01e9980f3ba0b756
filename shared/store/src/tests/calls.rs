//! The table of calls, and entries that are unlike those of this version.

mod activity;
mod completeness;
mod counts;
mod decided_again;
mod merge;
pub(super) mod message_aggregate;
mod outcome;
mod pending;
mod sent;

use crate::State;
use crate::dynamodb::item;
use crate::tests::Fixture;

#[tokio::test]
async fn reading_many_entries_reports_a_damaged_one_and_returns_the_others() {
    let f = Fixture::new().await;
    let mut keys = Vec::new();
    for id in 100..205 {
        keys.push(f.ended(id, 0).await);
    }
    f.damage("call-150", "document", item::text("not a document")).await;
    keys.extend(["call-100".to_owned(), "call-999".to_owned()]);
    let read = f.calls.get_many(&f.tenant, &keys).await.unwrap();
    assert_eq!(read.iter().filter(|entry| entry.is_ok()).count(), 104);
    let damaged: Vec<_> = read.into_iter().filter_map(Result::err).collect();
    assert_eq!(damaged.len(), 1);
    assert_eq!((damaged[0].key.as_str(), damaged[0].attribute), ("call-150", "document"));
}

#[tokio::test]
async fn unknown_attributes_of_a_newer_version_are_ignored() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    f.damage(&key, "of_a_newer_version", item::text("something")).await;
    assert_eq!(f.entry(&key).await.state, State::Pending);
}
