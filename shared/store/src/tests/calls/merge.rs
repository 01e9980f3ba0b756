//! Merges by `evaluate`.

use rules::Settings;

use crate::tests::{Fixture, START, at, do_nothing, document, ended, merge, tenant};
use crate::{MergeError, State};

#[tokio::test]
async fn a_merged_entry_is_read_back() {
    let f = Fixture::new().await;
    let change = merge(ended(7, START), &Settings::default());
    f.calls.merge(&f.tenant, "call-7", &change, None, at(START + 60)).await.unwrap();
    let entry = f.entry("call-7").await;
    assert_eq!((entry.key.as_str(), entry.version, entry.state), ("call-7", 1, State::Pending));
    assert_eq!((entry.document, entry.decision), (change.document, change.decision));
    assert_eq!((entry.due_at, entry.updated_at, entry.attempts), (Some(at(START + 60)), at(START + 60), 0));
    assert_eq!(f.calls.get(&tenant("two"), "call-7").await.unwrap(), None);
}

#[tokio::test]
async fn the_second_of_two_merges_of_one_version_conflicts() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let change = merge(ended(7, START), &Settings::default());
    let write = |expected| f.calls.merge(&f.tenant, &key, &change, expected, at(START + 70));
    assert!(matches!(write(None).await, Err(MergeError::Conflict)));
    write(Some(1)).await.unwrap();
    assert!(matches!(write(Some(1)).await, Err(MergeError::Conflict)));
    assert_eq!(f.entry(&key).await.version, 2);
}

#[tokio::test]
async fn calls_in_progress_or_skipped_are_not_pending() {
    let f = Fixture::new().await;
    let open = merge(document("created", 7, START), &Settings::default());
    f.calls.merge(&f.tenant, "call-7", &open, None, at(START)).await.unwrap();
    let skip = merge(ended(8, START), &do_nothing());
    f.calls.merge(&f.tenant, "call-8", &skip, None, at(START)).await.unwrap();
    assert_eq!((f.entry("call-7").await.state, f.entry("call-8").await.state), (State::Open, State::Skipped));
    assert_eq!(f.due(1000).await, Vec::<String>::new());

    let over = merge(ended(7, START), &Settings::default());
    f.calls.merge(&f.tenant, "call-7", &over, Some(1), at(START + 60)).await.unwrap();
    assert_eq!(f.due(1000).await, ["call-7"]);
}

#[tokio::test]
async fn a_later_merge_does_not_delay_a_pending_entry() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let change = merge(ended(7, START), &Settings::default());
    f.calls.merge(&f.tenant, &key, &change, Some(1), at(START + 500)).await.unwrap();
    assert_eq!(f.due(59).await, Vec::<String>::new());
    assert_eq!(f.due(60).await, [key]);
}
