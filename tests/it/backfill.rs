//! Calls whose events are missing are fetched from Aircall: by the hourly schedule, after the webhook was repaired, and for
//! the days that an admin asks for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::CallBody;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

const PATH: &str = "/api/connections/aircall/backfill";

/// A tenant in a stack of its own, whose Aircall account is connected and whose webhook is off.
async fn env(name: &str) -> TestEnv {
    let mut env = TestEnv::within(&Running::start(name).await, salesforce_sandbox::Options::default()).await;
    env.timeout = Duration::from_mins(5);
    env.contact("Lou Sample", "+33639980001");
    env.aircall(Method::PUT, "/_sandbox/options", json!({"rate_limit": 0})).await;
    env.connect_aircall().await;
    env.put_settings(json!({"backfill_requests_per_minute": 60})).await;
    env.turn_webhook(false).await;
    env
}

/// As many calls, some seconds apart, the last one ended some minutes ago.
fn calls(count: u64, seconds: i64) -> Vec<CallBody> {
    let count_seconds = i64::try_from(count).unwrap() * seconds;
    let first = Timestamp::now() - SignedDuration::from_secs(count_seconds + 120);
    let at = |n: u64| first + SignedDuration::from_secs(i64::try_from(n).unwrap() * seconds);
    (0..count).map(|n| CallBody::inbound(n + 1).at(at(n)).answered_after(2).lasting(20)).collect()
}

impl TestEnv {
    /// Turns the tenant's webhook at Aircall on or off.
    async fn turn_webhook(&self, active: bool) {
        for webhook in self.webhooks().await {
            let path = format!("/v1/webhooks/{}", webhook["webhook_id"].as_str().unwrap());
            self.aircall(Method::PUT, &path, json!({"active": active})).await;
        }
    }

    /// The calls are over, as Aircall lists them.
    async fn end_at_aircall(&self, calls: &[CallBody]) {
        let data: Vec<Value> = calls.iter().map(|call| call.event("call.ended")["data"].clone()).collect();
        for data in data.chunks(500) {
            self.aircall(Method::POST, "/_sandbox/calls", json!(data)).await;
        }
    }

    /// Runs the hourly schedule now.
    async fn compare_calls(&self) {
        let address = self.running.stack.info().schedules["ReconcileFunctionBackfill"].clone();
        assert!(self.request(address).send().await.unwrap().status().is_success());
    }

    async fn import(&self) -> Value {
        let answer = self.admin(Method::GET, PATH).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }

    /// Makes the next step of the run due, and sends its message.
    async fn take_step(&self) {
        let tenant = self.item("TenantsTable", json!({"tenant": {"S": self.tenant.tenant}})).await;
        let run = tenant["backfill"]["M"]["run"]["S"].as_str().unwrap().to_owned();
        let due = json!({
            "TableName": self.table("TenantsTable"),
            "Key": {"tenant": {"S": self.tenant.tenant}},
            "UpdateExpression": "SET backfill.due_at = :now",
            "ConditionExpression": "attribute_not_exists(backfill.held_until)",
            "ExpressionAttributeValues": {":now": {"N": "0"}},
        });
        if self.update_if(&due).await {
            let body = json!({"tenant": self.tenant.tenant, "key": null, "backfill": run}).to_string();
            self.sqs("SendMessage", &json!({"QueueUrl": self.queue("RetriesQueue"), "MessageBody": body})).await;
        }
    }

    /// Takes steps without the minute between them until the run is over.
    async fn finish_import(&self) -> Value {
        self.until("the import is over", async |env| {
            if env.import().await["state"] != "running" {
                return true;
            }
            env.take_step().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            false
        })
        .await;
        self.import().await
    }

