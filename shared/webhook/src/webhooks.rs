//! Our webhooks at Aircall for one tenant.

use aircall::EVENTS;
use aircall::client::{Client, Error, NewWebhook, Remembered, Subscription, SubscriptionDiff, Webhook, WebhookId};
use secrecy::ExposeSecret as _;
use store::{AircallConnection, AircallState, AircallSubscription, Tenant, TenantId, TokenHash};
use url::Url;

/// The name that Aircall's dashboard shows.
pub const NAME: &str = "Aircall to Salesforce";

/// How the webhooks of a tenant are recognized: by their URL, or by the ID of the current one.
#[derive(Debug)]
pub struct TenantWebhooks {
    /// The URL that they send to.
    url: Url,
    /// The webhook that the connection names.
    current: Option<WebhookId>,
}

/// Which of the tenant's webhooks is to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The current one, else any.
    Existing,
    /// Another than the current one, for a rotation: one that an interrupted change created.
    Successor,
}

/// Compares a webhook with what the connection remembers of it.
pub fn diff(webhook: &Webhook, connection: &AircallConnection, url: Option<&str>) -> SubscriptionDiff {
    let remembered = connection.subscription.as_ref();
    let remembered = remembered.map(|AircallSubscription { asked, granted }| Remembered { asked, granted });
    SubscriptionDiff::between(webhook, url, remembered)
}

/// What Aircall granted of the events that it was asked for.
pub fn subscription(webhook: &Webhook) -> AircallSubscription {
    let granted = webhook.events.iter().filter(|event| EVENTS.contains(&event.as_str()));
    AircallSubscription { asked: EVENTS.map(str::to_owned).into(), granted: granted.cloned().collect() }
}

/// The connection with the webhook that it uses from now on, which sends.
pub fn connected_by(connection: AircallConnection, webhook: Webhook) -> AircallConnection {
    AircallConnection {
        webhook_id: webhook.id.to_string(),
        subscription: Some(subscription(&webhook)),
        webhook_url: Some(webhook.url),
        state: AircallState::Active,
        ..connection
    }
}

/// The path that a tenant's webhooks send to.
pub fn path(tenant: &TenantId) -> String {
    format!("/webhooks/aircall/{tenant}")
}

/// The hash of a webhook's token, which is what is stored.
pub fn token_hash(webhook: &Webhook) -> TokenHash {
    TokenHash::new(webhook.token.expose_secret())
}

/// The ID of the connection's webhook; `None` if the stored text is not a valid ID.
pub fn webhook_id(connection: &AircallConnection) -> Option<WebhookId> {
    WebhookId::parse(&connection.webhook_id).ok()
}

impl TenantWebhooks {
    /// Those of a tenant whose webhook sends to `url`.
    pub fn new(tenant: &Tenant, url: Url) -> Self {
        Self { url, current: tenant.aircall.as_ref().and_then(webhook_id) }
    }

    /// The webhook that `pick` asks for, else a new one, which does not send our events yet.
    ///
    /// # Errors
    /// [`Error`] says what to do.
    pub async fn ensure(&self, client: &Client, pick: Pick) -> Result<Webhook, Error> {
        let found = self.all(client).await?;
        let current = self.current(&found);
        let picked = match pick {
            Pick::Existing => current.or(found.first()),
            Pick::Successor => {
                // An older webhook that sends is left from a rotation that was interrupted after the connection named
                // its new webhook.
                let is_newer = |other: &Webhook| {
                    current.is_some_and(|current| current.created_at.is_some() && other.created_at > current.created_at)
                };
                let others = found.iter().filter(|other| Some(&other.id) != self.current.as_ref());
                let successors = others.filter(|other| is_newer(other) || other.events == Subscription::QUIET.events());
                successors.max_by_key(|successor| successor.created_at)
            }
        };
        match picked {
            Some(webhook) => Ok(webhook.clone()),
            None => self.create(client, &found).await,
        }
    }

    /// The connection's webhook, if it is active and sends what was granted.
    ///
    /// # Errors
    /// [`Error`] says what to do.
    pub async fn sending(&self, client: &Client, connection: &AircallConnection) -> Result<Option<Webhook>, Error> {
        let found = self.all(client).await?;
        let url = connection.webhook_url.as_deref();
        let sends =
            |current: &&Webhook| current.active && diff(current, connection, url) != SubscriptionDiff::Incomplete;
        Ok(self.current(&found).filter(sends).cloned())
    }

    /// Lets the webhook send exactly our events to our URL, as far as Aircall grants them. Its token must be accepted.
    ///
    /// # Errors
    /// [`Error`] says what to do.
    pub async fn activate(&self, client: &Client, webhook: &Webhook) -> Result<Webhook, Error> {
        if self.is_right(webhook) {
            return Ok(webhook.clone());
        }
        match client.subscribe(webhook, NAME, &self.url).await {
            Err(error) if error.may_have_happened() => {
                client.webhook(&webhook.id).await?.filter(|updated| self.is_right(updated)).ok_or(error)
            }
            updated => updated,
        }
    }

    /// Deletes the tenant's other webhooks and returns the token hashes of those that were deleted. Failures are
    /// ignored: superfluous webhooks only send duplicates, and a later change deletes them.
    pub async fn delete_others(&self, client: &Client, keep: &WebhookId) -> Vec<TokenHash> {
        let mut deleted = Vec::new();
        for webhook in self.all(client).await.unwrap_or_default() {
            if webhook.id != *keep && client.delete_webhook(&webhook.id).await.is_ok() {
                deleted.push(token_hash(&webhook));
            }
        }
        deleted
    }

    /// Deletes all webhooks of the tenant, except `keep`.
    ///
    /// # Errors
    /// [`Error`] says what to do.
    pub async fn delete_all_but(&self, client: &Client, keep: Option<&WebhookId>) -> Result<(), Error> {
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

    /// The webhook that the connection names, if it is among `found`.
    fn current<'a>(&self, found: &'a [Webhook]) -> Option<&'a Webhook> {
        found.iter().find(|webhook| Some(&webhook.id) == self.current.as_ref())
    }

    /// Creates a webhook that does not send our events yet: only then is its token known. If the outcome of the request
    /// is unknown, looks for a webhook that is not in `before`.
    async fn create(&self, client: &Client, before: &[Webhook]) -> Result<Webhook, Error> {
        let quiet = NewWebhook { custom_name: NAME, url: &self.url, events: Subscription::QUIET };
        match client.create_webhook(quiet).await {
            Err(error) if error.may_have_happened() => {
                let is_new = |webhook: &Webhook| before.iter().all(|known| known.id != webhook.id);
                self.all(client).await?.into_iter().find(is_new).ok_or(error)
            }
            created => created,
        }
    }

    /// Whether the webhook is active and sends exactly our events to our URL.
    fn is_right(&self, webhook: &Webhook) -> bool {
        let sends_ours = webhook.sends(Subscription::ALL) && webhook.events.len() == EVENTS.len();
        webhook.active && webhook.url == self.url.as_str() && sends_ours
    }
}
