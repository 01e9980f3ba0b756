//! The webhooks at Aircall that send to a tenant of ours.

use aircall::client::{Client, Error, Events, Subscription, Webhook, WebhookId};
use secrecy::ExposeSecret as _;
use store::{Tenant, TokenHash};
use url::Url;

use super::webhook_id;
use crate::base_url::BaseUrl;

/// The name that Aircall's Dashboard shows.
const NAME: &str = "Aircall to Salesforce";

/// What our webhooks for a tenant are known by.
pub(super) struct Ours {
    /// Where they send to.
    url: Url,
    /// The one that the connection names.
    current: Option<WebhookId>,
}

/// What a webhook sends while it is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubscriptionDiff {
    /// Exactly our events, to where they belong.
    Same,
    /// Other events as well, which are not used.
    Extra,
    /// Not all of our events, or to somewhere else.
    Incomplete,
}

impl SubscriptionDiff {
    /// Of a webhook that should send to `url`, if that is known.
    pub(super) fn between(webhook: &Webhook, url: Option<&str>) -> Self {
        let is_there = url.is_none_or(|url| webhook.url == url);
        if !is_there || !webhook.sends(Events::OURS) {
            SubscriptionDiff::Incomplete
        } else if webhook.events.len() == aircall::EVENTS.len() {
            SubscriptionDiff::Same
        } else {
            SubscriptionDiff::Extra
        }
    }
}

/// What is stored of a webhook's token.
pub(super) fn hash(webhook: &Webhook) -> TokenHash {
    TokenHash::new(webhook.token.expose_secret())
}

impl Ours {
    pub(super) fn new(tenant: &Tenant, base_url: &BaseUrl) -> Self {
        Self { url: base_url.webhook(&tenant.id), current: tenant.aircall.as_ref().and_then(webhook_id) }
    }

    /// The webhook that sends: the one that is there, made to send our events if it does not, else a new one.
    pub(super) async fn make_sure(&self, client: &Client) -> Result<Webhook, Error> {
        let found = self.all(client).await?;
        let is_current = |webhook: &&Webhook| Some(&webhook.id) == self.current.as_ref();
        let Some(webhook) = found.iter().find(is_current).or(found.first()) else {
            return self.create(client, &found).await;
        };
        if self.is_right(webhook) {
            return Ok(webhook.clone());
        }
        match client.update_webhook(&webhook.id, self.subscription()).await {
            // Deleted since.
            Err(Error::Rejected { status: 404, .. }) => self.create(client, &found).await,
            updated => updated,
        }
    }

    /// A webhook other than the current one: the one that a rotation made which was cut off, else a new one.
    pub(super) async fn make_new(&self, client: &Client) -> Result<Webhook, Error> {
        let found = self.all(client).await?;
        let current = found.iter().find(|webhook| Some(&webhook.id) == self.current.as_ref());
        // An older one is what a rotation left that was cut off after the connection named its new one.
        let begun = current.and_then(|current| {
            let is_newer = |webhook: &&Webhook| current.created_at.is_some() && webhook.created_at > current.created_at;
            found.iter().filter(is_newer).max_by_key(|webhook| webhook.created_at)
        });
        match begun {
            Some(begun) => client.update_webhook(&begun.id, self.subscription()).await,
            None => self.create(client, &found).await,
        }
    }

    /// Deletes what else sends to the tenant, and gives the tokens of what it deleted. What is left does no harm, and goes
    /// another time.
    pub(super) async fn delete_others(&self, client: &Client, keep: &WebhookId) -> Vec<TokenHash> {
        let mut gone = Vec::new();
        for webhook in self.all(client).await.unwrap_or_default() {
            if webhook.id != *keep && client.delete_webhook(&webhook.id).await.is_ok() {
                gone.push(hash(&webhook));
            }
        }
        gone
    }

    /// Deletes all that send to the tenant, but one.
    pub(super) async fn delete_all_but(&self, client: &Client, keep: Option<&WebhookId>) -> Result<(), Error> {
        for webhook in self.all(client).await? {
            if Some(&webhook.id) != keep {
                client.delete_webhook(&webhook.id).await?;
            }
        }
        Ok(())
    }

    /// All that the credential shows, the oldest first.
    async fn all(&self, client: &Client) -> Result<Vec<Webhook>, Error> {
        let mut all = client.webhooks().await?;
        all.retain(|webhook| webhook.url == self.url.as_str() || Some(&webhook.id) == self.current.as_ref());
        all.sort_by(|one, other| (one.created_at, one.id.as_str()).cmp(&(other.created_at, other.id.as_str())));
        Ok(all)
    }

    /// Makes a webhook. If it is not known whether it was made, it is one that was not there before.
    async fn create(&self, client: &Client, before: &[Webhook]) -> Result<Webhook, Error> {
        match client.create_webhook(self.subscription()).await {
            Err(error) if error.may_have_happened() => {
                let is_new = |webhook: &Webhook| before.iter().all(|known| known.id != webhook.id);
                self.all(client).await?.into_iter().find(is_new).ok_or(error)
            }
            created => created,
        }
    }

    /// Whether it sends exactly what it should to where it should.
    fn is_right(&self, webhook: &Webhook) -> bool {
        webhook.active && SubscriptionDiff::between(webhook, Some(self.url.as_str())) == SubscriptionDiff::Same
    }

    fn subscription(&self) -> Subscription<'_> {
        Subscription { custom_name: NAME, url: &self.url, events: Events::OURS }
    }
}
