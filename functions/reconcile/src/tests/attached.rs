//! The lines of an app, and its switch.

use jiff::{SignedDuration, Timestamp};
use rules::LineId;
use serde_json::{Value, json};
use store::{AircallAuth, AircallConnection, Comparison, LONGEST_CALL, Tenant, TenantId};
use wiremock::matchers::{body_partial_json, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::Fixture;
use crate::backfill::compare::compare_one;

fn app() -> TenantId {
    TenantId::parse("app").unwrap()
}

impl Fixture {
    async fn reply(&self, at: &str, body: Value) {
        let response = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(method("GET")).and(path(at)).respond_with(response).mount(&self.aircall).await;
    }

    /// A tenant that is connected with an app, which was last asked for its lines, the line 1, as long ago, and whose calls
    /// are compared from `mark` on.
    async fn with_app(&self, asked: SignedDuration, is_off: bool, mark: Timestamp) {
        let now = Timestamp::now();
        let secret = json!({"is": "oauth", "access_token": "token"}).to_string();
        let secret = json!({"Name": "aircall/app", "SecretString": secret});
        Mock::given(body_partial_json(json!({"SecretId": "aircall/app"})))
            .respond_with(ResponseTemplate::new(200).set_body_json(secret))
            .mount(&self.secrets)
            .await;
        let connection = AircallConnection {
            how: AircallAuth::OAuth,
            connected_at: now - SignedDuration::from_hours(99),
            ..AircallConnection::default()
        };
        let comparison =
            Comparison { lines: Some([1].into()), lines_at: Some(now - asked), is_off, ..Comparison::default() };
        let tenant = Tenant { aircall: Some(connection), last_event_at: Some(now), ..Tenant::new(app()) };
        let tenants = &self.reconcile.tenants;
        tenants.put(&tenant).await.unwrap();
        let former = tenants.get(&app()).await.unwrap().unwrap().backfill_mark;
        assert!(tenants.set_comparison(&app(), &comparison, former, Some(mark)).await.unwrap());
    }

    async fn compare_app(&self) -> (bool, Tenant) {
        let is_started = compare_one(&self.reconcile, &app(), Timestamp::now()).await.unwrap();
        (is_started, self.reconcile.tenants.get(&app()).await.unwrap().unwrap())
    }
}

/// A call that began five hours ago, after the lines were last asked for, and ended a minute later.
fn list() -> Value {
    let started_at = (Timestamp::now() - SignedDuration::from_hours(5)).as_second();
    let call = json!({
        "id": 1, "direction": "inbound", "started_at": started_at, "ended_at": started_at + 60, "number": {"id": 2},
    });
    json!({"meta": {"next_page_link": null}, "calls": [call]})
}

#[tokio::test]
async fn the_calls_since_then_of_a_line_that_was_added_are_compared_again() {
    for (lines, is_started) in [(json!([1, 2]), true), (json!([1]), false)] {
        let f = Fixture::new().await;
        f.with_app(SignedDuration::from_hours(13), false, Timestamp::now() - LONGEST_CALL).await;
        f.reply("/v1/integrations/me", json!({"integration": {"active": true, "number_ids": lines}})).await;
        f.reply("/v1/calls", list()).await;
        let (started, tenant) = f.compare_app().await;
        assert_eq!(started, is_started, "{lines}");
        let from = tenant.backfill.map(|run| Timestamp::now().duration_since(run.from).as_hours());
        assert_eq!(from, is_started.then_some(17), "since the lines were asked for, and four hours earlier");
        assert_eq!(tenant.comparison.lines.unwrap().contains(&2), is_started);
    }
}

#[tokio::test]
async fn an_app_that_is_off_is_asked_each_hour_and_what_it_missed_is_fetched_once_it_is_on() {
    let f = Fixture::new().await;
    let line = LineId(2);
    let on = json!({"integration": {"active": true, "number_ids": [line.0]}});
    f.reply("/v1/integrations/me", on).await;
    f.reply("/v1/calls", list()).await;
    let mark = Timestamp::now() - SignedDuration::from_hours(6);
    f.with_app(SignedDuration::from_mins(50), true, mark).await;
    let (started, tenant) = f.compare_app().await;
    assert!(!started && tenant.comparison.is_off, "it was asked lately");
    f.with_app(SignedDuration::from_mins(56), true, mark).await;
    let (started, tenant) = f.compare_app().await;
    assert!(started && !tenant.comparison.is_off);
}
