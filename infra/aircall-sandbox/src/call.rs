//! Calls: the given fields of a call, completed with defaults.

use jiff::Timestamp;
use sandbox_kit::random;
use serde_json::{Map, Value, json};

use crate::state::State;

/// Id of the first call that is added without an id.
const FIRST_ID: u64 = 3_000_001;
/// Duration of a call without a start time, in seconds.
const DEFAULT_DURATION: i64 = 30;

/// Adds or replaces a call, and returns its id.
///
/// `number` and `user` may be ids of the company's numbers and users. A call without a `number` gets the company's
/// first number; a call without times has just ended.
pub(crate) fn put(state: &mut State, given: Map<String, Value>) -> Result<u64, String> {
    let id = match given.get("id") {
        None => state.calls.last_key_value().map_or(FIRST_ID, |(last, _)| last + 1),
        Some(id) => id.as_u64().ok_or("`id` is not a whole number")?,
    };
    let mut call = state.calls.get(&id).cloned().unwrap_or_else(|| blank(id));
    let derived = ["status", "duration"].map(|field| (field.to_owned(), Value::Null));
    let own_id = Map::from_iter([("id".to_owned(), json!(id))]);
    if let Some(fields) = call.as_object_mut() {
        fields.extend(derived.into_iter().chain(given).chain(own_id));
        complete(state, fields)?;
    }
    state.calls.insert(id, call);
    Ok(id)
}

/// Start of the call, in UNIX seconds.
pub(crate) fn started_at(call: &Value) -> i64 {
    call["started_at"].as_i64().unwrap_or_default()
}

fn blank(id: u64) -> Value {
    json!({
        "id": id, "sid": format!("CA{}", random::hex::<16>()), "direct_link": format!("https://api.aircall.io/v1/calls/{id}"),
        "direction": "inbound", "status": null, "missed_call_reason": null, "started_at": null, "answered_at": null,
        "ended_at": null, "duration": null, "voicemail": null, "recording": null, "asset": null,
        "raw_digits": "anonymous", "user": null, "contact": null, "archived": false, "assigned_to": null,
        "transferred_by": null, "transferred_to": null, "cost": "0.0", "hangup_cause": null, "number": null,
        "comments": [], "tags": [], "teams": [],
    })
}

fn complete(state: &State, call: &mut Map<String, Value>) -> Result<(), String> {
    let started_at = time(call, "started_at")?;
    let (answered_at, ended_at) = (time(call, "answered_at")?, time(call, "ended_at")?);
    let now = Timestamp::now().as_second();
    let (started_at, ended_at) = match (started_at, ended_at) {
        (Some(started_at), ended_at) => (started_at, ended_at),
        (None, ended_at) => {
            let ended_at = ended_at.unwrap_or(now);
            (ended_at - DEFAULT_DURATION, Some(ended_at))
        }
    };
    let status = match (answered_at, ended_at) {
        (_, Some(_)) => "done",
        (Some(_), None) => "answered",
        (None, None) => "initial",
    };
    call.insert("started_at".to_owned(), json!(started_at));
    call.insert("ended_at".to_owned(), json!(ended_at));
    for (field, value) in [
        ("status", json!(status)),
        ("duration", json!(ended_at.map_or(0, |ended_at| ended_at - started_at))),
        ("number", json!(state.numbers.keys().next())),
    ] {
        if call.get(field).is_none_or(Value::is_null) {
            call.insert(field.to_owned(), value);
        }
    }
    for (field, known) in [("number", &state.numbers), ("user", &state.users)] {
        if let Some(id) = call.get(field).and_then(Value::as_u64) {
            let object = known.get(&id).ok_or_else(|| format!("`{field}`: no such id: {id}"))?;
            call.insert(field.to_owned(), object.clone());
        }
    }
    Ok(())
}

fn time(call: &Map<String, Value>, field: &str) -> Result<Option<i64>, String> {
    match call.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| format!("`{field}` is not in UNIX seconds")),
    }
}
