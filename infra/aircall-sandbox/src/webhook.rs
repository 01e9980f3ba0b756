//! A webhook: its address, the events it subscribes to, and whether it is active.

use jiff::Timestamp;
use sandbox_kit::random;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::{Host, Url};

use crate::{access::Caller, error::ApiError, events::EVENTS, options::Options};

/// Maximum number of webhooks of a company.
pub(crate) const LIMIT: usize = 100;

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    pub(crate) active: bool,
    pub(crate) token: String,
    /// Consecutive failed deliveries.
    pub(crate) failures: u32,
    custom_name: String,
    created_at: Timestamp,
    /// The caller that created it.
    pub(crate) owner: Caller,
}

/// How an update changes the events, from `events_action`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EventsAction {
    Replace,
    Add,
    Remove,
}

impl Webhook {
    /// Creates a webhook from the body of a create request.
    pub(crate) fn create(body: &Map<String, Value>, owner: Caller, options: &Options) -> Result<Self, ApiError> {
        let url = url(body)?.ok_or_else(|| ApiError::bad_request("url is missing"))?;
        Ok(Self {
            id: random::uuid(),
            url,
            events: events(body, options)?.unwrap_or_else(|| all(options)),
            active: flag(body, "active")?.unwrap_or(true),
            token: random::hex::<16>(),
            failures: 0,
            custom_name: text(body, "custom_name")?.unwrap_or_else(|| "Webhook".to_owned()),
            created_at: Timestamp::now(),
            owner,
        })
    }

    /// Updates the given fields. With [`EventsAction::Replace`], missing events mean all events.
    pub(crate) fn update(
        &mut self,
        body: &Map<String, Value>,
        action: EventsAction,
        options: &Options,
    ) -> Result<(), ApiError> {
        let (url, events) = (url(body)?, events(body, options)?);
        let (custom_name, active) = (text(body, "custom_name")?, flag(body, "active")?);
        match action {
            EventsAction::Replace => self.events = events.unwrap_or_else(|| all(options)),
            EventsAction::Add => {
                let new = events.into_iter().flatten().filter(|event| !self.events.contains(event));
                let new: Vec<String> = new.collect();
                self.events.extend(new);
            }
            EventsAction::Remove => {
                let removed = events.unwrap_or_default();
                self.events.retain(|event| !removed.contains(event));
            }
        }
        self.url = url.unwrap_or_else(|| self.url.clone());
        self.custom_name = custom_name.unwrap_or_else(|| self.custom_name.clone());
        if let Some(active) = active {
            self.active = active;
            self.failures = 0;
        }
        Ok(())
    }

    /// An app sees its own webhooks only; the company sees all.
    pub(crate) fn is_seen_by(&self, caller: Caller) -> bool {
        caller == Caller::Company || self.owner == caller
    }

    /// Whether it gets events with this name.
    pub(crate) fn is_subscribed_to(&self, event: &str, options: &Options) -> bool {
        self.active && self.events.iter().any(|one| one == event) && !is_dropped(event, options)
    }

    /// As the API shows it: without the events that the company's plan lacks.
    pub(crate) fn to_json(&self, options: &Options) -> Value {
        let events: Vec<&String> = self.events.iter().filter(|event| !is_dropped(event, options)).collect();
        json!({
            "webhook_id": self.id, "direct_link": format!("https://api.aircall.io/v1/webhooks/{}", self.id),
            "created_at": self.created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
            "custom_name": self.custom_name, "url": self.url, "active": self.active, "events": events,
            "token": self.token,
        })
    }
}

fn is_dropped(event: &str, options: &Options) -> bool {
    options.dropped_events.iter().any(|dropped| dropped == event)
}

/// Whether Aircall knows an event with this name.
fn is_known(event: &str, options: &Options) -> bool {
    EVENTS.contains(&event) && options.refused_events.iter().all(|refused| refused != event)
}

fn all(options: &Options) -> Vec<String> {
    EVENTS.iter().filter(|event| is_known(event, options)).map(|event| (*event).to_owned()).collect()
}

/// The events of a body without repeats; `None` if they are missing or empty, which means all.
fn events(body: &Map<String, Value>, options: &Options) -> Result<Option<Vec<String>>, ApiError> {
    let events = match body.get("events") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(events)) => events,
        Some(_) => return Err(ApiError::bad_request("events is not an array")),
    };
    let mut known: Vec<String> = Vec::new();
    for event in events {
        let name = event.as_str().filter(|name| is_known(name, options));
        let name = name.ok_or_else(|| ApiError::bad_request(format!("{event} is not an event")))?;
        if !known.iter().any(|one| one == name) {
            known.push(name.to_owned());
        }
    }
    Ok(Some(known).filter(|known| !known.is_empty()))
}

/// The address: `https`, as Aircall demands; `http` is also accepted on the loopback interface, for which no
/// certificate is available.
fn url(body: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    let Some(text) = text(body, "url")? else { return Ok(None) };
    let url = Url::parse(&text).map_err(|_| ApiError::bad_request("url is not an address"))?;
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(Some(text)),
        "http" if is_loopback => Ok(Some(text)),
        _ => Err(ApiError::bad_request("url is not https")),
    }
}

fn text(body: &Map<String, Value>, field: &str) -> Result<Option<String>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(ApiError::bad_request(format!("{field} is not text"))),
    }
}

fn flag(body: &Map<String, Value>, field: &str) -> Result<Option<bool>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_bool().map(Some).ok_or_else(|| ApiError::bad_request(format!("{field} is not true or false")))
        }
    }
}
