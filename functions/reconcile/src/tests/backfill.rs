//! Runs of a backfill, against the sandbox Aircall.

use std::time::Duration;

use aircall_sandbox::{Company, Options};
use jiff::{SignedDuration, Timestamp};
use rules::{CallDocument, CallEvent, Company as Known, Document, FetchCause, Settings, Snapshot, decide};
use serde_json::{Value, json};
use store::{Backfill, BackfillState, Merge, Tenant, TenantId};
use tokio::time::Instant;

use super::{EVENTS, Fixture, RETRIES};
use crate::backfill::step;

/// When the first of the calls started: two days ago.
pub(super) fn first() -> Timestamp {
    Timestamp::from_second((Timestamp::now() - SignedDuration::from_hours(48)).as_second()).unwrap()
}

pub(super) fn one() -> TenantId {
    TenantId::parse("one").unwrap()
}

/// A call of a minute, as the sandbox takes it.
pub(super) fn call(id: u64, started_at: Timestamp) -> Value {
    let started_at = started_at.as_second();
    json!({"id": id, "raw_digits": "+33 6 39 98 00 01", "started_at": started_at, "ended_at": started_at + 60})
}

/// The tenant `one`, connected to a sandbox with these options and calls; its sandbox.
pub(super) async fn connected(options: Options, calls: Vec<Value>) -> (Fixture, Company) {
    let mut f = Fixture::new().await;
    f.connected("one").await;
    let options = Options { api_id: Some("one".to_owned()), api_token: Some("token".to_owned()), ..options };
    let company = Company::new(options);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = company.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let added = reqwest::Client::new().post(format!("{url}/_sandbox/calls")).json(&calls).send().await.unwrap();
    assert!(added.status().is_success());
    f.reconcile.aircall.api_url = url.parse().unwrap();
    (f, company)
}

impl Fixture {
    pub(super) async fn tenant(&self) -> Tenant {
        self.reconcile.tenants.get(&one()).await.unwrap().unwrap()
    }

    /// The last event of the tenant arrived then.
    pub(super) async fn heard_at(&self, at: Timestamp) {
        let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let at = aws_sdk_dynamodb::types::AttributeValue::N(at.as_second().to_string());
        let set = self.tables.dynamodb.update_item().table_name("TenantsTable").key("tenant", text("one"));
        let set = set.update_expression("SET last_event_at = :at").expression_attribute_values(":at", at);
        set.send().await.unwrap();
    }

    pub(super) async fn run(&self) -> Backfill {
        self.tenant().await.backfill.unwrap()
    }

    /// The requests that the sandbox has counted.
    pub(super) async fn requests(&self) -> u64 {
        let url = self.reconcile.aircall.api_url.join("/_sandbox/requests").unwrap();
        let requests: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        requests["total"].as_u64().unwrap()
    }

    /// Starts a run of the two days from the first call on.
    async fn begin(&self, cause: FetchCause) -> Backfill {
        let now = Timestamp::now();
        let backfill = Backfill::new(cause, first() - SignedDuration::from_secs(60), now, now).unwrap();
        assert!(self.reconcile.tenants.start_backfill(&one(), &backfill).await.unwrap());
        backfill
    }

    async fn step(&self, run: &str) {
        step(&self.reconcile, "one", run, Instant::now() + Duration::from_mins(1)).await.unwrap();
    }

    /// Makes the next step due.
    async fn hurry(&self) {
        let run = self.run().await;
        let due = Backfill { due_at: Timestamp::now(), holder: Some("a-test".to_owned()), held_until: None, ..run };
        let set = self.tables.dynamodb.update_item().table_name("TenantsTable");
        let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let set = set.key("tenant", text("one")).update_expression("SET #b.#h = :h");
        let set = set.expression_attribute_names("#b", "backfill").expression_attribute_names("#h", "holder");
        set.expression_attribute_values(":h", text("a-test")).send().await.unwrap();
        assert!(self.reconcile.tenants.set_backfill(&one(), &due, None).await.unwrap());
    }

    async fn sent_to(&self, queue: &str) -> Vec<Value> {
        self.sent().await.into_iter().filter(|message| message["QueueUrl"] == queue).collect()
    }

    /// The ids of the calls that were queued.
    pub(super) async fn queued(&self) -> Vec<u64> {
        let bodies = self.sent_to(EVENTS).await;
        let id = |message: &Value| {
            let body: Value = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
            assert_eq!(body["event"], "call.ended");
            body["data"]["id"].as_u64().unwrap()
        };
        let mut ids: Vec<u64> = bodies.iter().map(id).collect();
        ids.sort_unstable();
        ids
    }

