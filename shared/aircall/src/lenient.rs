//! Lenient deserializers, for what Aircall documents and for what it sends.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An id, as a number or as text.
pub(crate) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    as_id(&value).ok_or_else(|| serde::de::Error::custom("is not an id"))
}

/// Like [`id`], but `None` if it is missing or malformed.
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

/// A time in UNIX seconds, UNIX milliseconds or ISO 8601, truncated to seconds; `None` if it is null or malformed.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(as_time(&Value::deserialize(deserializer)?))
}

/// Like [`time`], with millisecond precision.
pub(crate) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(as_instant(&Value::deserialize(deserializer)?))
}

/// UNIX times from here on are milliseconds; in seconds this is the year 5138.
const MILLISECONDS_FROM: f64 = 100_000_000_000.0;

pub(crate) fn as_time(value: &Value) -> Option<Timestamp> {
    Timestamp::from_second(as_instant(value)?.as_second()).ok()
}

fn as_instant(value: &Value) -> Option<Timestamp> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) => number,
            Err(_) => return iso_8601(text.trim()),
        },
        _ => return None,
    };
    let milliseconds = if number >= MILLISECONDS_FROM { number } else { number * 1000.0 };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float out of range saturates to an integer that is not a valid time"
    )]
    Timestamp::from_millisecond(milliseconds.round() as i64).ok()
}

/// ISO 8601; UTC if there is no offset, as in all of Aircall's times.
fn iso_8601(text: &str) -> Option<Timestamp> {
    let at = text.parse::<Timestamp>().ok();
    let at = at.or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))?;
    Timestamp::from_millisecond(at.as_millisecond()).ok()
}

/// A text or number, as text; `None` if it is null, blank or of another type.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A boolean; `None` if it is anything else.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_bool())
}

/// An object; `None` if it is null, empty (which is how Aircall's samples write "nobody") or malformed.
pub(crate) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let filled = value.as_object().is_some_and(|fields| !fields.is_empty());
    Ok(if filled { serde_json::from_value(value).ok() } else { None })
}

/// An id of any form, as trimmed text; `None` if it is missing or not an id.
pub(crate) fn text_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(text(deserializer)?.map(|text| text.trim().to_owned()))
}

/// A list of texts, or a single one.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = |value: Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        _ => None,
    };
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(values) => values.into_iter().filter_map(text).collect(),
        value => text(value).into_iter().collect(),
    })
}

/// A list without its malformed elements; empty if the value is not a list.
pub(crate) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(values) => values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect(),
        _ => Vec::new(),
    })
}

/// Replaces lone surrogate escapes by the replacement character. JavaScript writes them for a text that was cut within
/// an emoji, and other parsers reject them.
pub(crate) fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    if !json.contains("\\ud") && !json.contains("\\uD") {
        return Cow::Borrowed(json);
    }
    let mut repaired = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        repaired.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (surrogate(rest), rest.get(6..).and_then(surrogate)) {
            (Some(Half::High), Some(Half::Low)) => 12,
            (Some(_), _) => {
                repaired.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            // Any other escape; its first two characters suffice to skip it.
            (None, _) => rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end),
        };
        repaired.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    repaired.push_str(rest);
    Cow::Owned(repaired)
}

enum Half {
    High,
    Low,
}

/// Which half of a surrogate pair the escape at the start of `text` is, if it is one.
fn surrogate(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_kept() {
        for (json, repaired) in [
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\udE00 \ud83d\ude00 \uD83Dx""#, r#""\ufffd \ud83d\ude00 \ufffdx""#),
            (r#""a\\ud83d \n é""#, r#""a\\ud83d \n é""#),
        ] {
            assert_eq!(without_lone_surrogates(json), repaired);
            serde_json::from_str::<String>(repaired).unwrap();
        }
    }
}
