//! Settings documents that are damaged in any way.

#[path = "../../../../tests/fuzz/properties/settings_document.rs"]
mod settings_document;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use rules::Settings;
use serde_json::{Value, json};

/// A document with a value in every place.
fn document() -> Value {
    let week = json!({"monday": [{"opens": "09:00", "closes": "12:00"}, {"opens": "13:00", "closes": "18:00"}]});
    let schedule = json!({"time_zone": "Europe/Vienna", "weekly": week, "holidays": ["2026-12-25"]});
    let mut document = serde_json::to_value(Settings::default()).unwrap();
    document["business_hours"]["schedule"] = schedule.clone();
    document["business_hours"]["numbers"] = json!({"397375": schedule});
    document["numbers"] = json!([1, 397_375]);
    document["contact_account_id"] = json!("001Vr00000m4eGCIAY");
    document
}

/// The places of all values.
fn pointers(value: &Value, path: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(key, child)| pointers(child, &format!("{path}/{key}")));
    std::iter::once(path.to_owned()).chain(below).collect()
}

const WORDS: [&str; 9] =
    ["completed", "do_nothing", "always", "case", "24:00", "2026-02-30", "Europe/Vienna", "001", ""];

/// Some settings, and one of the future.
const FIELDS: [&str; 6] = ["call_workflow", "business_hours", "unknown_number", "numbers", "relate_to", "later"];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(&WORDS[..]).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-z_]{1,8}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

#[test]
fn the_whole_document_is_valid() {
    assert!(Settings::parse(&document()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_damaged_document_is_refused_at_the_door_and_read_from_the_table(
        changes in proptest::collection::vec((any::<Index>(), any_json(), any::<bool>()), 1..6),
        added in proptest::option::of("[a-z_]{1,12}"),
    ) {
        let mut damaged = document();
        for (place, value, is_removed) in changes {
            let places = pointers(&damaged, "");
            let pointer = place.get(&places);
            let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
            match damaged.pointer_mut(parent) {
                Some(Value::Object(fields)) if is_removed && !pointer.is_empty() => {
                    fields.remove(key);
                }
                _ => *damaged.pointer_mut(pointer).unwrap() = value,
            }
        }
        if let (Some(key), Some(fields)) = (added, damaged.as_object_mut()) {
            fields.insert(key, json!({"since": 7}));
        }
        settings_document::check(&damaged.to_string());
    }

    #[test]
    fn any_json_is_refused_or_read(document in any_json()) {
        settings_document::check(&document.to_string());
    }

    /// Whatever else is damaged, settings with a version are read: the rest has defaults.
    #[test]
    fn a_stored_document_with_a_version_is_always_read(
        version in any::<u64>(),
        fields in proptest::collection::hash_map(select(&FIELDS[..]), any_json(), 0..6),
    ) {
        let mut document: Value = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        document["version"] = json!(version);
        prop_assert_eq!(Settings::from_stored(document).map(|settings| settings.version), Ok(version));
    }
}
