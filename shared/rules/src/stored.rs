//! Reads a stored document leniently, so that functions of different versions can share a table.
//!
//! Functions are deployed and rolled back one after the other. A reader therefore ignores keys that it does not know,
//! has a default for each key that is missing, and treats a value that it does not understand as a missing one.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

/// Reads `document` as a `T`.
///
/// A value that `T` cannot hold is replaced by the one at the same place in `defaults`, or removed where there is none:
/// the field then has its own default, or its parent is removed in turn.
///
/// # Errors
/// With serde's message, when even the whole document cannot be replaced.
pub fn read<T: DeserializeOwned>(mut document: Value, defaults: &Value) -> Result<T, String> {
    if let Ok(read) = T::deserialize(&document) {
        return Ok(read);
    }
    // Each repair removes or replaces something, and costs one pass over the document.
    let limit = nodes(&document) + nodes(defaults);
    for _ in 0..limit {
        let error = match serde_path_to_error::deserialize::<_, T>(&document) {
            Ok(read) => return Ok(read),
            Err(error) => error,
        };
        let message = error.inner().to_string();
        if message.contains(SINGLE_KEY) && keep_variant::<T>(&mut document, error.path()) {
            continue;
        }
        if !repair(&mut document, defaults, ReadError::new(error.path(), &message)) {
            return Err(message);
        }
    }
    Err(format!("it still cannot be read after {limit} repairs"))
}

/// The number of values in a document.
fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(nodes).sum(),
        Value::Object(object) => object.values().map(nodes).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Sets the time under `key` to `number`, if it was not stored or `read` does not understand it.
pub(crate) fn fill_time(
    object: Option<&mut Value>,
    key: &str,
    number: i64,
    read: fn(i64) -> Result<Timestamp, jiff::Error>,
) {
    let Some(Value::Object(object)) = object else { return };
    if object.get(key).and_then(Value::as_i64).is_none_or(|stored| read(stored).is_err()) {
        object.insert(key.to_owned(), number.into());
    }
}

/// The id of a record that may not exist yet, which is stored as an empty text.
pub mod optional_id {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::SalesforceId;

    /// Writes the id, or an empty text.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(id: &Option<SalesforceId>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(id.as_ref().map_or("", SalesforceId::as_str))
    }

    /// Reads an id; none from a text that is not one.
    ///
    /// # Errors
    /// Those of the deserializer, for anything but a text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SalesforceId>, D::Error> {
        Ok(SalesforceId::parse(&String::deserialize(deserializer)?).ok())
    }
}

/// What serde says of an enum's value that has other keys beside the variant's name.
const SINGLE_KEY: &str = "map with a single key";

/// Removes the unknown keys beside the name of an enum's variant: keeps the one key with which the value is understood.
fn keep_variant<T: DeserializeOwned>(document: &mut Value, path: &serde_path_to_error::Path) -> bool {
    let path: Vec<PathStep> = path.iter().filter_map(step).collect();
    let Some(Value::Object(object)) = at(document, &path).cloned() else { return false };
    for (key, value) in object {
        let mut candidate = document.clone();
        let Some(place) = at_mut(&mut candidate, &path) else { return false };
        *place = Value::Object([(key, value)].into_iter().collect());
        let is_understood = serde_path_to_error::deserialize::<_, T>(&candidate)
            .map_or_else(|error| error.path().iter().filter_map(step).collect::<Vec<_>>() != path, |_| true);
        if is_understood {
            *document = candidate;
            return true;
        }
    }
    false
}

/// A step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PathStep {
    Key(String),
    Index(usize),
}

/// What serde complained about, and where.
#[derive(Debug)]
enum ReadError {
    /// The object at the path lacks the key that the path ends with.
    Missing(Vec<PathStep>),
    /// The object at the path has a key that it must not have, with which the path ends.
    Unknown(Vec<PathStep>),
    /// The value at the path is not understood.
    Invalid(Vec<PathStep>),
}

impl ReadError {
    fn new(path: &serde_path_to_error::Path, message: &str) -> Self {
        let mut path: Vec<PathStep> = path.iter().filter_map(step).collect();
        let named = |opening: &str| message.strip_prefix(opening).and_then(|rest| rest.split('`').next());
        let mut ending_with = |key: &str| {
            let key = PathStep::Key(key.to_owned());
            if path.last() != Some(&key) {
                path.push(key);
            }
            std::mem::take(&mut path)
        };
        if let Some(key) = named("missing field `") {
            ReadError::Missing(ending_with(key))
        } else if let Some(key) = named("unknown field `") {
            ReadError::Unknown(ending_with(key))
        } else {
            ReadError::Invalid(path)
        }
    }
}

