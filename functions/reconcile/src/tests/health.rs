//! Checks and repairs of webhooks, against the sandbox Aircall.

use std::time::Duration;

use aircall::EVENTS;
use aircall_sandbox::Options;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use store::{AircallConnection, AircallState, AircallSubscription, BackfillState, Tenant, WebhookProblem};
use tokio::time::Instant;

use super::Fixture;
use super::backfill::{connected, one};
use crate::health::Checked;

const URL: &str = "https://calls.example.com/webhooks/aircall/one";

impl Fixture {
    async fn aircall_api(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = self.reconcile.aircall.api_url.join(path).unwrap();
        let request = reqwest::Client::new().request(method, url).basic_auth("one", Some("token")).json(body);
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap_or_default()
    }

    /// Connects the tenant `one` with a webhook that sends. Returns its id.
    pub(super) async fn with_sending_webhook(&self, connected_at: Timestamp) -> String {
        let webhook = json!({"custom_name": "ours", "url": URL, "events": EVENTS});
        let created = self.aircall_api(Method::POST, "/v1/webhooks", &webhook).await;
        let events: Vec<String> = EVENTS.map(str::to_owned).into();
        let webhook_id = created["webhook"]["webhook_id"].as_str().unwrap().to_owned();
        let connection = AircallConnection {
            company_name: "Example Company".to_owned(),
            webhook_id: webhook_id.clone(),
            webhook_url: Some(URL.to_owned()),
            connected_at,
            state: AircallState::Active,
            subscription: Some(AircallSubscription { asked: events.clone(), granted: events }),
            ..AircallConnection::default()
        };
        self.reconcile.tenants.put(&Tenant { aircall: Some(connection), ..self.tenant().await }).await.unwrap();
        webhook_id
    }

    async fn check_at(&self, now: Timestamp) -> Checked {
        let deadline = Instant::now() + Duration::from_mins(1);
        self.reconcile.health.check_all(&self.reconcile, now, deadline).await.unwrap()
    }

    async fn turn_off(&self, webhook: &str) {
        let off = json!({"custom_name": "ours", "url": URL, "events": EVENTS, "active": false});
        self.aircall_api(Method::PUT, &format!("/v1/webhooks/{webhook}"), &off).await;
    }
}

const NONE: Checked = Checked { healthy: 0, repaired: 0, failed: 0, not_reached: 0 };

#[tokio::test]
async fn a_repair_that_fails_is_tried_again_a_quarter_of_an_hour_later() {
    let (f, _company) = connected(Options::default(), Vec::new()).await;
    let now = Timestamp::now();
    let webhook = f.with_sending_webhook(now - SignedDuration::from_hours(99)).await;
    f.turn_off(&webhook).await;
    let refusal = json!([{"method": "PUT", "path": "/v1/webhooks/.*", "status": 503, "times": 9}]);
    f.aircall_api(Method::POST, "/_sandbox/faults", &refusal).await;
    assert_eq!(f.check_at(now).await, Checked { failed: 1, ..NONE });
    let known = f.tenant().await.aircall.unwrap().state;
    assert!(matches!(known, AircallState::Deactivated { .. }), "{known:?}");
    f.aircall_api(Method::DELETE, "/_sandbox/faults", &Value::Null).await;
    assert_eq!(f.check_at(now + SignedDuration::from_mins(15)).await, Checked { repaired: 1, ..NONE });
    let tenant = f.tenant().await;
    assert_eq!(tenant.aircall.unwrap().state, AircallState::Active);
    let repair = tenant.webhook_repair.unwrap();
    assert_eq!(repair.problem, WebhookProblem::TurnedOff);
    assert_eq!(tenant.backfill.unwrap().state, BackfillState::Running);
}

#[tokio::test]
async fn a_repair_that_was_cut_off_is_noted_by_the_next_check() {
    let (f, _company) = connected(Options::default(), Vec::new()).await;
    let now = Timestamp::now();
    let webhook = f.with_sending_webhook(now - SignedDuration::from_hours(99)).await;
    // It was found turned off, and activated again, but nothing else was stored.
    let off = AircallState::Deactivated { since: now };
    f.reconcile.tenants.set_aircall_state(&one(), &webhook, &off).await.unwrap();
    assert_eq!(f.check_at(now).await, Checked { repaired: 1, ..NONE });
    let tenant = f.tenant().await;
    assert_eq!(tenant.aircall.unwrap().state, AircallState::Active);
    assert!(tenant.webhook_repair.is_some() && tenant.backfill.is_some());
    assert_eq!(f.check_at(now).await, NONE, "it was checked just now");
}

#[tokio::test]
async fn a_webhook_is_checked_twice_a_day_while_it_sends_and_in_every_other_hour_while_it_is_silent() {
    for is_silent in [false, true] {
        let (f, _company) = connected(Options::default(), Vec::new()).await;
        // Today, so that the last event is of the time between.
        let start = Timestamp::from_second(Timestamp::now().as_second() / 86_400 * 86_400).unwrap();
        f.with_sending_webhook(start - SignedDuration::from_hours(99)).await;
        let mut hours = Vec::new();
        for quarter in 0..96 {
            let now = start + SignedDuration::from_mins(15 * quarter);
            let last_event = if is_silent { start - SignedDuration::from_hours(9) } else { now };
            f.heard_at(last_event).await;
            match f.check_at(now).await {
                Checked { healthy: 1, repaired: 0, failed: 0, not_reached: 0 } => hours.push(quarter / 4),
                other => assert_eq!(other, NONE),
            }
        }
        let expected: Vec<i64> =
            if is_silent { [0].into_iter().chain((1..24).step_by(2)).collect() } else { vec![0, 12] };
        assert_eq!(hours, expected, "silent: {is_silent}");
    }
}
