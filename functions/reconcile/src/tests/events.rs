//! The events of webhooks that an earlier version created, against a mock Aircall.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use aircall::EVENTS;
use serde_json::{Value, json};
use store::{Acquired, AircallSubscription, LeaseKind, Tenant, TenantId};
use tokio::time::Instant;
use wiremock::matchers::{method, path};
use wiremock::{Mock, Request, Respond, ResponseTemplate};

use super::lines::listed;
use super::{Fixture, SignedDuration, Timestamp};

const WEBHOOK: &str = "/v1/webhooks/1";
const URL: &str = "https://calls.example.com/webhooks/aircall/one";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Aircall's answer about the webhook.
fn webhook(active: bool, events: &[&str]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"webhook": {
        "webhook_id": "1", "custom_name": "By hand", "url": URL, "active": active, "events": events, "token": "secret",
    }}))
}

impl Fixture {
    /// The tenant `one`, whose webhook is as given, with what is remembered of it.
    async fn with_webhook(&self, remembered: Option<AircallSubscription>, found: ResponseTemplate) {
        self.connected("one").await;
        self.answer("one", listed("+44 20 7946 0101")).await;
        let mut tenant = self.one().await;
        tenant.aircall.as_mut().unwrap().subscription = remembered;
        self.reconcile.tenants.put(&tenant).await.unwrap();
        Mock::given(method("GET")).and(path(WEBHOOK)).respond_with(found).mount(&self.aircall).await;
    }

    async fn one(&self) -> Tenant {
        self.reconcile.tenants.get(&TenantId::parse("one").unwrap()).await.unwrap().unwrap()
    }

    /// Runs the job, and returns the bodies of the updates of the webhook.
    async fn updates(&self) -> Vec<Value> {
        self.read(Instant::now() + Duration::from_mins(1)).await;
        let requests = self.aircall.received_requests().await.unwrap();
        let updates = requests.iter().filter(|request| request.method.as_str() == "PUT");
        updates.map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }
}

/// As an earlier version subscribed it.
fn earlier() -> (AircallSubscription, [&'static str; 2]) {
    let events = ["call.created", "call.ended"];
    (AircallSubscription { asked: names(&["call.created", "call.ended", "x"]), granted: names(&events) }, events)
}

#[tokio::test]
async fn a_webhook_of_an_earlier_version_is_subscribed_to_what_is_granted_today() {
    let (core, all) = (names(&EVENTS[..17]), names(&EVENTS));
    let (earlier, events) = earlier();
    for (remembered, found) in [(Some(earlier), &events[..]), (None, &EVENTS[..17])] {
        let f = Fixture::new().await;
        f.with_webhook(remembered, webhook(true, found)).await;
        let granted = webhook(true, &EVENTS[..17]);
        Mock::given(method("PUT")).and(path(WEBHOOK)).respond_with(granted).mount(&f.aircall).await;
        let updates = f.updates().await;
        let expected = json!({"custom_name": "By hand", "url": URL, "active": true, "events": all});
        assert_eq!(updates, [expected]);
        let expected = AircallSubscription { asked: all.clone(), granted: core.clone() };
        assert_eq!(f.one().await.aircall.unwrap().subscription, Some(expected));
        assert_eq!(f.updates().await.len(), 1, "the next day, there is nothing to do");
    }
}

#[tokio::test]
async fn a_webhook_that_somebody_changed_or_turned_off_is_left_as_it_is() {
    let (earlier, events) = earlier();
    for (active, found) in [(false, &events[..]), (true, &events[..1]), (true, &["call.created", "call.ended", "y"])] {
        let f = Fixture::new().await;
        f.with_webhook(Some(earlier.clone()), webhook(active, found)).await;
        assert_eq!(f.updates().await, Vec::<Value>::new(), "{active} {found:?}");
        assert_eq!(f.one().await.aircall.unwrap().subscription, Some(earlier.clone()));
    }
}

#[tokio::test]
async fn a_webhook_that_is_being_changed_is_left_to_the_next_day() {
    let f = Fixture::new().await;
    let (earlier, events) = earlier();
    f.with_webhook(Some(earlier), webhook(true, &events)).await;
    let (tenants, id, now) = (&f.reconcile.tenants, TenantId::parse("one").unwrap(), Timestamp::now());
    let until = now + SignedDuration::from_secs(60);
    let acquired = tenants.acquire(&id, LeaseKind::Webhook, "an admin", now, until).await.unwrap();
    assert!(matches!(acquired, Acquired::Held(_)));
    assert_eq!(f.updates().await, Vec::<Value>::new());
}

#[tokio::test]
async fn aircall_is_asked_nothing_about_the_webhook_of_an_account_that_is_up_to_date_or_uninstalled() {
    let f = Fixture::new().await;
    for id in ["one", "gone"] {
        f.connected(id).await;
        f.answer(id, listed("+44 20 7946 0101")).await;
    }
    let mut gone = f.reconcile.tenants.get(&TenantId::parse("gone").unwrap()).await.unwrap().unwrap();
    gone.aircall.as_mut().unwrap().uninstalled_at = Some(Timestamp::UNIX_EPOCH);
    f.reconcile.tenants.put(&gone).await.unwrap();
    f.updates().await;
    let requests = f.aircall.received_requests().await.unwrap();
    assert_eq!(requests.iter().map(|request| request.url.path()).collect::<Vec<_>>(), ["/v1/numbers"]);
}

/// Answers one request after the other.
struct Sequence(Mutex<VecDeque<ResponseTemplate>>);

impl Respond for Sequence {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.0.lock().unwrap().pop_front().unwrap()
    }
}

#[tokio::test]
async fn a_webhook_never_sends_less_while_it_is_subscribed_and_the_rest_follows_the_next_day() {
    let f = Fixture::new().await;
    let (core, with_one_more) = (&EVENTS[..17], &EVENTS[..18]);
    let remembered = AircallSubscription { asked: names(core), granted: names(core) };
    let found = [webhook(true, core), webhook(true, with_one_more)];
    f.with_webhook(Some(remembered), ResponseTemplate::new(500)).await;
    let found = Sequence(Mutex::new(found.into()));
    Mock::given(method("GET")).and(path(WEBHOOK)).respond_with(found).with_priority(1).mount(&f.aircall).await;
    let status = |status| ResponseTemplate::new(status);
    let answers = [status(400), webhook(true, core), webhook(true, with_one_more), status(429), webhook(true, &EVENTS)];
    let answers = Sequence(Mutex::new(answers.into()));
    Mock::given(method("PUT")).and(path(WEBHOOK)).respond_with(answers).mount(&f.aircall).await;

    let updates = f.updates().await;
    assert_eq!(updates.len(), 4, "until the rate limit");
    for update in &updates {
        assert!(core.iter().all(|event| update["events"].as_array().unwrap().contains(&json!(event))), "{update}");
    }
    assert_eq!(f.one().await.aircall.unwrap().subscription.unwrap().asked, names(core));
    assert_eq!(f.updates().await.len(), 5);
    let subscription = f.one().await.aircall.unwrap().subscription.unwrap();
    assert_eq!((subscription.asked, subscription.granted), (names(&EVENTS), names(&EVENTS)));
}
