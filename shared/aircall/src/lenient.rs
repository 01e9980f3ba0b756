//! Lenient deserializers, for what Aircall documents and for what it sends.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Nesting below which a value is only read as a whole.
const MAX_DEPTH: usize = 8;

/// The value of a JSON text. What serde cannot hold, such as a number out of range or deep nesting, is null; of repeated
/// keys the last counts.
pub(crate) fn value(json: &str) -> Value {
    fn read(json: &str, depth: usize) -> Value {
        if let Ok(value) = serde_json::from_str(json) {
            return value;
        }
        if depth == MAX_DEPTH {
            return Value::Null;
        }
        let read = |json: &RawValue| read(json.get(), depth + 1);
        if let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) {
            return fields.into_iter().map(|(key, json)| (key, read(json))).collect();
        }
        match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(elements) => elements.into_iter().map(read).collect(),
            Err(_) => Value::Null,
        }
    }
    read(json, 0)
}

/// The fields of an object, or of the first object of a list.
pub(crate) fn fields(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields),
        Value::Array(values) => values.into_iter().find_map(|value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        }),
        _ => None,
    }
}

/// What `read` makes of the value or, if it is a list, of the first element that can be read.
fn first<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    match value {
        Value::Array(values) => values.iter().find_map(read),
        value => read(value),
    }
}

/// An id, as a number or as text.
#[cfg(feature = "client")]
pub(crate) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    as_id(&value).ok_or_else(|| serde::de::Error::custom("is not an id"))
}

/// An id, as a number or as text; `None` if it is missing, malformed or 0, which stands for nobody.
pub(crate) fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(as_id(&Value::deserialize(deserializer)?).filter(|id| *id != 0))
}

/// The ids of a list; `None` if it is missing or not a list.
#[cfg(feature = "client")]
pub(crate) fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u64>>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(values) => Some(values.iter().filter_map(as_id).collect()),
        _ => None,
    })
}

/// A whole number from 0 on.
pub(crate) fn as_id(value: &Value) -> Option<u64> {
    u64::try_from(first(value, whole_number)?).ok()
}

/// Numbers from here on are not exact as floats.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number, as a number or as text, with or without decimals.
fn whole_number(value: &Value) -> Option<i128> {
    let float = |number: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "it is a whole number within the range")]
        (number.fract() == 0.0 && number.abs() < MAX_EXACT).then_some(number as i128)
    };
    match value {
        Value::Number(number) => number.as_i128().or_else(|| number.as_f64().and_then(float)),
        Value::String(text) => text.trim().parse().ok().or_else(|| text.trim().parse().ok().and_then(float)),
        _ => None,
    }
}

/// A number of seconds; `None` if it is missing or malformed.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let number = first(&Value::deserialize(deserializer)?, whole_number);
    Ok(number.and_then(|seconds| i64::try_from(seconds).ok()))
}

/// A time in UNIX seconds, UNIX milliseconds or ISO 8601, truncated to seconds; `None` if it is null, malformed, or before
/// [`EARLIEST`]: Aircall writes 0 for none.
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
    first(value, read_instant).filter(|at| at.as_second() >= EARLIEST)
}

/// 2014 began, the year in which Aircall was founded.
const EARLIEST: i64 = 1_388_534_400;

/// The fields of a JSON object, or of the first object of a list, without times after `latest`: no event tells of what is to
/// come, and a time that is wrong by years would count as the newest for ever.
pub(crate) fn fields_until(json: &str, latest: Timestamp) -> Option<Map<String, Value>> {
    let mut fields = fields(value(json))?;
    fields.iter_mut().for_each(|(name, value)| forget_after(latest, name, value));
    Some(fields)
}

/// Replaces times after `latest` by null. The names of all of Aircall's times end in `_at`.
fn forget_after(latest: Timestamp, name: &str, value: &mut Value) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| forget_after(latest, name, value)),
        Value::Array(values) => values.iter_mut().for_each(|value| forget_after(latest, name, value)),
        value if name.ends_with("_at") && as_instant(value).is_some_and(|at| at > latest) => *value = Value::Null,
        _ => {}
    }
}

fn read_instant(value: &Value) -> Option<Timestamp> {
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
    Ok(as_text(&Value::deserialize(deserializer)?))
}

pub(crate) fn as_text(value: &Value) -> Option<String> {
    first(value, |value| match value {
        Value::Number(number) => Some(number.to_string()),
        value => non_blank(value).map(str::to_owned),
    })
}

/// Like [`text`], but not a number.
pub(crate) fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(first(&Value::deserialize(deserializer)?, |value| non_blank(value).map(str::to_owned)))
}

fn non_blank(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.trim().is_empty())
}

/// A boolean, also as text or number; `None` if it is anything else.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(first(&value, |value| match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        value => match whole_number(value) {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
    }))
}

/// An object, or the first one of a list, or one of which only the id is given; `None` if it is null, empty (which is
/// how Aircall's samples write "nobody") or malformed.
pub(crate) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let fields = match Value::deserialize(deserializer)? {
        Value::Number(id) => Some(Map::from_iter([("id".to_owned(), Value::Number(id))])),
        value => fields(value),
    };
    let filled = fields.filter(|fields| !fields.is_empty());
    Ok(filled.and_then(|fields| serde_json::from_value(Value::Object(fields)).ok()))
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

/// The elements of a list; an object is either one element, or has elements as its values.
fn elements(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        Value::Object(fields) if fields.is_empty() => Vec::new(),
        Value::Object(fields) if fields.values().all(Value::is_object) => {
            fields.into_iter().map(|(_, value)| value).collect()
        }
        Value::Null => Vec::new(),
        value => vec![value],
    }
}

/// A list without its malformed elements; empty if the value is not a list.
pub(crate) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let elements = elements(Value::deserialize(deserializer)?);
    Ok(elements.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}

/// An element of a list that is an object, or only the text that it is about.
pub(crate) trait Element: DeserializeOwned {
    /// The field that has the text.
    const TEXT: &str;
}

/// Like [`list`], for elements that may also be texts.
pub(crate) fn texts_or_objects<'de, D: Deserializer<'de>, T: Element>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(optional_list(deserializer)?.unwrap_or_default())
}

/// Like [`texts_or_objects`], but `None` if the value is neither an empty list nor one with an element that can be read.
pub(crate) fn optional_list<'de, D: Deserializer<'de>, T: Element>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let is_none = matches!(&value, Value::Array(values) if values.is_empty());
    let is_none = is_none || matches!(&value, Value::Object(fields) if fields.is_empty());
    let object = |value: Value| match value {
        Value::Object(fields) if !fields.is_empty() => Some(Value::Object(fields)),
        value => non_blank(&value).map(|text| Value::from_iter([(T::TEXT, text)])),
    };
    let elements = elements(value).into_iter().filter_map(object);
    let elements: Vec<T> = elements.filter_map(|value| serde_json::from_value(value).ok()).collect();
    Ok((is_none || !elements.is_empty()).then_some(elements))
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
    fn what_serde_cannot_hold_is_null_and_the_rest_is_read() {
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        let json = format!(r#"{{"a": 1e999, "b": {{"c": {deep}, "d": [1, 1e999]}}, "e": 1, "e": 2}}"#);
        let mut read = value(&json);
        assert!(read["b"]["c"].take().is_array());
        assert_eq!(read, serde_json::json!({"a": null, "b": {"c": null, "d": [1, null]}, "e": 2}));
    }

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
