//! Deciding again about what was skipped, after the settings were changed.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::CallBody;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestEnv, at};

/// Missed calls at 09:00 UTC of seven days, a Monday first.
fn week() -> Vec<CallBody> {
    let monday = at("2026-03-02T09:00:00Z");
    let call = |day: i64| {
        let id = 100 + day.unsigned_abs();
        CallBody::inbound(id).at(monday + SignedDuration::from_hours(24 * day))
    };
    (0..7).map(call).collect()
}

/// Settings with which missed calls are logged like this.
fn missed(log_as: &str) -> Value {
    json!({"call_workflow": {
        "outbound_answered": "completed", "outbound_unanswered": "completed", "inbound_answered": "completed",
        "missed": log_as, "voicemail": "completed",
    }})
}

/// Settings with which calls are logged during these hours of Tuesday only.
fn tuesday(opens: &str, closes: &str) -> Value {
    let weekly = json!({"tuesday": [{"opens": opens, "closes": closes}]});
    let schedule = json!({"time_zone": "UTC", "weekly": weekly, "holidays": []});
    json!({"business_hours": {"log_calls": "during_business_hours", "schedule": schedule, "numbers": {}}})
}

async fn env() -> TestEnv {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env
}

async fn state(env: &TestEnv, call: &CallBody) -> Value {
    env.activity(&call.key()).await["state"].clone()
}

#[tokio::test]
async fn a_skipped_week_is_decided_again_and_each_call_has_one_task() {
    let env = env().await;
    let week = week();
    let (withheld, logged) =
        (CallBody::inbound(1).anonymous().at(week[3].started_at()), CallBody::inbound(2).voicemail());
    let before = CallBody::inbound(3).at(at("2026-03-01T09:00:00Z"));
    env.put_settings(missed("do_nothing")).await;
    env.end(week.iter().chain([&withheld, &before])).await;
    env.end([&logged.at(week[0].started_at())]).await;
    assert_eq!(env.records("Task").len(), 1);

    env.put_settings(missed("in_progress")).await;
    let days = "from=2026-03-02&until=2026-03-08&time_zone=UTC";
    let expected = json!({"decided": 8, "to_log": 7, "left": 0});
    assert_eq!(env.decide_again(&format!("{days}&dry_run=true")).await, expected);
    assert_eq!(env.records("Task").len(), 1);
    assert_eq!(env.decide_again(days).await, expected);
    env.wait_until_idle().await;
    for call in &week {
        assert_eq!(env.task(call)["Status"], "In Progress");
        assert_eq!(state(&env, call).await, "logged");
        let finding = env.finding(&call.key(), "event").await;
        assert!(finding.starts_with("Decided again by the settings as they were on "), "{finding}");
    }
    let entry = env.activity(&withheld.key()).await;
    let reason = "The other party withheld the phone number, so there is no record to log on.";
    assert_eq!(json!([entry["state"], entry["reason"]]), json!(["skipped", reason]));
    assert_eq!(state(&env, &before).await, "skipped");

    // Once more changes nothing.
    let tasks = env.records("Task");
    assert_eq!(tasks.len(), 8);
    assert_eq!(env.decide_again(days).await, json!({"decided": 1, "to_log": 0, "left": 0}));
    env.wait_until_idle().await;
    assert_eq!(env.records("Task"), tasks);
    assert_eq!(env.activity(&withheld.key()).await, entry);
}

#[tokio::test]
async fn calls_outside_business_hours_are_logged_as_far_as_the_new_hours_say() {
    let env = env().await;
    let week = week();
    env.put_settings(tuesday("12:00", "13:00")).await;
    env.end(&week).await;
    assert!(env.records("Task").is_empty());
    env.put_settings(tuesday("08:00", "13:00")).await;
    assert_eq!(env.decide_again("outcome=skipped").await, json!({"decided": 7, "to_log": 1, "left": 0}));
    env.wait_until_idle().await;
    for (day, call) in week.iter().enumerate() {
        assert_eq!(env.is_logged(call), day == 1, "day {day}");
        let finding = env.finding(&call.key(), "business_hours").await;
        assert_eq!(finding.contains("not logged"), day != 1, "{finding}");
    }
    assert_eq!(env.records("Task").len(), 1);
}

