//! Subscribing a webhook to our events, as far as Aircall grants them.
//!
//! A name that Aircall does not know refuses the whole request (400). A name that the company's plan lacks may be left out
//! of the answer instead. Neither is documented, so both are expected of every name.

use super::{Client, Error, NewWebhook, Subscription, Webhook};
use crate::EVENTS;
use crate::event::{CORE, OPTIONAL};
use url::Url;

/// How a webhook's subscription differs from the one that it should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionDiff {
    /// Exactly what was granted, to the right URL.
    Same,
    /// Further events, which no version asks for.
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
    /// Events that we ask for only since then are neither missing nor further ones: [`Client::subscribe`] may have been
    /// interrupted. Nothing is remembered of webhooks of earlier versions: they send all events of calls and messages, and
    /// what else they send is not judged.
    pub fn between(webhook: &Webhook, url: Option<&str>, remembered: Option<Remembered<'_>>) -> Self {
        let sends = |event: &str| webhook.events.iter().any(|sent| sent == event);
        let is_complete = match remembered {
            Some(remembered) => remembered.granted.iter().all(|event| sends(event)),
            None => CORE.iter().all(|event| sends(event)),
        };
        let is_ours = |event: &String| EVENTS.contains(&event.as_str());
        let is_extra =
            |event: &String| remembered.is_some_and(|remembered| !remembered.asked.contains(event) && !is_ours(event));
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
    /// Lets `webhook` send to `url` exactly those of [`EVENTS`] that Aircall grants, and activates it. The events of the
    /// returned webhook are what was granted.
    ///
    /// One request, unless Aircall refuses a name. Then it is asked for what the webhook sends already, for the documented
    /// events, and once for each other one; those that are refused together are halved: 39 requests at most. Each request
    /// keeps what is known to be granted, so a webhook that is being subscribed sends no less than before, whenever this is
    /// interrupted; except if Aircall refuses a name that it sends already.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do; [`Error::Rejected`] with status 404 means that the webhook does not exist, with another
    /// status that no event is granted. The webhook may then send some of the events.
    pub async fn subscribe(&self, webhook: &Webhook, custom_name: &str, url: &Url) -> Result<Webhook, Error> {
        let update = async |names: &[&str]| {
            let events = Subscription::new(names).unwrap_or(Subscription::QUIET);
            self.update_webhook(&webhook.id, NewWebhook { custom_name, url, events }).await
        };
        let mut refusal = match update(&EVENTS).await {
            Err(refusal) if is_of_a_name(&refusal) => refusal,
            answer => return answer,
        };
        let is_sent = |name: &&str| webhook.events.iter().any(|sent| sent == name);
        let (sent, _) = partition(&EVENTS, is_sent);
        let (_, core) = partition(CORE, is_sent);
        let (_, optional) = partition(OPTIONAL, is_sent);
        let mut left: Vec<&[&str]> = optional.chunks(1).rev().collect();
        left.extend([&core[..], &sent].into_iter().filter(|names| !names.is_empty()));
        let mut granted: Vec<&str> = Vec::new();
        let mut subscribed = None;
        while let Some(names) = left.pop() {
            match update(&[&granted, names].concat()).await {
                Ok(updated) => {
                    granted.extend(names);
                    subscribed = Some(updated);
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
        subscribed.ok_or(refusal)
    }
}

/// The names for which this is so, and the others.
fn partition<'n>(names: &[&'n str], is_so: impl Fn(&&str) -> bool) -> (Vec<&'n str>, Vec<&'n str>) {
    names.iter().partition(|name| is_so(name))
}

/// Whether the request may be refused because of the name of an event.
fn is_of_a_name(error: &Error) -> bool {
    matches!(error, Error::Rejected { status: 400 | 422, .. })
}
