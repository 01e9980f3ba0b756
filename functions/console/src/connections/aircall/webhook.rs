//! Our webhooks at Aircall for one tenant.

use aircall::client::{Client, Error, NewWebhook, Subscription, Webhook, WebhookId};
use secrecy::ExposeSecret as _;
use store::{Tenant, TokenHash};
use url::Url;

use super::webhook_id;
use crate::web::base_url::BaseUrl;

/// The name that Aircall's dashboard shows.
const NAME: &str = "Aircall to Salesforce";

/// How the webhooks of a tenant are recognized: by their URL, or by the ID of the current one.
pub(super) struct TenantWebhooks {
    /// The URL that they send to.
    url: Url,
    /// The webhook that the connection names.
    current: Option<WebhookId>,
}

/// How a webhook's subscription differs from the one that it should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubscriptionDiff {
    /// Exactly our events, to the right URL.
    Same,
    /// Further events, which are not used.
    Extra,
    /// Some of our events are missing, or the URL is another one.
    Incomplete,
}

impl SubscriptionDiff {
    /// Compares a webhook with our subscription to `url`, if the URL is known.
    pub(super) fn between(webhook: &Webhook, url: Option<&str>) -> Self {
        let has_url = url.is_none_or(|url| webhook.url == url);
        if !has_url || !webhook.sends(Subscription::ALL) {
            SubscriptionDiff::Incomplete
        } else if webhook.events.len() == aircall::EVENTS.len() {
            SubscriptionDiff::Same
        } else {
            SubscriptionDiff::Extra
        }
    }
}

/// The hash of a webhook's token, which is what is stored.
pub(super) fn hash(webhook: &Webhook) -> TokenHash {
    TokenHash::new(webhook.token.expose_secret())
}

impl TenantWebhooks {
    pub(super) fn new(tenant: &Tenant, base_url: &BaseUrl) -> Self {
        Self { url: base_url.webhook(&tenant.id), current: tenant.aircall.as_ref().and_then(webhook_id) }
    }

    /// Ensures that there is an active webhook with our events: the existing one, updated if needed, else a new one.
    pub(super) async fn ensure(&self, client: &Client) -> Result<Webhook, Error> {
        let found = self.all(client).await?;
        let is_current = |webhook: &&Webhook| Some(&webhook.id) == self.current.as_ref();
        let Some(webhook) = found.iter().find(is_current).or(found.first()) else {
            return self.create(client, &found).await;
        };
        if self.is_right(webhook) {
            return Ok(webhook.clone());
        }
        match client.update_webhook(&webhook.id, self.subscription()).await {
            // It was deleted in between.
            Err(Error::Rejected { status: 404, .. }) => self.create(client, &found).await,
            updated => updated,
        }
    }

    /// A webhook other than the current one, for a rotation: the one that an interrupted rotation created, else a new
    /// one.
    pub(super) async fn ensure_successor(&self, client: &Client) -> Result<Webhook, Error> {
        let found = self.all(client).await?;
        let current = found.iter().find(|webhook| Some(&webhook.id) == self.current.as_ref());
        // Only a newer webhook can be the successor. An older one is left from a rotation that was interrupted after
        // the connection named its new webhook.
        let successor = current.and_then(|current| {
            let is_newer = |webhook: &&Webhook| current.created_at.is_some() && webhook.created_at > current.created_at;
            found.iter().filter(is_newer).max_by_key(|webhook| webhook.created_at)
        });
        match successor {
            Some(successor) => client.update_webhook(&successor.id, self.subscription()).await,
            None => self.create(client, &found).await,
        }
    }

    /// Deletes the tenant's other webhooks and returns the token hashes of those that were deleted. Failures are
    /// ignored: superfluous webhooks only send duplicates, and a later change deletes them.
    pub(super) async fn delete_others(&self, client: &Client, keep: &WebhookId) -> Vec<TokenHash> {
        let mut deleted = Vec::new();
        for webhook in self.all(client).await.unwrap_or_default() {
            if webhook.id != *keep && client.delete_webhook(&webhook.id).await.is_ok() {
                deleted.push(hash(&webhook));
            }
        }
        deleted
    }

    /// Deletes all webhooks of the tenant, except `keep`.
    pub(super) async fn delete_all_but(&self, client: &Client, keep: Option<&WebhookId>) -> Result<(), Error> {
        for webhook in self.all(client).await? {
            if Some(&webhook.id) != keep {
                client.delete_webhook(&webhook.id).await?;
            }
        }
        Ok(())
    }

    /// All webhooks of the tenant that are visible with the credential, the oldest first.
    async fn all(&self, client: &Client) -> Result<Vec<Webhook>, Error> {
        let mut all = client.webhooks().await?;
        all.retain(|webhook| webhook.url == self.url.as_str() || Some(&webhook.id) == self.current.as_ref());
        all.sort_by(|one, other| (one.created_at, one.id.as_str()).cmp(&(other.created_at, other.id.as_str())));
        Ok(all)
    }

    /// Creates a webhook. If the outcome of the request is unknown, looks for a webhook that is not in `before`.
    async fn create(&self, client: &Client, before: &[Webhook]) -> Result<Webhook, Error> {
        match client.create_webhook(self.subscription()).await {
            Err(error) if error.may_have_happened() => {
                let is_new = |webhook: &Webhook| before.iter().all(|known| known.id != webhook.id);
                self.all(client).await?.into_iter().find(is_new).ok_or(error)
            }
            created => created,
        }
    }

    /// Whether the webhook is active and sends exactly our events to our URL.
    fn is_right(&self, webhook: &Webhook) -> bool {
        webhook.active && SubscriptionDiff::between(webhook, Some(self.url.as_str())) == SubscriptionDiff::Same
    }

    fn subscription(&self) -> NewWebhook<'_> {
        NewWebhook { custom_name: NAME, url: &self.url, events: Subscription::ALL }
    }
}
