//! Recording outcomes, also with concurrent merges and writers.

use rules::{Settings, SkipReason, Topic, Trace};

use crate::tests::{Fixture, START, at, ended, logged, merge, problem};
use crate::{Outcome, Problem, Recorded, State};

fn postponed(after: i64) -> Outcome {
    Outcome::Postponed { due_at: at(START + after), problem: problem(), trace: Trace::new() }
}

#[tokio::test]
async fn a_logged_entry_is_no_longer_pending() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let read = f.entry(&key).await;
    let outcome = logged(&read);
    for expected in [Recorded::Done, Recorded::Gone] {
        assert_eq!(f.calls.record_outcome(&f.tenant, &read, &outcome, at(START + 100)).await.unwrap(), expected);
        let entry = f.entry(&key).await;
        assert_eq!((entry.state, entry.due_at, entry.version), (State::Logged, None, 1));
        let Outcome::Logged { written, .. } = &outcome else { unreachable!() };
        assert_eq!(entry.written.as_ref(), Some(&**written));
        assert_eq!(f.due(1000).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_late_writer_cannot_postpone_a_logged_entry() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let read = f.entry(&key).await;
    f.calls.record_outcome(&f.tenant, &read, &logged(&read), at(START + 100)).await.unwrap();
    assert_eq!(
        f.calls.record_outcome(&f.tenant, &read, &postponed(300), at(START + 101)).await.unwrap(),
        Recorded::Gone
    );
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.due_at, entry.problem), (State::Logged, None, None));
}

#[tokio::test]
async fn postponed_entries_can_be_made_due_now() {
    let f = Fixture::new().await;
    let keys = [f.ended(7, 0).await, f.ended(8, 0).await, f.ended(9, 0).await];
    f.calls.record_outcome(&f.tenant, &f.entry(&keys[0]).await, &postponed(900), at(START + 100)).await.unwrap();
    let read = f.entry(&keys[1]).await;
    f.calls.record_outcome(&f.tenant, &read, &logged(&read), at(START + 100)).await.unwrap();
    let before = f.entry(&keys[2]).await;
    f.calls.make_due(&f.tenant, at(START + 200)).await.unwrap();
    assert_eq!(f.entry(&keys[0]).await.due_at, Some(at(START + 200)));
    assert_eq!(f.entry(&keys[1]).await.state, State::Logged);
    assert_eq!(f.entry(&keys[2]).await, before, "an entry that is due already is unchanged");
    assert_eq!(f.due(200).await.len(), 2);
}

#[tokio::test]
async fn recording_a_postponement_twice_counts_one_attempt() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let read = f.entry(&key).await;
    for _ in 0..2 {
        f.calls.record_outcome(&f.tenant, &read, &postponed(300), at(START + 100)).await.unwrap();
    }
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.attempts, entry.problem), (State::Pending, 1, Some(problem())));
    assert_eq!((f.due(299).await, f.due(300).await), (vec![], vec![key.clone()]));

    let entry = f.entry(&key).await;
    f.calls.record_outcome(&f.tenant, &entry, &postponed(600), at(START + 300)).await.unwrap();
    let entry = f.entry(&key).await;
    assert_eq!(entry.attempts, 2);
    f.calls.record_outcome(&f.tenant, &entry, &logged(&entry), at(START + 600)).await.unwrap();
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.attempts, entry.problem), (State::Logged, 0, None));
}

#[tokio::test]
async fn deferring_an_entry_replaces_its_problem_and_counts_no_attempt() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let read = f.entry(&key).await;
    f.calls.record_outcome(&f.tenant, &read, &postponed(300), at(START + 100)).await.unwrap();
    let read = f.entry(&key).await;
    let problem = Problem { code: "REQUEST_LIMIT_EXCEEDED".to_owned(), ..problem() };
    let deferred = Outcome::Deferred { due_at: at(START + 900), problem: problem.clone() };
    assert_eq!(f.calls.record_outcome(&f.tenant, &read, &deferred, at(START + 300)).await.unwrap(), Recorded::Done);
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.attempts, entry.problem), (State::Pending, 1, Some(problem)));
    assert_eq!((f.due(899).await, f.due(900).await), (vec![], vec![key]));
}

#[tokio::test]
async fn an_outcome_after_a_newer_merge_is_stored_and_the_entry_stays_due() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let read = f.entry(&key).await;
    f.calls.record_outcome(&f.tenant, &read, &postponed(900), at(START + 70)).await.unwrap();
    let change = merge(ended(7, START), &Settings::default());
    f.calls.merge(&f.tenant, &key, &change, Some(1), at(START + 80)).await.unwrap();

    let recorded = f.calls.record_outcome(&f.tenant, &read, &logged(&read), at(START + 100)).await.unwrap();
    assert_eq!(recorded, Recorded::Newer);
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.version, entry.problem.clone()), (State::Pending, 2, None));
    assert_eq!(entry.written.as_ref().map(|written| written.task_id.as_str()), Some("00T000000000001AAA"));
    assert_eq!(f.due(100).await, [key]);
}

