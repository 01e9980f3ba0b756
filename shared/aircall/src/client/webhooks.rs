//! Webhooks: create, read, update and delete.
//!
//! Aircall treats missing or empty `events` as all events, both on create and on update. Therefore each request sends
//! them, and [`Subscription`] cannot be empty.

use jiff::Timestamp;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::pages::Meta;
use super::{Client, Error, WebhookId, read};
use crate::{EVENTS, lenient};

/// Most webhooks that are read; Aircall allows a company a hundred.
const LIMIT: usize = 200;

/// A non-empty list of event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription<'a>(&'a [&'a str]);

impl<'a> Subscription<'a> {
    /// [`EVENTS`].
    pub const ALL: Subscription<'static> = Subscription(&EVENTS);
    /// For a webhook that is not to send yet, as none can be created inactive: an event that is rare and not used.
    pub const QUIET: Subscription<'static> = Subscription(&["number.created"]);

    /// `None` if the list is empty, which Aircall would treat as all events.
    pub fn new(names: &'a [&'a str]) -> Option<Self> {
        (!names.is_empty()).then_some(Self(names))
    }

    /// The names of the events.
    pub fn events(&self) -> &'a [&'a str] {
        self.0
    }
}

/// The desired configuration of a webhook.
#[derive(Debug, Clone, Copy)]
pub struct NewWebhook<'a> {
    /// The name shown in Aircall's Dashboard.
    pub custom_name: &'a str,
    /// The `https` URL it sends to.
    pub url: &'a Url,
    /// The events it sends.
    pub events: Subscription<'a>,
}

impl NewWebhook<'_> {
    fn to_json(self) -> Value {
        json!({"custom_name": self.custom_name, "url": self.url.as_str(), "events": self.events.0})
    }
}

/// A webhook as Aircall reports it.
#[derive(Debug, Clone, Deserialize)]
pub struct Webhook {
    /// Aircall's id.
    #[serde(rename = "webhook_id")]
    pub id: WebhookId,
    /// The name shown in Aircall's Dashboard.
    #[serde(default, deserialize_with = "lenient::text")]
    pub custom_name: Option<String>,
    /// The URL it sends to.
    pub url: String,
    /// Whether it sends events: Aircall deactivates a webhook that keeps failing.
    pub active: bool,
    /// The events it sends.
    #[serde(default, deserialize_with = "lenient::list")]
    pub events: Vec<String>,
    /// The token in each body, which authenticates the webhook. It does not change during the webhook's lifetime.
    pub token: SecretString,
    /// When it was created.
    #[serde(default, deserialize_with = "lenient::time")]
    pub created_at: Option<Timestamp>,
}

impl Webhook {
    /// Whether it sends all of these events.
    pub fn sends(&self, events: Subscription<'_>) -> bool {
        events.0.iter().all(|event| self.events.iter().any(|sent| sent == event))
    }
}

#[derive(Deserialize)]
struct Wire {
    webhook: Webhook,
}

impl Client {
    /// Creates a webhook, which is active at once: it may send before its token is known, unless its events are
    /// [`Subscription::QUIET`].
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do. If it [may have happened](Error::may_have_happened), look for the webhook in
    /// [`Client::webhooks`] by its URL before creating another.
    pub async fn create_webhook(&self, subscription: NewWebhook<'_>) -> Result<Webhook, Error> {
        let request = self.http.post(self.url("/v1/webhooks")).json(&subscription.to_json());
        let wire: Wire = read(self.send(request).await?).await?;
        Ok(wire.webhook)
    }

    /// The company's webhooks; with OAuth, only those created with this token. One request per fifty.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            meta: Meta,
            #[serde(deserialize_with = "lenient::list")]
            webhooks: Vec<Webhook>,
        }
        self.pages("/v1/webhooks", &[], LIMIT, |wire: Wire| (wire.meta, wire.webhooks)).await
    }

    /// The webhook with this id, if it exists.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn webhook(&self, id: &WebhookId) -> Result<Option<Webhook>, Error> {
        let wire: Option<Wire> = self.find(self.webhook_url(id)).await?;
        Ok(wire.map(|wire| wire.webhook))
    }

    /// Replaces a webhook's configuration and activates it.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do; [`Error::Rejected`] with status 404 means that the webhook does not exist.
    pub async fn update_webhook(&self, id: &WebhookId, subscription: NewWebhook<'_>) -> Result<Webhook, Error> {
        let mut body = subscription.to_json();
        body["active"] = json!(true);
        let request = self.http.put(self.webhook_url(id)).json(&body);
        let wire: Wire = read(self.send(request).await?).await?;
        Ok(wire.webhook)
    }

    /// Deletes a webhook; succeeds if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn delete_webhook(&self, id: &WebhookId) -> Result<(), Error> {
        match self.request(Method::DELETE, self.webhook_url(id)).await {
            Ok(_) | Err(Error::Rejected { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn webhook_url(&self, id: &WebhookId) -> Url {
        self.url(&format!("/v1/webhooks/{id}"))
    }
}
