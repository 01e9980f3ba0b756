//! Reading what Aircall sends as well as what it documents.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
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

/// A time in UNIX seconds, UNIX milliseconds or ISO 8601, to the second; nothing where it is null or of another form.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(as_time(&Value::deserialize(deserializer)?))
}

/// The same to the millisecond.
pub(crate) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(as_instant(&Value::deserialize(deserializer)?))
}

/// UNIX times from here on are milliseconds: in seconds it is the year 5138.
const MILLISECONDS_FROM: f64 = 100_000_000_000.0;

pub(crate) fn as_time(value: &Value) -> Option<Timestamp> {
    Timestamp::from_second(as_instant(value)?.as_second()).ok()
}

fn as_instant(value: &Value) -> Option<Timestamp> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) => number,
            Err(_) => return written(text.trim()),
        },
        _ => return None,
    };
    let milliseconds = if number >= MILLISECONDS_FROM { number } else { number * 1000.0 };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond the integers becomes the last, which is no time"
    )]
    Timestamp::from_millisecond(milliseconds.round() as i64).ok()
}

/// ISO 8601; without an offset it is UTC, as Aircall writes all its times.
fn written(text: &str) -> Option<Timestamp> {
    let at = text.parse::<Timestamp>().ok();
    let at = at.or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))?;
    Timestamp::from_millisecond(at.as_millisecond()).ok()
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

/// An id of any form, as text; nothing where it is missing or none.
pub(crate) fn text_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(text(deserializer)?.map(|text| text.trim().to_owned()))
}

/// Texts: a list of them, or one.
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

/// A list; elements of another form are left out, and so is a list that is none.
pub(crate) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(values) => values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect(),
        _ => Vec::new(),
    })
}

/// `json` with each escape that is half of a character, as JavaScript writes a text that was cut within an emoji,
/// replaced by the replacement character: such JSON is read by nobody else.
pub(crate) fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    if !json.contains("\\ud") && !json.contains("\\uD") {
        return Cow::Borrowed(json);
    }
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        mended.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (surrogate(rest), rest.get(6..).and_then(surrogate)) {
            (Some(Half::High), Some(Half::Low)) => 12,
            (Some(_), _) => {
                mended.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            // Any other escape, of which only the first two characters matter here.
            (None, _) => rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end),
        };
        mended.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    mended.push_str(rest);
    Cow::Owned(mended)
}

enum Half {
    High,
    Low,
}

/// Which half of a character the escape at the start of `text` is, if it is one.
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
    fn halves_of_characters_are_replaced_and_whole_ones_stay() {
        for (json, mended) in [
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\udE00 \ud83d\ude00 \uD83Dx""#, r#""\ufffd \ud83d\ude00 \ufffdx""#),
            (r#""a\\ud83d \n é""#, r#""a\\ud83d \n é""#),
        ] {
            assert_eq!(without_lone_surrogates(json), mended);
            serde_json::from_str::<String>(mended).unwrap();
        }
    }
}