    /// The runs whose next step was sent, with the delays in seconds.
    pub(super) async fn steps(&self) -> Vec<(String, i64)> {
        let run = |message: &Value| {
            let body: Value = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
            (body["backfill"].as_str().unwrap().to_owned(), message["DelaySeconds"].as_i64().unwrap())
        };
        self.sent_to(RETRIES).await.iter().map(run).collect()
    }

    /// Stores an entry of a call of the sandbox after this event.
    pub(super) async fn entry(&self, id: u64, event: CallEvent, started_at: Timestamp) {
        let snapshot: Snapshot = serde_json::from_value(json!({
            "event": event, "at": started_at.as_second() + 90,
            "call": {
                "id": id, "direction": "inbound", "started_at": started_at.as_second(), "answered_at": null,
                "ended_at": (event == CallEvent::Ended).then_some(started_at.as_second() + 60),
                "party": {"number": "+33639980001"}, "number": {"id": 1001}, "user": null, "contact": null,
                "tags": [], "comments": [],
            },
        }))
        .unwrap();
        let document = Document::from(CallDocument::from(snapshot));
        let decision = decide::decide(&document, &Settings::default(), &Known::default(), None);
        let merge = Merge { document, decision, expires_at: Timestamp::now() };
        self.reconcile.calls.merge(&one(), &format!("call-{id}"), &merge, None, Timestamp::now()).await.unwrap();
    }
}

/// As many calls, a minute apart, ids from 1.
pub(super) fn calls(count: i64) -> Vec<Value> {
    let at = |n: i64| first() + SignedDuration::from_mins(n);
    (0..count).map(|n| call(u64::try_from(n).unwrap() + 1, at(n))).collect()
}

#[tokio::test]
async fn only_calls_without_a_complete_entry_are_queued_with_the_period_and_the_cause() {
    let (f, _company) = connected(Options::default(), calls(4)).await;
    f.entry(1, CallEvent::Ended, first()).await;
    f.entry(2, CallEvent::Created, first() + SignedDuration::from_mins(1)).await;
    let begun = f.begin(FetchCause::Repaired).await;
    f.step(&begun.run).await;
    assert_eq!(f.queued().await, [2, 3, 4]);
    let run = f.run().await;
    assert_eq!((run.state, run.calls, run.queued, run.problem), (BackfillState::Done, 4, 3, None));
    let attribute = &f.sent_to(EVENTS).await[0]["MessageAttributes"]["backfill"]["StringValue"];
    let fetch: Value = serde_json::from_str(attribute.as_str().unwrap()).unwrap();
    let (from, until) = (begun.from.as_second(), begun.until.as_second());
    assert_eq!(fetch, json!({"from": from, "until": until, "cause": "repaired"}));
    assert!(f.steps().await.is_empty());
}

#[tokio::test]
async fn a_step_sends_no_more_requests_than_the_setting_allows_and_the_next_one_goes_on() {
    let (f, _company) = connected(Options::default(), calls(170)).await;
    let settings = Settings { backfill_requests_per_minute: 2, ..Settings::default() };
    f.reconcile.settings.put(&one(), &settings, "a test", Timestamp::now()).await.unwrap();
    let begun = f.begin(FetchCause::Requested).await;
    f.step(&begun.run).await;
    let run = f.run().await;
    assert_eq!((f.requests().await, run.state, run.calls), (2, BackfillState::Running, 99));
    let steps = f.steps().await;
    assert!(matches!(&steps[..], [(id, 58..=61)] if *id == begun.run), "{steps:?}");
    // A message that arrives early, or twice, finds nothing due.
    f.step(&begun.run).await;
    assert_eq!(f.requests().await, 2);
    f.hurry().await;
    f.step(&begun.run).await;
    let run = f.run().await;
    assert_eq!((f.requests().await, run.state, run.calls, run.queued), (4, BackfillState::Done, 170, 170));
    assert_eq!(f.queued().await, (1..=170).collect::<Vec<_>>());
}