fn step(segment: &Segment) -> Option<PathStep> {
    match segment {
        Segment::Seq { index } => Some(PathStep::Index(*index)),
        Segment::Map { key } => Some(PathStep::Key(key.clone())),
        Segment::Enum { variant } => Some(PathStep::Key(variant.clone())),
        Segment::Unknown => None,
    }
}

/// Changes the document so that serde gets further. Says whether anything was left to change.
fn repair(document: &mut Value, defaults: &Value, error: ReadError) -> bool {
    let mut path = match error {
        ReadError::Unknown(path) => return remove(document, &path),
        ReadError::Missing(path) => {
            if let Some(default) = at(defaults, &path)
                && let Some((PathStep::Key(key), parent)) = path.split_last()
                && let Some(Value::Object(object)) = at_mut(document, parent)
            {
                object.insert(key.clone(), default.clone());
                return true;
            }
            // The parent cannot be without it.
            path[..path.len() - 1].to_vec()
        }
        ReadError::Invalid(path) => path,
    };
    // A variant's name is part of serde's path, but not of the document where the value is a plain string.
    while !path.is_empty() && at(document, &path).is_none() {
        path.pop();
    }
    while !path.is_empty() {
        match (at(defaults, &path), at_mut(document, &path)) {
            (Some(default), Some(value)) if value != default => {
                *value = default.clone();
                return true;
            }
            // The default is what is refused, so the fault is further up.
            (Some(_), _) => {
                path.pop();
            }
            (None, _) => return remove(document, &path),
        }
    }
    false
}

fn at<'a>(value: &'a Value, path: &[PathStep]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match step {
        PathStep::Key(key) => value.get(key),
        PathStep::Index(index) => value.get(index),
    })
}

fn at_mut<'a>(value: &'a mut Value, path: &[PathStep]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        PathStep::Key(key) => value.get_mut(key),
        PathStep::Index(index) => value.get_mut(index),
    })
}

fn remove(document: &mut Value, path: &[PathStep]) -> bool {
    let Some((last, parent)) = path.split_last() else { return false };
    match (at_mut(document, parent), last) {
        (Some(Value::Object(object)), PathStep::Key(key)) => object.remove(key).is_some(),
        (Some(Value::Array(array)), PathStep::Index(index)) if *index < array.len() => {
            array.remove(*index);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        Red,
        Mixed(Vec<u8>),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        size: u8,
        colour: Colour,
        #[serde(default)]
        parts: Vec<Part>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Part {
        id: u8,
        note: Option<String>,
    }

    #[track_caller]
    fn check(document: Value, expected: &Strict) {
        let defaults = json!({ "size": 1, "colour": "red" });
        assert_eq!(read::<Strict>(document, &defaults).as_ref(), Ok(expected));
    }

    fn plain() -> Strict {
        Strict { size: 1, colour: Colour::Red, parts: Vec::new() }
    }

    #[test]
    fn an_unknown_key_is_ignored() {
        check(json!({ "size": 1, "colour": "red", "weight": 3, "more": { "a": [1] } }), &plain());
    }

    #[test]
    fn a_missing_key_has_its_default() {
        check(json!({}), &plain());
    }

    #[test]
    fn a_value_that_is_not_understood_counts_as_missing() {
        check(json!({ "size": "large", "colour": "ultraviolet" }), &plain());
        check(
            json!({ "size": 1, "colour": { "mixed": [1, 300] } }),
            &Strict { colour: Colour::Mixed(vec![1]), ..plain() },
        );
        check(json!({ "size": 1, "colour": { "striped": [1, 2] } }), &plain());
        check(json!({ "size": 1, "colour": "red", "parts": 7 }), &plain());
    }

    #[test]
    fn an_unknown_key_beside_the_name_of_a_variant_is_ignored() {
        let mixed = Strict { colour: Colour::Mixed(vec![1]), ..plain() };
        check(json!({ "size": 1, "colour": { "mixed": [1], "shade": 2 } }), &mixed);
        check(json!({ "size": 1, "colour": { "a_shade": 2, "mixed": [1] } }), &mixed);
        check(json!({ "size": 1, "colour": { "a": 1, "b": 2 } }), &plain());
    }

    #[test]
    fn an_element_that_cannot_be_read_is_left_out() {
        let parts = json!([{ "id": 1, "note": 5 }, { "note": "no id" }, { "id": 2 }]);
        let expected = vec![Part { id: 1, note: None }, Part { id: 2, note: None }];
        check(json!({ "size": 1, "colour": "red", "parts": parts }), &Strict { parts: expected, ..plain() });
    }

    #[test]
    fn without_a_default_the_document_cannot_be_read() {
        assert!(read::<Part>(json!({ "note": "x" }), &Value::Null).is_err());
        assert!(read::<Part>(json!("text"), &Value::Null).is_err());
        assert_eq!(read(json!({ "id": 1, "note": [] }), &Value::Null), Ok(Part { id: 1, note: None }));
    }
}