#[tokio::test]
async fn a_failure_after_a_newer_merge_leaves_the_entry_pending() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let read = f.entry(&key).await;
    let change = merge(ended(7, START), &Settings::default());
    f.calls.merge(&f.tenant, &key, &change, Some(1), at(START + 80)).await.unwrap();
    let outcome = Outcome::Failed { problem: problem(), trace: Trace::new() };
    assert_eq!(f.calls.record_outcome(&f.tenant, &read, &outcome, at(START + 100)).await.unwrap(), Recorded::Newer);
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.problem), (State::Pending, Some(problem())));
}

#[tokio::test]
async fn a_newer_event_makes_a_logged_entry_pending_and_keeps_its_task() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let read = f.entry(&key).await;
    f.calls.record_outcome(&f.tenant, &read, &logged(&read), at(START + 100)).await.unwrap();
    let change = merge(ended(7, START), &Settings::default());
    f.calls.merge(&f.tenant, &key, &change, Some(1), at(START + 200)).await.unwrap();
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.due_at), (State::Pending, Some(at(START + 200))));
    assert!(entry.written.is_some());
}

#[tokio::test]
async fn a_skipped_entry_has_its_reason_and_trace() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let read = f.entry(&key).await;
    let mut trace = Trace::new();
    trace.note(Topic::Record, "No record has the phone number.");
    let outcome = Outcome::Skipped { reason: SkipReason::UnknownNumber, trace: trace.clone() };
    f.calls.record_outcome(&f.tenant, &read, &outcome, at(START + 100)).await.unwrap();
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.skipped, entry.trace), (State::Skipped, Some(SkipReason::UnknownNumber), trace));
    assert_eq!(f.due(1000).await, Vec::<String>::new());
}

#[tokio::test]
async fn only_failed_entries_can_be_retried() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    assert!(!f.calls.retry(&f.tenant, &key, at(START + 90)).await.unwrap());
    assert!(!f.calls.retry(&f.tenant, "call-999", at(START + 90)).await.unwrap());

    let read = f.entry(&key).await;
    let outcome = Outcome::Failed { problem: problem(), trace: Trace::new() };
    f.calls.record_outcome(&f.tenant, &read, &outcome, at(START + 100)).await.unwrap();
    assert_eq!((f.entry(&key).await.state, f.due(1000).await), (State::Failed, vec![]));
    assert!(f.calls.retry(&f.tenant, &key, at(START + 200)).await.unwrap());
    assert_eq!((f.entry(&key).await.state, f.due(200).await), (State::Pending, vec![key]));
}

#[tokio::test]
async fn an_entry_that_was_deleted_stays_deleted() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let mut read = f.entry(&key).await;
    read.key = "call-8".to_owned();
    assert_eq!(
        f.calls.record_outcome(&f.tenant, &read, &logged(&read), at(START + 100)).await.unwrap(),
        Recorded::Gone
    );
    assert_eq!(f.calls.get(&f.tenant, "call-8").await.unwrap(), None);
}

#[tokio::test]
async fn a_late_writer_does_not_overwrite_a_newer_outcome() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let late = f.entry(&key).await;
    let change = merge(ended(7, START), &Settings::default());
    f.calls.merge(&f.tenant, &key, &change, Some(1), at(START + 80)).await.unwrap();
    let read = f.entry(&key).await;
    f.calls.record_outcome(&f.tenant, &read, &logged(&read), at(START + 90)).await.unwrap();
    let entry = f.entry(&key).await;
    assert_eq!(
        f.calls.record_outcome(&f.tenant, &late, &postponed(900), at(START + 100)).await.unwrap(),
        Recorded::Gone
    );
    assert_eq!(f.entry(&key).await, entry);
}

#[tokio::test]
async fn a_deferred_entry_is_due_later_and_counts_no_attempt() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let read = f.entry(&key).await;
    f.calls.record_outcome(&f.tenant, &read, &postponed(200), at(START + 100)).await.unwrap();
    let read = f.entry(&key).await;
    let deferred = Outcome::Deferred { due_at: at(START + 900), problem: problem() };
    assert_eq!(f.calls.record_outcome(&f.tenant, &read, &deferred, at(START + 200)).await.unwrap(), Recorded::Done);
    let entry = f.entry(&key).await;
    assert_eq!((entry.state, entry.attempts, entry.problem), (State::Pending, 1, Some(problem())));
    assert_eq!((f.due(899).await, f.due(900).await), (vec![], vec![key]));
}
