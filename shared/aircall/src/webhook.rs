//! Webhook bodies: `{"resource", "event", "timestamp", "token", "data"}`.
//!
//! Sources: captured bodies of 2022, and Aircall's webhooks overview (`developer.aircall.io/docs/webhooks-overview`).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rules::{CallReport, MessageSnapshot};
use serde_json::value::RawValue;

use crate::error::WebhookError;
use crate::{call, event, lenient, message, voice_agent};

/// How far clocks and time zones may differ.
pub(crate) const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// Whether an event with this name is processed; any other event is acknowledged and dropped.
///
/// These are more than [`crate::EVENTS`]: somebody may have subscribed the webhook to further events of calls.
pub fn is_of_interest(event: &str) -> bool {
    event::call_event(event).is_some()
        || event::message_event(event).is_some()
        || event::voice_agent_event(event).is_some()
        || event::is_integration_deleted(event)
}

/// A parsed webhook body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Webhook {
    /// An event of a call.
    Call(Box<CallReport>),
    /// An event of a message.
    Message(Box<MessageSnapshot>),
    /// The app was uninstalled, as far as is known at this time.
    Uninstalled(Option<Timestamp>),
    /// An event that is not processed, known or unknown.
    Other,
}

impl Webhook {
    /// Parses a webhook body that was received at this time.
    ///
    /// Times in it that are more than a day after that count as missing, and so does the time of an event that is more than a
    /// day before what it tells of a call.
    ///
    /// # Errors
    /// If it is not a JSON object that names an event, or if a call or message has no id or nowhere a time. Anything else
    /// may be missing or malformed: it may come with another event.
    pub fn parse(body: &str, received_at: Timestamp) -> Result<Self, WebhookError> {
        let body = lenient::without_lone_surrogates(body);
        // Parsed field by field, so that an odd value in an unused field does not fail the event; of repeated keys the
        // last counts.
        let envelope: BTreeMap<String, &RawValue> =
            serde_json::from_str(&body).map_err(|_| WebhookError::new("body", "is not a webhook body of Aircall"))?;
        let field = |name| envelope.get(name).map(|field| lenient::value(field.get())).unwrap_or_default();
        let name = field("event");
        let name = name.as_str().ok_or_else(|| WebhookError::new("event", "is missing or not a text"))?;
        let latest = received_at.checked_add(TOLERANCE).unwrap_or(Timestamp::MAX);
        let at = lenient::as_time(&field("timestamp")).filter(|at| *at <= latest);
        if event::is_integration_deleted(name) {
            return Ok(Webhook::Uninstalled(at));
        }
        let data = || match envelope.get("data").map(|data| data.get()) {
            None | Some("null") => Err(WebhookError::new("data", "is missing")),
            Some(data) => Ok(data),
        };
        if let Some((event, is_group)) = event::message_event(name) {
            return Ok(Webhook::Message(Box::new(message::read(data()?, event, is_group, at, latest)?)));
        }
        let report = match (event::call_event(name), event::voice_agent_event(name)) {
            (Some(event), _) => call::read(data()?, event, at, latest)?,
            (None, Some(event)) => voice_agent::read(data()?, event, at, latest)?,
            (None, None) => return Ok(Webhook::Other),
        };
        Ok(Webhook::Call(Box::new(report)))
    }
}