    async fn assert_each_logged_once(&self, calls: &[CallBody]) {
        self.until("all calls have an entry", async |env| env.entries().await.len() == calls.len()).await;
        self.wait_until_idle().await;
        let mut logged: Vec<String> =
            self.records("Task").iter().map(|task| task["Aircall_Key__c"].as_str().unwrap().to_owned()).collect();
        let mut keys: Vec<String> = calls.iter().map(CallBody::key).collect();
        logged.sort();
        keys.sort();
        assert_eq!(logged, keys);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_end_while_the_webhook_is_off_are_logged_once_and_say_why_they_are_late() {
    let env = env("backfill").await;
    let calls = calls(40, 60);
    env.end_at_aircall(&calls).await;
    env.compare_calls().await;
    env.assert_each_logged_once(&calls).await;
    let found = env.finding(&calls[7].key(), "event").await;
    assert!(found.starts_with("Aircall's event did not arrive; the call was fetched on "), "{found}");
    assert!(found.ends_with(" when Aircall's list of calls was compared."), "{found}");
    let import = env.finish_import().await;
    assert_eq!((&import["state"], &import["calls"], &import["queued"]), (&json!("done"), &json!(40), &json!(40)));
    assert!(import["at"].as_i64().is_some() && import["problem"].is_null(), "{import}");
    // What Aircall has not sent is not its last event.
    let connections = env.admin(Method::GET, "/api/connections").send().await.unwrap();
    assert_eq!(connections.json::<Value>().await.unwrap()["aircall"]["last_event_at"], Value::Null);

    // The next comparisons find nothing to do, each with one request.
    let before = env.listings().await;
    for _ in 0..3 {
        env.compare_calls().await;
    }
    assert_eq!(env.listings().await - before, 3);
    env.assert_each_logged_once(&calls).await;
    assert_eq!(env.import().await, import);
}

impl TestEnv {
    /// How many pages of calls were requested.
    async fn listings(&self) -> usize {
        let requests = self.aircall(Method::GET, "/_sandbox/requests", Value::Null).await;
        let log = requests["log"].as_array().unwrap();
        log.iter().filter(|request| request["path"] == "/v1/calls").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_activated_again_starts_a_run_at_once() {
    let env = env("backfill-repaired").await;
    let calls = calls(3, 60);
    env.end_at_aircall(&calls).await;
    let answer = env.admin(Method::POST, "/api/connections/aircall/reactivate").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    env.assert_each_logged_once(&calls).await;
    let found = env.finding(&calls[0].key(), "event").await;
    assert!(found.ends_with(" after the webhook was repaired."), "{found}");
}

/// As many calls with Aircall's rate limit at this many requests in a window of two seconds.
async fn check_many(name: &str, count: u64, seconds: i64, limit: u32) {
    let env = env(name).await;
    let calls = calls(count, seconds);
    env.end_at_aircall(&calls).await;
    let options = json!({"rate_limit": limit, "rate_window_ms": 2_000});
    env.aircall(Method::PUT, "/_sandbox/options", options).await;
    // The requests that connected the account are of another window.
    tokio::time::sleep(Duration::from_secs(2)).await;
    env.compare_calls().await;
    let import = env.finish_import().await;
    assert_eq!((&import["state"], &import["calls"], &import["queued"]), (&json!("done"), &json!(count), &json!(count)));
    env.assert_each_logged_once(&calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_are_fetched_within_aircalls_rate_limit() {
    check_many("backfill-many", 250, 30, 3).await;
}

/// `cargo test -p tests --test it two_thousand -- --ignored`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn two_thousand_five_hundred_calls_are_fetched_at_twenty_requests_a_window() {
    check_many("backfill-2500", 2_500, 5, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_goes_on_and_two_at_once_are_one() {
    let env = env("backfill-killed").await;
    let calls = calls(160, 30);
    env.end_at_aircall(&calls).await;
    // Each request takes a while, so that the function is killed between two pages.
    let slow = json!([{"method": "GET", "path": "/v1/calls", "delay_ms": 300, "commit": true, "times": 20}]);
    env.aircall(Method::POST, "/_sandbox/faults", slow).await;
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = json!({"from": today.yesterday().unwrap().to_string(), "until": today.to_string()});
    let start = async || env.admin(Method::POST, PATH).json(&days).send().await.unwrap().status();
    let (one, other) = tokio::join!(start(), start());
    let mut statuses = [one, other];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::ACCEPTED, StatusCode::CONFLICT]);
    env.until("a page is fetched", async |env| env.import().await["calls"] != 0).await;
    env.running.stack.kill("reconcile").expect("there is such a function");
    let import = env.import().await;
    assert_eq!(import["state"], "running", "{import}");
    // Its lease ends before its message is delivered again.
    env.release_import().await;
    tokio::join!(env.take_step(), env.take_step());
    let import = env.finish_import().await;
    assert_eq!((&import["state"], &import["calls"]), (&json!("done"), &json!(160)), "{import}");
    env.assert_each_logged_once(&calls).await;
}

impl TestEnv {
    /// Ends the lease of the run's step, as if its time was over.
    async fn release_import(&self) {
        self.update_tenant(json!({"UpdateExpression": "REMOVE backfill.held_until"})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_imports_calls_of_before_the_connection_and_they_are_logged() {
    let env = env("backfill-before").await;
    let now = Timestamp::now();
    let since = json!({
        "UpdateExpression": "SET aircall_since = :since",
        "ExpressionAttributeValues": {":since": {"N": now.as_second().to_string()}},
    });
    env.update_tenant(since).await;
    let days_ago = |days: i64| now - SignedDuration::from_hours(24 * days);
    let calls = [1_u64, 2].map(|id| CallBody::inbound(id).at(days_ago(10)).answered_after(2));
    let other = CallBody::inbound(3).at(days_ago(20)).answered_after(2);
    env.end_at_aircall(&[calls[0].clone(), calls[1].clone(), other.clone()]).await;
    // An event of one of them came later: it is skipped.
    env.post(calls[1].event("call.ended")).await;
    env.wait_until_idle().await;
    assert_eq!(env.activity(&calls[1].key()).await["state"], "skipped");
    env.compare_calls().await;
    assert_eq!(env.import().await["state"], "none");

    let day = |days: i64| days_ago(days).to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let days = json!({"from": day(11), "until": day(9)});
    let preview = env.admin(Method::POST, &format!("{PATH}/preview")).json(&days).send().await.unwrap();
    let preview: Value = preview.json().await.unwrap();
    assert_eq!(preview, json!({"calls": 2, "missing": 2, "to_log": 2, "has_more": false}));
    let answer = env.admin(Method::POST, PATH).json(&days).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    env.assert_each_logged_once(&calls).await;
    let found = env.finding(&calls[0].key(), "event").await;
    assert!(found.ends_with(" because an admin imported the calls of its day."), "{found}");
}
