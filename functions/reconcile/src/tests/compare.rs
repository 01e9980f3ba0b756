//! The hourly comparison of Aircall's lists of calls.

use std::time::Duration;

use aircall_sandbox::Options;
use jiff::{SignedDuration, Timestamp};
use rules::{CallEvent, FetchCause};
use serde_json::{Value, json};
use store::{Backfill, BackfillState, LONGEST_CALL};
use tokio::time::Instant;

use super::backfill::{call, connected, one};
use super::{Fixture, RETRIES};
use crate::backfill::compare::{Compared, compare_all};

impl Fixture {
    async fn compare(&self) -> Compared {
        compare_all(&self.reconcile, Timestamp::now(), Instant::now() + Duration::from_mins(1)).await.unwrap()
    }
}

/// Calls of the last hours, a minute apart, ids from 1; the last one ended two minutes ago.
fn recent(count: i64) -> (Vec<Value>, impl Fn(i64) -> Timestamp) {
    let now = Timestamp::now();
    let at = move |n: i64| now - SignedDuration::from_mins(count - n + 3);
    ((1..=count).map(|n| call(u64::try_from(n).unwrap(), at(n))).collect(), at)
}

const WELL: Compared = Compared { well: 1, started: 0, failed: 0, not_reached: 0 };

#[tokio::test]
async fn a_list_without_a_lacking_call_costs_one_request_and_starts_nothing() {
    let (calls, at) = recent(30);
    let (f, _company) = connected(Options::default(), calls).await;
    for n in 1..=30 {
        f.entry(u64::try_from(n).unwrap(), CallEvent::Ended, at(n)).await;
    }
    assert_eq!(f.compare().await, WELL);
    let tenant = f.tenant().await;
    assert_eq!((f.requests().await, tenant.backfill, tenant.comparison.requests), (1, None, 1));
    let mark = tenant.backfill_mark.unwrap() + LONGEST_CALL;
    assert!(Timestamp::now().duration_since(mark) < SignedDuration::from_secs(30));
    assert!(f.sent().await.is_empty());
}

#[tokio::test]
async fn a_lacking_call_starts_a_run() {
    let (calls, at) = recent(3);
    let (f, _company) = connected(Options::default(), calls).await;
    f.entry(1, CallEvent::Ended, at(1)).await;
    f.entry(2, CallEvent::Ended, at(2)).await;
    assert_eq!(f.compare().await, Compared { started: 1, well: 0, ..WELL });
    let run = f.run().await;
    assert_eq!((run.cause, run.state), (FetchCause::Compared, BackfillState::Running));
    let steps = f.steps().await;
    assert!(matches!(&steps[..], [(id, 0..=1)] if *id == run.run), "{steps:?}");
    assert!(f.queued().await.is_empty(), "the run queues them");
    // While it runs, nothing else is compared.
    assert_eq!(f.compare().await, WELL);
    // One for the list, and two for the webhook, which may be why.
    assert_eq!((f.requests().await, f.steps().await.len()), (3, 1));
}

#[tokio::test]
async fn the_lost_message_of_a_run_is_sent_again() {
    let (f, _company) = connected(Options::default(), Vec::new()).await;
    let now = Timestamp::now();
    let lost = Backfill {
        due_at: now - SignedDuration::from_mins(6),
        ..Backfill::new(FetchCause::Requested, now, now, now).unwrap()
    };
    f.reconcile.tenants.start_backfill(&one(), &lost).await.unwrap();
    assert_eq!(f.compare().await, WELL);
    assert_eq!((f.requests().await, f.steps().await), (1, vec![(lost.run, 0)]));
}

#[tokio::test]
async fn a_call_that_has_just_ended_starts_a_run_only_if_no_event_of_it_arrived() {
    let now = Timestamp::now();
    let started = now - SignedDuration::from_secs(30);
    let just = json!({"id": 1, "started_at": started.as_second(), "ended_at": now.as_second()});
    for is_known in [true, false] {
        let (f, _company) = connected(Options::default(), vec![just.clone()]).await;
        if is_known {
            f.entry(1, CallEvent::Created, started).await;
        }
        assert_eq!(f.compare().await.started, usize::from(!is_known));
        let delays: Vec<i64> = f.steps().await.into_iter().map(|(_, delay)| delay).collect();
        assert!(delays.iter().all(|delay| (30..=36).contains(delay)), "{delays:?}");
    }
}

#[tokio::test]
async fn a_long_list_is_compared_over_several_hours() {
    let (calls, at) = recent(230);
    let (f, _company) = connected(Options::default(), calls).await;
    for n in 1..=230 {
        f.entry(u64::try_from(n).unwrap(), CallEvent::Ended, at(n)).await;
    }
    // The requests of the day are used up, except for one an hour.
    let mut comparison = f.tenant().await.comparison;
    comparison.day = Timestamp::now().as_second() / 86_400;
    comparison.requests = 28;
    f.reconcile.tenants.set_comparison(&one(), &comparison, None, None).await.unwrap();
    for page in 1..=4 {
        assert_eq!(f.compare().await, WELL);
        assert_eq!(
            (f.requests().await, f.tenant().await.backfill_mark),
            (page, Some(Timestamp::from_second(at(i64::try_from(page).unwrap() * 49 + 1).as_second()).unwrap()))
        );
    }
    f.compare().await;
    let mark = f.tenant().await.backfill_mark.unwrap() + LONGEST_CALL;
    assert!(Timestamp::now().duration_since(mark) < SignedDuration::from_secs(30));
}

