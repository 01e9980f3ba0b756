//! Webhook bodies: `{"resource", "event", "timestamp", "token", "data"}`.
//!
//! Sources: captured bodies of 2022, and Aircall's webhooks overview (`developer.aircall.io/docs/webhooks-overview`).

use jiff::Timestamp;
use rules::{MessageSnapshot, Snapshot};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::WebhookError;
use crate::{call, event, lenient, message};

/// Whether an event with this name is processed; any other event is acknowledged and dropped.
pub fn is_of_interest(event: &str) -> bool {
    event::call_event(event).is_some() || event::message_event(event).is_some()
}

/// A parsed webhook body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Webhook {
    /// An event of a call.
    Call(Box<Snapshot>),
    /// An event of a message.
    Message(Box<MessageSnapshot>),
    /// An event that is not processed, known or unknown.
    Other,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    event: String,
    #[serde(default, deserialize_with = "lenient::time")]
    timestamp: Option<Timestamp>,
    // Parsed field by field, so that an odd value in an unused field does not fail the event.
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Webhook {
    /// Parses a webhook body.
    ///
    /// # Errors
    /// If it is not JSON, or a call lacks a field that is required for logging: id, direction, line, start.
    /// A message requires an id and a time; its other fields may come with another event.
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
        let at = envelope.timestamp.ok_or_else(|| WebhookError::new("timestamp", "is missing or not a time"))?;
        let call = call::read(data()?)?;
        Ok(Webhook::Call(Box::new(Snapshot { event, at, call })))
    }
}