#[tokio::test]
async fn many_calls_that_start_in_the_same_second_are_all_fetched() {
    let calls = (1..=120).map(|id| call(id, first())).chain([call(121, first() + SignedDuration::from_mins(1))]);
    let (f, _company) = connected(Options::default(), calls.collect()).await;
    let begun = f.begin(FetchCause::Requested).await;
    f.step(&begun.run).await;
    let run = f.run().await;
    assert_eq!((run.state, run.calls), (BackfillState::Done, 121));
    assert_eq!(f.queued().await, (1..=121).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_rate_limit_delays_the_run_until_it_is_reset() {
    let options = Options { rate_limit: 1, rate_window_ms: 300_000, ..Options::default() };
    let (f, _company) = connected(options, calls(60)).await;
    let begun = f.begin(FetchCause::Requested).await;
    f.step(&begun.run).await;
    let run = f.run().await;
    assert_eq!((run.state, run.calls, run.attempts), (BackfillState::Running, 50, 0));
    assert!(run.problem.unwrap().contains("rate limit"));
    let steps = f.steps().await;
    assert!(matches!(&steps[..], [(_, 290..=301)]), "{steps:?}");
}

#[tokio::test]
async fn a_run_fails_at_once_without_access_and_after_several_attempts_without_an_answer() {
    let (mut f, _company) = connected(Options::default(), calls(1)).await;
    f.reconcile.aircall.api_url = "http://127.0.0.1:1".parse().unwrap();
    let begun = f.begin(FetchCause::Requested).await;
    f.step(&begun.run).await;
    let run = f.run().await;
    assert_eq!((run.state, run.attempts), (BackfillState::Running, 1));
    for _ in 0..10 {
        f.hurry().await;
        f.step(&begun.run).await;
    }
    let run = f.run().await;
    assert_eq!(run.state, BackfillState::Failed);
    assert!(run.problem.unwrap().contains("start it again later"));
    assert!(f.steps().await.iter().all(|(_, delay)| (58..=900).contains(delay)));

    let (f, company) = connected(Options::default(), calls(1)).await;
    company.set_options(Options { api_token: Some("another".to_owned()), ..company.options() });
    let begun = f.begin(FetchCause::Requested).await;
    f.step(&begun.run).await;
    let run = f.run().await;
    assert_eq!(run.state, BackfillState::Failed);
    assert_eq!(run.problem.unwrap(), "Aircall does not accept the access that is stored. Connect Aircall again.");
}

#[tokio::test]
async fn two_runners_of_one_run_fetch_each_page_once() {
    let (f, _company) = connected(Options::default(), calls(120)).await;
    let begun = f.begin(FetchCause::Requested).await;
    tokio::join!(f.step(&begun.run), f.step(&begun.run), f.step(&begun.run));
    assert_eq!((f.requests().await, f.queued().await), (3, (1..=120).collect()));
    assert_eq!(f.run().await.state, BackfillState::Done);
}

#[tokio::test]
async fn a_stopped_run_goes_on_neither_by_its_message_nor_by_its_runner() {
    let (f, _company) = connected(Options::default(), calls(3)).await;
    let begun = f.begin(FetchCause::Requested).await;
    let now = Timestamp::now();
    let lease = now + SignedDuration::from_secs(60);
    let taken = f.reconcile.tenants.take_backfill(&one(), &begun.run, now, lease).await.unwrap().unwrap();
    assert!(f.reconcile.tenants.stop_backfill(&one(), &taken, now).await.unwrap());
    assert!(!f.reconcile.tenants.set_backfill(&one(), &taken, None).await.unwrap());
    f.step(&begun.run).await;
    assert_eq!((f.requests().await, f.run().await.state), (0, BackfillState::Stopped));
}

#[tokio::test]
async fn a_call_that_has_just_ended_is_looked_at_again_later() {
    let now = Timestamp::now();
    let just = json!({"id": 2, "started_at": now.as_second() - 30, "ended_at": now.as_second() - 1});
    let talking = json!({"id": 3, "started_at": now.as_second() - 20});
    let (f, _company) = connected(Options::default(), vec![call(1, first()), just, talking]).await;
    let begun = f.begin(FetchCause::Repaired).await;
    f.step(&begun.run).await;
    let run = f.run().await;
    assert_eq!((f.queued().await, run.state), (vec![1], BackfillState::Running));
    assert_eq!(run.position.as_second(), now.as_second() - 30);
    assert_eq!(f.steps().await.len(), 1);
    // Its own event has arrived meanwhile.
    f.entry(2, CallEvent::Ended, now - SignedDuration::from_secs(90)).await;
    f.hurry().await;
    f.step(&begun.run).await;
    let run = f.run().await;
    assert_eq!((f.queued().await, run.state, run.calls), (vec![1], BackfillState::Done, 3));
}

#[tokio::test]
async fn only_an_admin_asks_for_calls_of_before_the_connection() {
    for (cause, expected) in [(FetchCause::Repaired, vec![2]), (FetchCause::Requested, vec![1, 2])] {
        let (f, _company) = connected(Options::default(), calls(2)).await;
        f.reconcile.tenants.begin_with_company(&one(), first() + SignedDuration::from_secs(90)).await.unwrap();
        let begun = f.begin(cause).await;
        f.step(&begun.run).await;
        assert_eq!(f.queued().await, expected);
    }
}
