//! The events queue: webhook bodies, and calls that Aircall was asked for.

use std::collections::HashMap;

use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::types::MessageAttributeValue;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{QueueError, not_sent};

/// The message attribute with the event's tenant.
const TENANT: &str = "tenant";
/// The message attributes with length and digest of the body that a note is of.
const BYTES: &str = "bytes";
const DIGEST: &str = "digest";
/// The message attribute of a call that Aircall was asked for: the [`Fetch`], as JSON.
const BACKFILL: &str = "backfill";
/// The message attribute of an event that was given up: it is kept, and not evaluated.
const GIVEN_UP: &str = "given_up";
/// The message attribute of an event that is sent once more: the key of the entry that it has, as it could not be read or
/// was given up.
const ENTRY: &str = "entry";

/// Maximum length in bytes of a body that is queued, which SQS takes with some room for attributes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
pub const MAX_EVENT_LEN: usize = 1_000_000;

/// The events queue.
#[derive(Clone, Debug)]
pub struct EventQueue {
    sqs: Client,
    queue_url: String,
}

/// A message of the events queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The tenant that the webhook belongs to.
    pub tenant: String,
    /// The webhook body that Aircall sent, or a note of one that is too long to be queued.
    pub body: String,
    /// The body that was too long, if `body` is a note of it.
    pub too_long: Option<TooLong>,
    /// What Aircall was asked for, if it did not send this by itself.
    pub fetch: Option<Fetch>,
    /// Whether evaluating it failed until the queue gave it up.
    pub is_given_up: bool,
    /// The key of the entry that says that it could not be read or was given up, if it is sent once more.
    pub entry: Option<String>,
}

/// What Aircall was asked for: the calls of a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// The beginning of the period, in UNIX seconds.
    pub from: i64,
    /// Its end, in UNIX seconds.
    pub until: i64,
    /// Why Aircall was asked, by the name of the cause.
    pub cause: String,
}

impl Fetch {
    fn text(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers serialize to JSON")
    }
}

/// A webhook body that is too long to be queued. Its note has the event, the time and the id of `data` in the same places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// Its length in bytes.
    pub bytes: u64,
    /// Its digest, the same for each delivery.
    pub digest: String,
}

impl TooLong {
    fn new(body: &str) -> Self {
        Self { bytes: body.len() as u64, digest: digest(body) }
    }
}

/// The digest of a webhook body, by which it is recognised: the first 32 hexadecimal digits of its SHA-256.
pub fn digest(body: &str) -> String {
    Sha256::digest(body).iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl EventQueue {
    /// The queue with this URL.
    pub fn new(sqs: Client, queue_url: impl Into<String>) -> Self {
        Self { sqs, queue_url: queue_url.into() }
    }

    /// Enqueues a webhook body.
    ///
    /// The group makes the standard queue a fair one: SQS lets no tenant's backlog delay the events of the others.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn enqueue(&self, tenant: &str, body: &str) -> Result<(), QueueError> {
        self.send(self.message(tenant, body)).await
    }

    /// Enqueues a note of a webhook body that is too long, as [`TooLong`] says.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn enqueue_note(&self, tenant: &str, note: &str, body: &str) -> Result<(), QueueError> {
        self.send(self.note(tenant, note, &TooLong::new(body))).await
    }

    /// Enqueues the body of a call that Aircall was asked for.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn enqueue_fetched(&self, tenant: &str, body: &str, fetch: &Fetch) -> Result<(), QueueError> {
        self.send(self.message(tenant, body).message_attributes(BACKFILL, string_attribute(&fetch.text()))).await
    }

    /// Enqueues a note of a call that Aircall was asked for and that is too long, as [`TooLong`] says.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn enqueue_fetched_note(
        &self,
        tenant: &str,
        note: &str,
        body: &str,
        fetch: &Fetch,
    ) -> Result<(), QueueError> {
        let note = self.note(tenant, note, &TooLong::new(body));
        self.send(note.message_attributes(BACKFILL, string_attribute(&fetch.text()))).await
    }

    /// Enqueues an event that was given up, so that it is kept as an entry.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn enqueue_given_up(&self, event: &Event) -> Result<(), QueueError> {
        let message = match &event.too_long {
            Some(too_long) => self.note(&event.tenant, &event.body, too_long),
            None => self.message(&event.tenant, &event.body),
        };
        self.send(message.message_attributes(GIVEN_UP, string_attribute("true"))).await
    }

    /// Enqueues a body once more whose event could not be read or was given up. `entry` is the key of its entry, which is
    /// removed once the event was evaluated.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn enqueue_again(&self, tenant: &str, body: &str, entry: &str) -> Result<(), QueueError> {
        self.send(self.message(tenant, body).message_attributes(ENTRY, string_attribute(entry))).await
    }

    fn note(&self, tenant: &str, note: &str, TooLong { bytes, digest }: &TooLong) -> SendMessageFluentBuilder {
        let message = self.message(tenant, note).message_attributes(BYTES, string_attribute(&bytes.to_string()));
        message.message_attributes(DIGEST, string_attribute(digest))
    }

    fn message(&self, tenant: &str, body: &str) -> SendMessageFluentBuilder {
        let message = self.sqs.send_message().queue_url(&self.queue_url).message_body(body).message_group_id(tenant);
        message.message_attributes(TENANT, string_attribute(tenant))
    }

    async fn send(&self, message: SendMessageFluentBuilder) -> Result<(), QueueError> {
        message.send().await.map(drop).map_err(|e| not_sent("SendMessage", &e))
    }
}

fn string_attribute(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().expect("the type is set")
}

impl Event {
    /// Parses a message.
    ///
    /// # Errors
    /// When it has no tenant or no body.
    pub fn read(message: SqsMessage) -> Result<Self, QueueError> {
        let attributes = message.message_attributes.into_iter();
        let attributes = attributes.filter_map(|(name, attribute)| Some((name, attribute.string_value?)));
        Self::from_parts(message.body, attributes.collect())
    }

    /// Parses the body and the text attributes of a message.
    pub(super) fn from_parts(
        body: Option<String>,
        mut attributes: HashMap<String, String>,
    ) -> Result<Self, QueueError> {
        let mut text = |name: &str| attributes.remove(name);
        let bytes = text(BYTES).and_then(|bytes| bytes.parse().ok());
        Ok(Self {
            tenant: text(TENANT).ok_or(QueueError::Malformed("tenant"))?,
            too_long: bytes.zip(text(DIGEST)).map(|(bytes, digest)| TooLong { bytes, digest }),
            // An attribute that this version cannot read makes it an ordinary event.
            fetch: text(BACKFILL).and_then(|fetch| serde_json::from_str(&fetch).ok()),
            is_given_up: text(GIVEN_UP).is_some(),
            entry: text(ENTRY),
            body: body.ok_or(QueueError::Malformed("body"))?,
        })
    }
}
