//! Reading what Aircall sends as well as what it documents.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An id that is a number, or the same number as text.
pub(crate) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    as_id(&value).ok_or_else(|| serde::de::Error::custom("is not an id"))
}

/// The same, or nothing where it is missing or of another form.
pub(crate) fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(as_id(&Value::deserialize(deserializer)?))
}

fn as_id(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A time in UNIX seconds, UNIX milliseconds or ISO 8601; nothing where it is null or of another form.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(as_time(&Value::deserialize(deserializer)?))
}

/// UNIX times from here on are milliseconds: in seconds it is the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

pub(crate) fn as_time(value: &Value) -> Option<Timestamp> {
    let seconds = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => match text.trim().parse() {
            Ok(number) => number,
            Err(_) => text.trim().parse::<Timestamp>().ok()?.as_second(),
        },
        _ => return None,
    };
    let seconds = if seconds >= MILLISECONDS_FROM { seconds / 1000 } else { seconds };
    Timestamp::from_second(seconds).ok()
}

/// A text; nothing where it is null, blank or no text.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// `true` or `false`; nothing where it is anything else.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_bool())
}

/// An object; nothing where it is null, empty (as Aircall's samples write "nobody") or of another form.
pub(crate) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let filled = value.as_object().is_some_and(|fields| !fields.is_empty());
    Ok(if filled { serde_json::from_value(value).ok() } else { None })
}

/// A list; elements of another form are left out, and so is a list that is none.
pub(crate) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(values) => values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect(),
        _ => Vec::new(),
    })
}