#[tokio::test]
async fn after_an_automatic_run_the_comparison_goes_on_from_its_end() {
    let (calls, _) = recent(3);
    let (f, _company) = connected(Options::default(), calls).await;
    f.compare().await;
    let run = f.run().await;
    crate::backfill::step(&f.reconcile, "one", &run.run, Instant::now() + Duration::from_mins(1)).await.unwrap();
    let done = f.run().await;
    assert_eq!((done.state, f.queued().await), (BackfillState::Done, vec![1, 2, 3]));
    assert_eq!(f.tenant().await.backfill_mark, Some(run.until - LONGEST_CALL));
}

#[tokio::test]
async fn what_is_left_of_a_stopped_automatic_run_is_not_fetched() {
    let (calls, _) = recent(3);
    let (f, _company) = connected(Options::default(), calls).await;
    f.compare().await;
    let run: Backfill = f.run().await;
    assert!(f.reconcile.tenants.stop_backfill(&one(), &run, Timestamp::now()).await.unwrap());
    assert_eq!(f.compare().await, WELL);
    assert_eq!(f.run().await.state, BackfillState::Stopped);
}

#[tokio::test]
async fn calls_that_go_on_when_a_stopped_run_ends_are_fetched() {
    let ago = |minutes: i64| Timestamp::now() - SignedDuration::from_mins(minutes);
    let call = |id: u64, started: i64, ended: i64| json!({"id": id, "started_at": ago(started).as_second(), "ended_at": ago(ended).as_second()});
    let (f, _company) = connected(Options::default(), vec![call(1, 30, 20), call(2, 15, 5)]).await;
    let run = Backfill::new(FetchCause::Compared, ago(60), ago(10), ago(10)).unwrap();
    f.reconcile.tenants.start_backfill(&one(), &run).await.unwrap();
    assert!(f.reconcile.tenants.stop_backfill(&one(), &run, Timestamp::now()).await.unwrap());
    assert_eq!(f.compare().await, Compared { started: 1, well: 0, ..WELL });
    let run = f.run().await;
    crate::backfill::step(&f.reconcile, "one", &run.run, Instant::now() + Duration::from_mins(1)).await.unwrap();
    assert_eq!(f.queued().await, vec![2]);
}

#[tokio::test]
async fn while_an_import_goes_on_missing_calls_are_queued_at_once() {
    let (calls, at) = recent(60);
    let (f, _company) = connected(Options::default(), calls).await;
    for n in 4..=60 {
        f.entry(u64::try_from(n).unwrap(), CallEvent::Ended, at(n)).await;
    }
    let import = Backfill::new(FetchCause::Requested, at(-999), at(-998), Timestamp::now()).unwrap();
    f.reconcile.tenants.start_backfill(&one(), &import).await.unwrap();
    assert_eq!(f.compare().await, WELL);
    assert_eq!((f.queued().await, f.run().await.run), (vec![1, 2, 3], import.run));
    // Two for the list, and two for the webhook, which may be why.
    assert_eq!(f.requests().await, 4);
    let comparison = f.tenant().await.comparison;
    assert!(comparison.complete_until.unwrap() > at(60), "{comparison:?}");
}

#[tokio::test]
async fn tenants_that_are_not_reached_in_time_are_compared_by_the_next_message() {
    let (f, _company) = connected(Options::default(), Vec::new()).await;
    let since = Timestamp::now() - SignedDuration::from_secs(30);
    let compared = compare_all(&f.reconcile, since, Instant::now()).await.unwrap();
    assert_eq!(compared, Compared { well: 0, not_reached: 1, ..WELL });
    let sent = f.sent().await;
    let body = sent[0]["MessageBody"].as_str().unwrap();
    assert_eq!((&sent[0]["QueueUrl"], sent[0]["DelaySeconds"].as_i64()), (&json!(RETRIES), Some(10)));
    let message = json!({ "Records": [{ "messageId": "m-1", "body": body }] });
    for _ in 0..2 {
        assert!(f.handle(message.clone()).await.unwrap().batch_item_failures.is_empty());
    }
    assert_eq!((f.requests().await, f.sent().await.len()), (1, 1));
}

#[tokio::test]
async fn what_is_left_when_the_schedule_is_due_again_is_left_to_it() {
    let (f, _company) = connected(Options::default(), Vec::new()).await;
    let since = Timestamp::now() - SignedDuration::from_mins(59);
    assert_eq!(compare_all(&f.reconcile, since, Instant::now()).await.unwrap().not_reached, 1);
    assert!(f.sent().await.is_empty());
}

#[tokio::test]
async fn an_account_that_refuses_fails_alone_and_the_schedule_runs_the_job() {
    let (f, company) = connected(Options::default(), Vec::new()).await;
    company.set_options(Options { api_token: Some("another".to_owned()), ..company.options() });
    assert_eq!(f.compare().await, Compared { well: 0, failed: 1, ..WELL });
    assert!(f.handle(json!({"source": "aws.scheduler", "job": "backfill"})).await.is_none());
    assert_eq!(f.requests().await, 2);
}
