//! Delivering events: at once, again while it fails, until the webhook is turned off.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{Company, call, webhook::Webhook};

/// Deliveries that are remembered.
const LOG: usize = 10_000;

/// One attempt to deliver an event.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Delivery {
    /// The webhook.
    pub webhook_id: String,
    /// The event.
    pub event: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// What the webhook answered; 0 if it did not.
    pub status: u16,
}

impl Delivery {
    /// Whether it was taken: any 2xx.
    pub fn is_taken(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// An event on its way to one webhook.
#[derive(Clone, Debug)]
struct Outgoing {
    webhook_id: String,
    url: String,
    event: String,
    body: String,
}

/// Delivers to every active webhook that subscribes to the event, and waits for the first attempts.
pub(crate) async fn send(company: &Company, event: Map<String, Value>) -> Result<Vec<Delivery>, String> {
    let outgoing = outgoing(company, event)?;
    let first: Vec<_> = outgoing.into_iter().map(|one| tokio::spawn(first(company.clone(), one))).collect();
    let mut deliveries = Vec::new();
    for delivery in first {
        deliveries.extend(delivery.await.ok());
    }
    Ok(deliveries)
}

fn outgoing(company: &Company, mut body: Map<String, Value>) -> Result<Vec<Outgoing>, String> {
    let event = body.get("event").and_then(Value::as_str).ok_or("`event` is missing")?.to_owned();
    body.entry("resource").or_insert_with(|| json!(event.split('.').next()));
    body.entry("timestamp").or_insert_with(|| json!(Timestamp::now().as_second()));
    let mut state = company.lock();
    // What happens to a call, the API knows as well.
    if let Some(data) = body.get("data").and_then(Value::as_object)
        && event.starts_with("call.")
    {
        call::put(&mut state, data.clone())?;
    }
    let wants = |webhook: &&Webhook| webhook.active && webhook.events.contains(&event);
    let address = |webhook: &Webhook| {
        let mut body = body.clone();
        body.insert("token".to_owned(), json!(webhook.token));
        Outgoing {
            webhook_id: webhook.id.clone(),
            url: webhook.url.clone(),
            event: event.clone(),
            body: Value::Object(body).to_string(),
        }
    };
    Ok(state.webhooks.iter().filter(wants).map(address).collect())
}

/// The first attempt; the others follow on their own.
async fn first(company: Company, outgoing: Outgoing) -> Delivery {
    let delivery = attempt(&company, &outgoing, 1).await;
    if !delivery.is_taken() {
        tokio::spawn(again(company, outgoing));
    }
    delivery
}

async fn again(company: Company, outgoing: Outgoing) {
    for number in 2.. {
        let pause = company.look().options.retry_ms;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let is_on = company.look().webhooks.iter().any(|webhook| webhook.id == outgoing.webhook_id && webhook.active);
        if !is_on || attempt(&company, &outgoing, number).await.is_taken() {
            return;
        }
    }
}

async fn attempt(company: &Company, outgoing: &Outgoing, attempt: u32) -> Delivery {
    let status = post(company, outgoing).await.map_or(0, |status| status.as_u16());
    let Outgoing { webhook_id, event, .. } = outgoing;
    let delivery = Delivery { webhook_id: webhook_id.clone(), event: event.clone(), attempt, status };
    let mut state = company.lock();
    if state.deliveries.len() == LOG {
        state.deliveries.pop_front();
    }
    state.deliveries.push_back(delivery.clone());
    let most = state.options.deactivate_after;
    if let Some(webhook) = state.webhooks.iter_mut().find(|webhook| webhook.id == *webhook_id) {
        webhook.failures = if delivery.is_taken() { 0 } else { webhook.failures.saturating_add(1) };
        webhook.active &= webhook.failures < most;
    }
    delivery
}

async fn post(company: &Company, outgoing: &Outgoing) -> Result<reqwest::StatusCode, reqwest::Error> {
    let timeout = Duration::from_millis(company.look().options.delivery_timeout_ms);
    let http = company.0.http.get_or_init(http);
    // The headers of a delivery that was seen in September 2026.
    let request = http
        .post(&outgoing.url)
        .timeout(timeout)
        .header("content-type", "application/json")
        .header("user-agent", "axios/1.7.9")
        .header("aircall-origin", "webhooks")
        .body(outgoing.body.clone());
    Ok(request.send().await?.status())
}

fn http() -> reqwest::Client {
    // Past the proxy that this machine's environment may name, and not after a redirect.
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.build().expect("the TLS library starts")
}
