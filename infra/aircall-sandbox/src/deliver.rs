//! Delivery of events to webhooks: immediate unless the options delay it, then retried until it succeeds or the webhook
//! is deactivated, fifty times at most. An event that is on its way is delivered even if its webhook is deleted meanwhile.

use std::time::Duration;

use serde::Serialize;

use crate::{Company, outgoing::Outgoing};

/// Maximum number of attempts to deliver an event.
const MAXIMUM_ATTEMPTS: u32 = 50;
/// Capacity of the delivery log; the oldest entries are dropped.
const LOG_CAPACITY: usize = 10_000;

/// One attempt to deliver an event.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Delivery {
    /// Id of the webhook.
    pub webhook_id: String,
    /// Name of the event.
    pub event: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// HTTP status of the webhook's response; 0 without a response.
    pub status: u16,
}

impl Delivery {
    /// Whether the webhook accepted the event, with any 2xx.
    pub fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Delivers events, and returns the first attempts.
pub(crate) async fn deliver(company: &Company, outgoing: Vec<Outgoing>) -> Vec<Delivery> {
    let attempts: Vec<_> = outgoing.into_iter().map(|one| tokio::spawn(first_attempt(company.clone(), one))).collect();
    let mut deliveries = Vec::new();
    for attempt in attempts {
        deliveries.extend(attempt.await.ok());
    }
    deliveries
}

/// Makes the first attempt; if it fails, the retries run in the background.
async fn first_attempt(company: Company, outgoing: Outgoing) -> Delivery {
    let delay = company.lock_untracked().options.delivery_delay_ms;
    tokio::time::sleep(Duration::from_millis(delay)).await;
    let delivery = attempt(&company, &outgoing, 1).await;
    if !delivery.is_accepted() {
        tokio::spawn(retry(company, outgoing));
    }
    delivery
}

async fn retry(company: Company, outgoing: Outgoing) {
    for attempt_number in 2..=MAXIMUM_ATTEMPTS {
        let pause = company.lock_untracked().options.retry_ms;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let is_deactivated = company
            .lock_untracked()
            .webhooks
            .iter()
            .any(|webhook| webhook.id == outgoing.webhook_id && !webhook.active);
        if is_deactivated || attempt(&company, &outgoing, attempt_number).await.is_accepted() {
            return;
        }
    }
}

async fn attempt(company: &Company, outgoing: &Outgoing, attempt: u32) -> Delivery {
    let status = post(company, outgoing).await.map_or(0, |status| status.as_u16());
    let Outgoing { webhook_id, event, .. } = outgoing;
    let delivery = Delivery { webhook_id: webhook_id.clone(), event: event.clone(), attempt, status };
    let mut state = company.lock();
    if state.deliveries.len() == LOG_CAPACITY {
        state.deliveries.pop_front();
    }
    state.deliveries.push_back(delivery.clone());
    let failure_limit = state.options.deactivate_after;
    if let Some(webhook) = state.webhooks.iter_mut().find(|webhook| webhook.id == *webhook_id) {
        webhook.failures = if delivery.is_accepted() { 0 } else { webhook.failures.saturating_add(1) };
        webhook.active &= webhook.failures < failure_limit;
    }
    delivery
}

async fn post(company: &Company, outgoing: &Outgoing) -> Result<reqwest::StatusCode, reqwest::Error> {
    let timeout = Duration::from_millis(company.lock_untracked().options.delivery_timeout_ms);
    let http = company.http.get_or_init(http);
    // The headers of a real delivery observed in September 2026.
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
    // Ignores proxy settings of the environment, and does not follow redirects.
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.build().expect("the TLS library starts")
}
