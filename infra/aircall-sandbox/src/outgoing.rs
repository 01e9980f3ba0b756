//! Who gets an event, and with which body.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{Company, access::Caller, call, state::State, webhook::Webhook};

/// An event addressed to one webhook.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) webhook_id: String,
    pub(crate) url: String,
    pub(crate) event: String,
    pub(crate) body: String,
}

impl Outgoing {
    fn new(webhook: &Webhook, event: &str, body: String) -> Self {
        Self { webhook_id: webhook.id.clone(), url: webhook.url.clone(), event: event.to_owned(), body }
    }
}

/// An event for every active webhook that subscribes to it. Its call is also stored, so that the API returns the state
/// that the event reports.
pub(crate) fn event(company: &Company, mut body: Map<String, Value>) -> Result<Vec<Outgoing>, String> {
    let event = body.get("event").and_then(Value::as_str).ok_or("`event` is missing")?.to_owned();
    body.entry("resource").or_insert_with(|| json!(event.split('.').next()));
    body.entry("timestamp").or_insert_with(|| json!(Timestamp::now().as_second()));
    let mut state = company.lock();
    if let Some(data) = body.get("data").and_then(Value::as_object)
        && event.starts_with("call.")
    {
        call::put(&mut state, data.clone())?;
    }
    let body = Value::Object(body);
    let recipients = recipients(&state, &event, &body);
    Ok(recipients.map(|webhook| Outgoing::new(webhook, &event, addressed(&body, webhook, &state))).collect())
}

/// The text of a body, as it is but for the value of its `token`, which becomes each webhook's own where it is text.
/// Nothing is stored. A body that names no event goes to every active webhook.
pub(crate) fn exact(company: &Company, text: &str) -> Vec<Outgoing> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        token: Option<&'a RawValue>,
    }
    let token = serde_json::from_str(text).ok().and_then(|Envelope { token }| token).map(RawValue::get);
    // The raw value is a part of `text`.
    let parts = token.filter(|token| token.starts_with('"')).map(|token| {
        let from = token.as_ptr().addr() - text.as_ptr().addr();
        (&text[..from], &text[from + token.len()..])
    });
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let state = company.lock_untracked();
    let outgoing = |webhook: &Webhook| {
        let body = match parts {
            Some((before, after)) => format!("{before}{}{after}", json!(webhook.token)),
            None => text.to_owned(),
        };
        (webhook.id.clone(), webhook.url.clone(), body)
    };
    let event = body["event"].as_str();
    let sent: Vec<_> = match event {
        Some(event) => recipients(&state, event, &body).map(outgoing).collect(),
        None => state.webhooks.iter().filter(|webhook| webhook.active).map(outgoing).collect(),
    };
    let event = event.unwrap_or_default().to_owned();
    sent.into_iter().map(|(webhook_id, url, body)| Outgoing { webhook_id, url, event: event.clone(), body }).collect()
}

/// Uninstalls the app: removes its access tokens and webhooks, and announces it to those that subscribe.
pub(crate) fn uninstall(company: &Company) -> Vec<Outgoing> {
    const EVENT: &str = "integration.deleted";
    let mut state = company.lock();
    let announcement = |webhook: &Webhook| {
        let Caller::App(app) = webhook.owner else { return None };
        let body = json!({
            "event": EVENT, "resource": "integration", "timestamp": Timestamp::now().as_second(),
            "data": {"integration_id": app, "company_id": state.profile.id},
        });
        let is_subscribed = webhook.is_subscribed_to(EVENT, &state.options);
        is_subscribed.then(|| Outgoing::new(webhook, EVENT, addressed(&body, webhook, &state)))
    };
    let outgoing = state.webhooks.iter().filter_map(announcement).collect();
    state.access.uninstall();
    state.webhooks.retain(|webhook| webhook.owner == Caller::Company);
    outgoing
}

/// The webhooks that get an event: of an app only for the lines that the admin chose, where the event names its line.
fn recipients<'a>(state: &'a State, event: &str, body: &Value) -> impl Iterator<Item = &'a Webhook> {
    let line = body["data"]["number"]["id"].as_u64().filter(|_| event.starts_with("call."));
    let covers = move |webhook: &&Webhook| {
        let integration = state.access.integration(webhook.owner);
        integration.is_none_or(|integration| integration.active && line.is_none_or(|line| integration.covers(line)))
    };
    state.webhooks.iter().filter(move |webhook| webhook.is_subscribed_to(event, &state.options)).filter(covers)
}

/// The body with the webhook's token, and without the keys that the options leave out.
fn addressed(body: &Value, webhook: &Webhook, state: &State) -> String {
    let mut body = body.clone();
    body["token"] = json!(webhook.token);
    for path in &state.options.absent_keys {
        remove(&mut body, path);
    }
    body.to_string()
}

fn remove(value: &mut Value, path: &str) {
    match (value, path.split_once('.')) {
        (Value::Array(elements), _) => elements.iter_mut().for_each(|element| remove(element, path)),
        (Value::Object(object), None) => drop(object.remove(path)),
        (Value::Object(object), Some((key, rest))) => {
            if let Some(value) = object.get_mut(key) {
                remove(value, rest);
            }
        }
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => {}
    }
}