#[tokio::test]
async fn a_call_without_a_record_is_looked_up_again() {
    let env = TestEnv::new().await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    let skipped = env.activity(&call.key()).await;
    let path = format!("/api/activity/{}/decide-again", call.key());
    for contact in [None, Some("Lou Sample")] {
        if let Some(name) = contact {
            env.contact(name, "+33639980001");
        }
        let answer = env.admin(Method::POST, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        env.wait_until_idle().await;
        assert_eq!(env.is_logged(&call), contact.is_some());
        let entry = env.activity(&call.key()).await;
        assert_eq!(entry["reason"] == skipped["reason"], contact.is_none(), "{entry:#}");
    }
    let answer = env.admin(Method::POST, &path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], "not_skipped");
    env.task(&call);
}

#[tokio::test]
async fn events_before_and_after_keep_what_was_decided_again() {
    let env = env().await;
    let call = CallBody::inbound(1).tagged_after(600, "Order").commented_after(900, "Wants two more.");
    env.put_settings(missed("do_nothing")).await;
    env.end([&call]).await;
    env.put_settings(missed("completed")).await;
    // Events and requests at the same time.
    let requests = async {
        for _ in 0..5 {
            env.decide_again("").await;
        }
    };
    tokio::join!(requests, env.post_all([call.event("call.tagged"), call.event("call.commented")]));
    env.wait_until_idle().await;
    env.put_settings(missed("do_nothing")).await;
    env.post(call.clone().archived_after(1_200).event("call.archived")).await;
    env.wait_until_idle().await;
    let task = env.task(&call);
    assert_eq!([&task["Status"], &task["CallDisposition"]], ["Completed", "Order"]);
    assert!(task["Description"].as_str().unwrap().contains("Wants two more."), "{task:#}");
    assert_eq!(state(&env, &call).await, "logged");
}

/// The number of copies of a skipped call.
fn many() -> usize {
    std::env::var("MANY_SKIPPED").ok().and_then(|calls| calls.parse().ok()).unwrap_or(600)
}

/// `MANY_SKIPPED=6000 cargo test -p tests --test it thousands_of_skipped -- --nocapture` prints the times.
#[tokio::test]
async fn thousands_of_skipped_calls_are_decided_in_several_requests() {
    let mut env = env().await;
    env.timeout = Duration::from_mins(8);
    let first = CallBody::inbound(1_000_000).at(Timestamp::now() - SignedDuration::from_hours(1));
    env.put_settings(missed("do_nothing")).await;
    env.end([&first]).await;
    let copies = (1_000_001..1_000_000 + many()).map(|id| vec![("1000000", id.to_string())]);
    env.insert_copies(&first.key(), copies).await;
    env.put_settings(missed("completed")).await;
    for mode in ["dry_run=true", "dry_run=false"] {
        assert!(env.records("Task").is_empty());
        let (mut decided, mut cursor) = (0, String::new());
        loop {
            let began = Instant::now();
            let body = env.decide_again(&format!("{mode}&cursor={cursor}")).await;
            println!("{mode}: {body} in {:.1} s", began.elapsed().as_secs_f32());
            let count = |name: &str| usize::try_from(body[name].as_u64().unwrap()).unwrap();
            assert!(began.elapsed() < Duration::from_secs(29));
            assert!(count("decided") <= 5_000 && count("to_log") == count("decided"));
            decided += count("decided");
            assert_eq!(count("left"), many() - decided);
            match body["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(decided, many());
    }
    env.wait_until_idle().await;
    let tasks = env.records("Task");
    let keys: std::collections::BTreeSet<&str> =
        tasks.iter().filter_map(|task| task["Aircall_Key__c"].as_str()).collect();
    assert_eq!((tasks.len(), keys.len()), (many(), many()));
}
