//! The own lines of all tenants, against a mock Aircall and a mock Secrets Manager.

use std::time::Duration;

use aircall::EVENTS;
use rules::{E164, OwnLines};
use serde_json::json;
use store::{AircallConnection, AircallState, AircallSubscription, Tenant, TenantId};
use tokio::time::Instant;
use wiremock::matchers::{basic_auth, body_partial_json, path};
use wiremock::{Mock, ResponseTemplate};

use super::{Fixture, Timestamp};
use crate::lines::{LinesRead, read_all};

fn lines(phone: &str) -> OwnLines {
    [E164::parse(phone).unwrap()].into_iter().collect()
}

impl Fixture {
    /// A tenant with an Aircall connection that has the line +1 415 555 0100, whose API key is its id.
    pub(super) async fn connected(&self, id: &str) {
        let connection = AircallConnection {
            company_name: "Example Company".to_owned(),
            webhook_id: "1".to_owned(),
            state: AircallState::Active,
            subscription: Some(AircallSubscription { asked: EVENTS.map(str::to_owned).into(), granted: Vec::new() }),
            ..AircallConnection::default()
        };
        let tenant = Tenant {
            aircall: Some(connection),
            own_lines: lines("+14155550100"),
            // Else its calls are compared in every other hour only.
            last_event_at: Some(Timestamp::now()),
            ..Tenant::new(TenantId::parse(id).unwrap())
        };
        self.reconcile.tenants.put(&tenant).await.unwrap();
        let name = format!("aircall/{id}");
        let credential = json!({"is": "api_key", "api_id": id, "api_token": "token"}).to_string();
        Mock::given(body_partial_json(json!({"SecretId": name})))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"Name": name, "SecretString": credential})))
            .mount(&self.secrets)
            .await;
    }

    /// What Aircall answers to a tenant.
    pub(super) async fn answer(&self, id: &str, response: ResponseTemplate) {
        Mock::given(path("/v1/numbers")).and(basic_auth(id, "token")).respond_with(response).mount(&self.aircall).await;
    }

    async fn own_lines(&self, id: &str) -> OwnLines {
        self.reconcile.tenants.company(&TenantId::parse(id).unwrap()).await.unwrap().own_lines
    }

    pub(super) async fn read(&self, deadline: Instant) -> LinesRead {
        read_all(&self.reconcile.aircall, &self.reconcile.tenants, deadline).await.unwrap()
    }
}

pub(super) fn listed(digits: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"numbers": [{"id": 1, "digits": digits}]}))
}

#[tokio::test]
async fn the_lines_of_each_connected_tenant_are_stored_and_one_failure_does_not_stop_the_others() {
    let f = Fixture::new().await;
    for id in ["one", "two", "refused", "down"] {
        f.connected(id).await;
    }
    let other = Tenant::new(TenantId::parse("not-connected").unwrap());
    f.reconcile.tenants.put(&other).await.unwrap();
    f.answer("one", listed("+44 20 7946 0101")).await;
    f.answer("two", listed("+44 20 7946 0102")).await;
    f.answer("refused", ResponseTemplate::new(403)).await;
    f.answer("down", ResponseTemplate::new(500)).await;
    let read = f.read(Instant::now() + Duration::from_mins(1)).await;
    assert_eq!(read, LinesRead { stored: 2, failed: 2, not_reached: 0 });
    for (id, expected) in [
        ("one", lines("+442079460101")),
        ("two", lines("+442079460102")),
        ("refused", lines("+14155550100")),
        ("down", lines("+14155550100")),
        ("not-connected", OwnLines::default()),
    ] {
        assert_eq!(f.own_lines(id).await, expected, "{id}");
    }
}

#[tokio::test]
async fn tenants_are_left_for_the_next_time_when_the_time_is_up() {
    let f = Fixture::new().await;
    for id in ["one", "two"] {
        f.connected(id).await;
        f.answer(id, listed("+44 20 7946 0101").set_delay(Duration::from_secs(30))).await;
    }
    let started = Instant::now();
    let read = f.read(started + Duration::from_millis(300)).await;
    assert_eq!(read, LinesRead { not_reached: 2, ..LinesRead::default() });
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(f.read(started).await, read, "none is begun after the deadline");
    assert_eq!(f.own_lines("one").await, lines("+14155550100"));
}

#[tokio::test]
async fn the_daily_schedule_reads_the_lines_and_does_not_sweep() {
    let f = Fixture::new().await;
    f.insert_pending("one", "call-1", 0).await;
    f.connected("one").await;
    f.answer("one", listed("+44 20 7946 0101")).await;
    assert!(f.handle(json!({"source": "aws.scheduler", "job": "lines"})).await.is_none());
    assert_eq!(f.own_lines("one").await, lines("+442079460101"));
    assert!(f.sent().await.is_empty());
}
