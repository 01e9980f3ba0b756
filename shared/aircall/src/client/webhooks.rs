//! Webhooks: making, reading and ending them.
//!
//! To Aircall, events that are omitted or empty are all events, on create and on update alike. So each request of ours
//! names them, and [`Events`] cannot be empty.

use jiff::Timestamp;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::pages::Meta;
use super::{Client, Error, WebhookId, read};
use crate::{EVENTS, lenient};

/// Webhooks that are read; Aircall allows a company a hundred.
const LIMIT: usize = 200;

/// Names of events, one at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Events<'a>(&'a [&'a str]);

impl<'a> Events<'a> {
    /// [`EVENTS`].
    pub const OURS: Events<'static> = Events(EVENTS);

    /// None if there are none, which to Aircall would be all.
    pub fn new(names: &'a [&'a str]) -> Option<Self> {
        (!names.is_empty()).then_some(Self(names))
    }
}

/// What a webhook is to be.
#[derive(Debug, Clone, Copy)]
pub struct Subscription<'a> {
    /// The name that Aircall's Dashboard shows.
    pub custom_name: &'a str,
    /// Where it sends to: `https`.
    pub url: &'a Url,
    /// What it sends.
    pub events: Events<'a>,
}

impl Subscription<'_> {
    fn to_json(self) -> Value {
        json!({"custom_name": self.custom_name, "url": self.url.as_str(), "events": self.events.0})
    }
}

/// A webhook as Aircall has it.
#[derive(Debug, Clone, Deserialize)]
pub struct Webhook {
    /// Aircall's id.
    #[serde(rename = "webhook_id")]
    pub id: WebhookId,
    /// The name that Aircall's Dashboard shows.
    #[serde(default, deserialize_with = "lenient::text")]
    pub custom_name: Option<String>,
    /// Where it sends to.
    pub url: String,
    /// Whether it sends: Aircall turns one off that keeps failing.
    pub active: bool,
    /// What it sends.
    #[serde(default, deserialize_with = "lenient::list")]
    pub events: Vec<String>,
    /// What it sends in each body, to be known by. It stays while the webhook lives.
    pub token: SecretString,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient::time")]
    pub created_at: Option<Timestamp>,
}

impl Webhook {
    /// Whether it sends all of these events.
    pub fn sends(&self, events: Events<'_>) -> bool {
        events.0.iter().all(|event| self.events.iter().any(|sent| sent == event))
    }
}

#[derive(Deserialize)]
struct Wire {
    webhook: Webhook,
}

impl Client {
    /// Makes a webhook, which is active at once.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do. If it [may have happened](Error::may_have_happened), look for the webhook in
    /// [`Client::webhooks`] by its address before making another.
    pub async fn create_webhook(&self, subscription: Subscription<'_>) -> Result<Webhook, Error> {
        let request = self.http.post(self.url("/v1/webhooks")).json(&subscription.to_json());
        let wire: Wire = read(self.send(request).await?).await?;
        Ok(wire.webhook)
    }

    /// The company's webhooks; with OAuth only those that were made with this token. One request for each fifty.
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

    /// A webhook; none if it is gone.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn webhook(&self, id: &WebhookId) -> Result<Option<Webhook>, Error> {
        let wire: Option<Wire> = self.find(self.webhook_url(id)).await?;
        Ok(wire.map(|wire| wire.webhook))
    }

    /// Makes a webhook be this, and active again.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do; [`Error::Rejected`] with status 404 that the webhook is gone.
    pub async fn update_webhook(&self, id: &WebhookId, subscription: Subscription<'_>) -> Result<Webhook, Error> {
        let mut body = subscription.to_json();
        body["active"] = json!(true);
        let request = self.http.put(self.webhook_url(id)).json(&body);
        let wire: Wire = read(self.send(request).await?).await?;
        Ok(wire.webhook)
    }

    /// Deletes a webhook; one that is gone already is no error.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn delete_webhook(&self, id: &WebhookId) -> Result<(), Error> {
        match self.ask(Method::DELETE, self.webhook_url(id)).await {
            Ok(_) | Err(Error::Rejected { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn webhook_url(&self, id: &WebhookId) -> Url {
        self.url(&format!("/v1/webhooks/{id}"))
    }
}
