//! Subscribing a webhook to our events, as far as Aircall grants them.
//!
//! A name that Aircall does not know refuses the whole request (400). A name that the company's plan lacks may be left out
//! of the answer instead. Neither is documented, so both are expected of every name.

use super::{Client, Error, NewWebhook, Subscription, Webhook, WebhookId};
use crate::event::{CORE, OPTIONAL};
use url::Url;

/// How a webhook's subscription differs from the one that it should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionDiff {
    /// Exactly what was granted, to the right URL.
    Same,
    /// Further events, which Aircall was never asked for.
    Extra,
    /// Some of the granted events are missing, or the URL is another one.
    Incomplete,
}

/// What is remembered of a subscription.
#[derive(Clone, Copy, Debug)]
pub struct Remembered<'a> {
    /// The events that Aircall was asked for.
    pub asked: &'a [String],
    /// Those of them that it granted.
    pub granted: &'a [String],
}

impl SubscriptionDiff {
    /// Compares a webhook with what is remembered of it, and with its URL if that is known.
    ///
    /// Events that we ask for only since then are not missing. Nothing is remembered of webhooks of earlier versions: they
    /// send all events of calls and messages, and what else they send is not judged.
    pub fn between(webhook: &Webhook, url: Option<&str>, remembered: Option<Remembered<'_>>) -> Self {
        let sends = |event: &str| webhook.events.iter().any(|sent| sent == event);
        let is_complete = match remembered {
            Some(remembered) => remembered.granted.iter().all(|event| sends(event)),
            None => CORE.iter().all(|event| sends(event)),
        };
        let is_extra = |event: &String| remembered.is_some_and(|remembered| !remembered.asked.contains(event));
        if !is_complete || url.is_some_and(|url| webhook.url != url) {
            SubscriptionDiff::Incomplete
        } else if webhook.events.iter().any(is_extra) {
            SubscriptionDiff::Extra
        } else {
            SubscriptionDiff::Same
        }
    }
}

impl Client {
    /// Lets a webhook send to `url` exactly those of [`crate::EVENTS`] that Aircall grants, and activates it. The webhook's
    /// events are what was granted.
    ///
    /// One request, unless Aircall refuses a name. Then it is asked for the documented events, and once for each other one;
    /// if it refuses a documented one, that is found by halving: 39 requests at most.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do; [`Error::Rejected`] with status 404 means that the webhook does not exist, with another
    /// status that no event is granted. The webhook may then send some of the events.
    pub async fn subscribe(&self, id: &WebhookId, custom_name: &str, url: &Url) -> Result<Webhook, Error> {
        let update = async |names: &[&str]| {
            let events = Subscription::new(names).unwrap_or(Subscription::QUIET);
            self.update_webhook(id, NewWebhook { custom_name, url, events }).await
        };
        let mut refusal = match update(&crate::EVENTS).await {
            Err(refusal) if is_of_a_name(&refusal) => refusal,
            answer => return answer,
        };
        let mut granted: Vec<&str> = Vec::new();
        let mut webhook = None;
        let mut left: Vec<&[&str]> = OPTIONAL.chunks(1).rev().collect();
        left.push(CORE);
        while let Some(names) = left.pop() {
            match update(&[&granted, names].concat()).await {
                Ok(updated) => {
                    granted.extend(names);
                    webhook = Some(updated);
                }
                Err(error) if is_of_a_name(&error) => {
                    if let Some((one, other)) =
                        names.split_at_checked(names.len() / 2).filter(|(one, _)| !one.is_empty())
                    {
                        left.extend([other, one]);
                    }
                    refusal = error;
                }
                Err(error) => return Err(error),
            }
        }
        webhook.ok_or(refusal)
    }
}

/// Whether the request may be refused because of the name of an event.
fn is_of_a_name(error: &Error) -> bool {
    matches!(error, Error::Rejected { status: 400 | 422, .. })
}
