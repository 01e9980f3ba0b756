//! Webhook bodies: `{"resource", "event", "timestamp", "token", "data"}`.
//!
//! Sources: captured bodies of 2022, and Aircall's webhooks overview (`developer.aircall.io/docs/webhooks-overview`).

use jiff::Timestamp;
use rules::{MessageSnapshot, Snapshot};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::WebhookError;
use crate::{call, event, lenient, message};

/// Whether an event of this name is taken in at all; every other one is answered and forgotten.
pub fn is_of_interest(event: &str) -> bool {
    event::call_event(event).is_some() || event::message_event(event).is_some()
}

/// What a webhook body says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Webhook {
    /// Something happened to a call.
    Call(Box<Snapshot>),
    /// Something happened to a message.
    Message(Box<MessageSnapshot>),
    /// An event of no interest, or one never heard of.
    Other,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    event: String,
    #[serde(default, deserialize_with = "lenient::time")]
    timestamp: Option<Timestamp>,
    // Read field by field: what is odd in a field of no interest must not cost the call.
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Webhook {
    /// Reads a webhook body.
    ///
    /// # Errors
    /// If it is not JSON, or the call lacks what nothing can be logged without: id, direction, line, start.
    /// A message has to have an id and a time; what else it lacks may come with another event.
    pub fn parse(body: &str) -> Result<Self, WebhookError> {
        let body = lenient::without_lone_surrogates(body);
        let envelope: Envelope =
            serde_json::from_str(&body).map_err(|_| WebhookError::new("body", "is not a webhook body of Aircall"))?;
        let data = || envelope.data.ok_or_else(|| WebhookError::new("data", "is missing"));
        if let Some((event, is_group)) = event::message_event(&envelope.event) {
            let message = message::read(data()?, event, is_group, envelope.timestamp)?;
            return Ok(Webhook::Message(Box::new(message)));
        }
        let Some(event) = event::call_event(&envelope.event) else {
            return Ok(Webhook::Other);
        };
        let at = envelope.timestamp.ok_or_else(|| WebhookError::new("timestamp", "is missing or no time"))?;
        let call = call::read(data()?)?;
        Ok(Webhook::Call(Box::new(Snapshot { event, at, call })))
    }
}
