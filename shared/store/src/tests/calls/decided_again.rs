//! New decisions about skipped entries.

use rules::{Decision, Settings, SkipReason, Topic, Trace};

use crate::tests::calls::counts::skip;
use crate::tests::{Fixture, START, at, do_nothing, ended, logged, merge};
use crate::{ActivityQuery, MergeError, Outcome, State};

/// The decision about call `id` with these settings.
fn decision(id: u64, settings: &Settings) -> Decision {
    merge(ended(id, START), settings).decision.unwrap()
}

#[tokio::test]
async fn a_skipped_entry_that_is_now_logged_waits_for_the_writer() {
    let f = Fixture::new().await;
    let key = skip(&f, 7, 0).await;
    let read = f.entry(&key).await;
    let now = at(START + 900);
    let decision = decision(7, &Settings::default());
    assert!(f.calls.replace_decision(&f.tenant, &read, &decision, now).await.unwrap());
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.version, entry.due_at), (State::Pending, 2, Some(now)));
    assert_eq!((entry.decision, entry.document, entry.updated_at), (Some(decision), read.document, now));
    assert_eq!(f.due(899).await, Vec::<String>::new());
    assert_eq!(f.due(900).await, [key]);
}

#[tokio::test]
async fn a_skipped_entry_that_stays_skipped_has_the_new_decision() {
    let f = Fixture::new().await;
    let key = skip(&f, 7, 0).await;
    let mut settings = do_nothing();
    settings.lines = Some([].into());
    let decision = decision(7, &settings);
    assert!(f.calls.replace_decision(&f.tenant, &f.entry(&key).await, &decision, at(START + 900)).await.unwrap());
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.due_at, entry.decision), (State::Skipped, None, Some(decision)));
}

#[tokio::test]
async fn what_the_writer_found_before_is_removed() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let mut trace = Trace::new();
    trace.note(Topic::Record, "No record has the phone number.");
    let outcome = Outcome::Skipped { reason: SkipReason::UnknownNumber, trace };
    f.calls.record_outcome(&f.tenant, &f.entry(&key).await, &outcome, at(START + 70)).await.unwrap();
    let read = f.entry(&key).await;
    assert_eq!((read.state, read.skipped), (State::Skipped, Some(SkipReason::UnknownNumber)));
    let decision = decision(7, &Settings::default());
    assert!(f.calls.replace_decision(&f.tenant, &read, &decision, at(START + 900)).await.unwrap());
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.skipped, entry.trace), (State::Pending, None, Trace::new()));
}

#[tokio::test]
async fn only_a_skipped_entry_gets_a_new_decision() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let pending = f.entry(&key).await;
    let decision = decision(7, &do_nothing());
    assert!(!f.calls.replace_decision(&f.tenant, &pending, &decision, at(START + 900)).await.unwrap());
    f.calls.record_outcome(&f.tenant, &pending, &logged(&pending), at(START + 100)).await.unwrap();
    let entry = f.entry(&key).await;
    assert!(!f.calls.replace_decision(&f.tenant, &entry, &decision, at(START + 900)).await.unwrap());
    assert_eq!(f.entry(&key).await, entry);
}

#[tokio::test]
async fn of_a_new_decision_and_an_event_at_the_same_time_the_second_conflicts() {
    let f = Fixture::new().await;
    let (first, second) = (skip(&f, 7, 0).await, skip(&f, 8, 0).await);
    let event = merge(ended(7, START), &do_nothing());
    let read = f.entry(&first).await;
    f.calls.merge(&f.tenant, &first, &event, Some(1), at(START + 80)).await.unwrap();
    let decision = decision(7, &Settings::default());
    assert!(!f.calls.replace_decision(&f.tenant, &read, &decision, at(START + 900)).await.unwrap());
    assert_eq!(f.entry(&first).await.state, State::Skipped);

    let read = f.entry(&second).await;
    assert!(f.calls.replace_decision(&f.tenant, &read, &decision, at(START + 900)).await.unwrap());
    let merged = f.calls.merge(&f.tenant, &second, &event, Some(1), at(START + 901)).await;
    assert!(matches!(merged, Err(MergeError::Conflict)));
    assert!(!f.calls.replace_decision(&f.tenant, &read, &decision, at(START + 902)).await.unwrap());
    assert_eq!(f.entry(&second).await.state, State::Pending);
}

#[tokio::test]
async fn the_entries_after_a_cursor_are_counted() {
    let f = Fixture::new().await;
    for id in 1..=5 {
        skip(&f, id, i64::try_from(id).unwrap()).await;
    }
    f.ended(6, 0).await;
    let query = ActivityQuery { limit: 2, states: vec![State::Skipped], ..ActivityQuery::default() };
    assert_eq!(f.calls.count_listed(&f.tenant, &query).await.unwrap(), 5);
    let page = f.calls.search(&f.tenant, &query).await.unwrap();
    let after = ActivityQuery { cursor: page.next, ..query };
    assert_eq!(f.calls.count_listed(&f.tenant, &after).await.unwrap(), 3);
}
