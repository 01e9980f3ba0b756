//! Bodies in which any values are changed and the keys are in any order.

use aircall::Webhook;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rules::CallDocument;
use serde_json::{Value, json};

use crate::bodies::{parse, parse_text, shapes};

/// A change of one value, wherever it is.
#[derive(Clone, Copy, Debug)]
enum Change {
    Remove,
    Null,
    Zero,
    True,
    Text,
    Number,
    List,
    EmptyList,
    Object,
    EmptyObject,
    Word,
}

const CHANGES: [Change; 11] = [
    Change::Remove,
    Change::Null,
    Change::Zero,
    Change::True,
    Change::Text,
    Change::Number,
    Change::List,
    Change::EmptyList,
    Change::Object,
    Change::EmptyObject,
    Change::Word,
];

/// All places of a body, but for its event.
fn pointers(value: &Value, path: &str, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let path = format!("{path}/{key}");
        if path != "/event" && path != "/data" {
            all.push(path.clone());
        }
        pointers(child, &path, all);
    }
}

fn change(body: &mut Value, place: Index, change: Change) {
    let mut all = Vec::new();
    pointers(body, "", &mut all);
    if all.is_empty() {
        return;
    }
    let pointer = place.get(&all);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    if let (Change::Remove, Some(Value::Object(fields))) = (change, body.pointer_mut(parent)) {
        fields.remove(key);
        return;
    }
    let value = body.pointer_mut(pointer).unwrap();
    let old = value.take();
    *value = match change {
        Change::Remove | Change::Null => Value::Null,
        Change::Zero => json!(0),
        Change::True => json!(true),
        Change::Text => json!(old.as_str().map_or_else(|| old.to_string(), str::to_owned)),
        Change::Number => old.as_str().and_then(|text| text.parse().ok()).map_or(json!(7), |number: f64| json!(number)),
        Change::List => json!([old]),
        Change::EmptyList => json!([]),
        Change::Object => json!({"value": old}),
        Change::EmptyObject => json!({}),
        Change::Word => json!("Other Word"),
    };
}

/// The JSON text with the keys of each object in an order of its own.
fn reordered(value: &Value, seed: u64) -> String {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort_by_key(|key| {
                key.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
            });
            let fields = keys.into_iter().map(|key| format!("{}:{}", json!(key), reordered(&fields[key], seed)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => {
            format!("[{}]", values.iter().map(|value| reordered(value, seed)).collect::<Vec<_>>().join(","))
        }
        value => value.to_string(),
    }
}

fn has_time(body: &Value) -> bool {
    let data = &body["data"];
    // A time before 2014, when Aircall began, is none.
    let is_time = |value: &Value| value.as_i64().is_some_and(|second| second >= 1_388_534_400);
    [&body["timestamp"], &data["started_at"], &data["answered_at"], &data["ended_at"]].into_iter().any(is_time)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A body is read if it has an id and a time, whatever else is missing or of another type. Else the error names the
    /// field. Nothing panics, also not the merge.
    #[test]
    fn a_body_with_an_id_and_a_time_is_read(
        shape in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), select(&CHANGES[..])), 0..24),
        seed in any::<u64>(),
    ) {
        let mut body = shape.get(&shapes()).clone();
        for (place, kind) in changes {
            change(&mut body, place, kind);
        }
        let id = body["data"]["id"].as_u64().filter(|id| *id > 0);
        match parse_text(&reordered(&body, seed)) {
            Ok(Webhook::Call(report)) => {
                prop_assert!(id.is_none_or(|id| report.id.0 == id));
                prop_assert_eq!(parse_text(&body.to_string()), Ok(Webhook::Call(report.clone())));
                let document = CallDocument::from(*report);
                prop_assert_eq!(serde_json::from_value(json!(document)).ok(), Some(document));
            }
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(error) => {
                prop_assert!(["data.id", "timestamp"].contains(&error.path.as_str()), "{error}");
                prop_assert!(id.is_none() || !has_time(&body), "{error}");
                prop_assert_eq!(error.key.is_some(), error.path == "timestamp");
            }
        }
    }

    /// The events of one call merge to the same call in any order, with any keys left out.
    #[test]
    fn incomplete_events_merge_in_any_order(
        changes in proptest::collection::vec((any::<Index>(), any::<Index>(), select(&CHANGES[..])), 0..24),
        order in Just((0..14).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let mut bodies = shapes();
        for (body, place, kind) in changes {
            let body = &mut bodies[body.index(14)];
            let (id, timestamp) = (body["data"]["id"].take(), body["timestamp"].take());
            change(body, place, kind);
            body["data"]["id"] = id;
            body["timestamp"] = timestamp;
        }
        let merged = |order: &[usize]| {
            let documents = order.iter().map(|at| CallDocument::from(parse(&bodies[*at]).unwrap()));
            documents.reduce(CallDocument::merge).unwrap()
        };
        let sorted: Vec<usize> = (0..14).collect();
        prop_assert_eq!(merged(&order), merged(&sorted));
    }
}
