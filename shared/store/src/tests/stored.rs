//! Items that other versions wrote: those of every earlier schema, and those with keys of the future.
//!
//! `stored/schema-<n>.json` holds items as that schema's last version wrote them. A change of what is stored adds a file
//! and never edits one.

use aws_sdk_dynamodb::types::AttributeValue;
use rules::{Company, Settings, Verdict};
use serde_json::{Value, json};

use super::calls::message_aggregate::aggregate;
use super::{Fixture, START, at as moment, record, tenant};
use crate::dynamodb::item::Attributes;
use crate::tenants::tenant::read as read_tenant;
use crate::test_tables::TestTables;
use crate::{ApiTokens, Calls, ConnectionState, Entry, History, Phones, SettingsStore, State, Tenants};

/// The fixtures of all earlier schemas, the oldest first.
const FIXTURES: [&str; 1] = [include_str!("stored/schema-0.json")];

/// What names an item, or the call, message, record and Task in it. It has no default.
const WITHOUT_DEFAULT: [&str; 6] = ["key", "tenant", "version", "state", "id", "task_id"];

/// The items of a table, as DynamoDB's JSON.
fn items(fixture: &str, table: &str) -> Vec<Value> {
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    fixture[table].as_array().unwrap().clone()
}

fn attribute(json: &Value) -> AttributeValue {
    let (kind, value) = json.as_object().unwrap().iter().next().unwrap();
    let text = || value.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(value.as_array().unwrap().iter().map(attribute).collect()),
        "M" => AttributeValue::M(attributes(value)),
        other => panic!("an attribute of type {other}"),
    }
}

fn attributes(json: &Value) -> Attributes {
    json.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

fn key(item: &Value) -> &str {
    item["key"]["S"].as_str().unwrap()
}

fn entries(fixture: &str) -> Vec<Value> {
    let mut items = items(fixture, "CallsTable");
    items.retain(|item| item.get("gathered").is_none());
    assert!(items.len() > 5);
    items
}

fn read(item: &Value) -> Entry {
    Entry::read(attributes(item)).unwrap_or_else(|error| panic!("{}: {error}", key(item)))
}

/// All of `old` is in `new`, with the same values. What is null may be missing.
#[track_caller]
fn assert_kept(old: &Value, new: &Value, path: &str) {
    match old {
        Value::Object(old) => {
            for (key, value) in old.iter().filter(|(_, value)| !value.is_null()) {
                assert_kept(value, new.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}"));
            }
        }
        Value::Array(old) => {
            for (index, value) in old.iter().enumerate() {
                assert_kept(value, &new[index], &format!("{path}[{index}]"));
            }
        }
        Value::Null => {}
        old => assert_eq!(old, new, "{path}"),
    }
}

fn json(item: &Value, attribute_name: &str) -> Value {
    item.get(attribute_name).map_or(Value::Null, |value| serde_dynamo::from_attribute_value(attribute(value)).unwrap())
}

#[test]
fn entries_of_every_earlier_schema_are_read_without_loss() {
    for fixture in FIXTURES {
        for item in entries(fixture) {
            let entry = read(&item);
            let read = [
                ("document", serde_json::to_value(&entry.document)),
                ("decision", serde_json::to_value(&entry.decision)),
                ("written", serde_json::to_value(&entry.written)),
                ("trace", serde_json::to_value(&entry.trace)),
                ("problem", serde_json::to_value(&entry.problem)),
                ("state", serde_json::to_value(entry.state)),
            ];
            for (name, read) in read {
                assert_kept(&json(&item, name), &read.unwrap(), &format!("{}.{name}", key(&item)));
            }
        }
    }
}

#[tokio::test]
async fn stores_read_the_tables_of_every_earlier_schema() {
    for fixture in FIXTURES {
        let tables = TestTables::start().await;
        for table in ["CallsTable", "ConsoleTable", "PhonesTable", "SettingsTable", "TenantsTable"] {
            for item in items(fixture, table) {
                let request = tables.dynamodb.put_item().table_name(table).set_item(Some(attributes(&item)));
                request.send().await.unwrap();
            }
        }
        let (one, dynamodb) = (tenant("one"), &tables.dynamodb);
        let settings = SettingsStore::new(dynamodb.clone(), "SettingsTable").get(&one).await.unwrap();
        assert!(settings.version > 1 && settings != Settings::default());
        let versions = History::new(dynamodb.clone(), "ConsoleTable").list(&one, None, 100).await.unwrap();
        assert_eq!(versions.len(), versions.iter().filter(|version| version.is_ok()).count());
        assert_eq!(versions[0].as_ref().unwrap().settings, settings);
        let stored = Tenants::new(dynamodb.clone(), "TenantsTable").get(&one).await.unwrap().unwrap();
        assert!(stored.salesforce.is_some() && !stored.webhook_tokens.is_empty() && stored.last_event_at.is_some());
        let phones: Vec<rules::E164> = items(fixture, "PhonesTable")
            .iter()
            .map(|item| rules::E164::parse(item["phone"]["S"].as_str().unwrap()).unwrap())
            .collect();
        let known = Phones::new(dynamodb.clone(), "PhonesTable");
        assert_eq!(known.get_many(&one, &phones, jiff::Timestamp::UNIX_EPOCH).await.unwrap().len(), phones.len());
        let calls = Calls::new(dynamodb.clone(), "CallsTable");
        for item in items(fixture, "CallsTable").iter().filter(|item| item.get("gathered").is_some()) {
            let id = rules::MessageId::new(key(item).strip_prefix("gathered-message-").unwrap());
            let (aggregate, _) = calls.message_aggregate(&one, &id).await.unwrap().unwrap();
            assert_kept(&json(item, "gathered"), &serde_json::to_value(&aggregate).unwrap(), key(item));
        }
    }
}

/// Adds a key that no version knows to every map.
fn with_unknown_keys(attribute: &mut Value) {
    if let Some(map) = attribute.get_mut("M").and_then(Value::as_object_mut) {
        map.values_mut().for_each(with_unknown_keys);
        // The keys of these maps are ids of messages, fields of an org, and lines.
        map.insert("of_the_future".to_owned(), json!({ "M": { "a": { "L": [{ "N": "1" }] } } }));
    } else if let Some(list) = attribute.get_mut("L").and_then(Value::as_array_mut) {
        list.iter_mut().for_each(with_unknown_keys);
    }
}

#[test]
fn keys_of_the_future_are_ignored_everywhere() {
    for fixture in FIXTURES {
        for item in entries(fixture) {
            let mut future = item.clone();
            future.as_object_mut().unwrap().values_mut().for_each(with_unknown_keys);
            future["of_the_future"] = json!({ "S": "text" });
            assert_eq!(read(&future), read(&item), "{}", key(&item));
        }
        for item in items(fixture, "SettingsTable") {
            let mut document = json(&item, "document");
            let known = Settings::from_stored(document.clone()).unwrap();
            document["of_the_future"] = json!({ "a": 1 });
            document["call_workflow"]["conference"] = json!("completed");
            document["business_hours"]["numbers"]["123456"]["weekly"]["monday"][0]["note"] = json!("early");
            assert_eq!(Settings::from_stored(document), Ok(known));
        }
        for item in items(fixture, "TenantsTable") {
            let mut future = item.clone();
            future.as_object_mut().unwrap().values_mut().for_each(with_unknown_keys);
            let read = |item: &Value| read_tenant(&tenant("one"), attributes(item)).unwrap();
            assert_eq!(read(&future), read(&item));
        }
    }
}

/// The paths of all keys below an attribute, but for those without a default and what they are in.
fn paths(attribute: &Value, path: &[String], found: &mut Vec<Vec<String>>) -> bool {
    let mut names_something = false;
    for kind in ["M", "L"] {
        let children: Vec<(String, &Value)> = match &attribute[kind] {
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
            Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
            _ => Vec::new(),
        };
        for (key, child) in children {
            let path: Vec<String> = path.iter().cloned().chain([kind.to_owned(), key.clone()]).collect();
            let is_name = WITHOUT_DEFAULT.contains(&key.as_str());
            let child_names = paths(child, &path, found);
            if !is_name && !child_names && kind == "M" {
                found.push(path);
            }
            names_something |= is_name || child_names;
        }
    }
    names_something
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, step| match value {
        Value::Array(list) => &mut list[step.parse::<usize>().unwrap()],
        value => &mut value[step.as_str()],
    })
}

#[test]
fn a_key_that_was_taken_away_or_is_not_understood_has_its_default() {
    let mut tried = 0;
    for fixture in FIXTURES {
        for item in entries(fixture) {
            for name in ["document", "decision", "trace", "problem", "written"] {
                let Some(attribute) = item.get(name) else { continue };
                let mut found = Vec::new();
                paths(attribute, &[name.to_owned()], &mut found);
                for path in found {
                    let (last, parent) = path.split_last().unwrap();
                    let mut without = item.clone();
                    at(&mut without, parent).as_object_mut().unwrap().remove(last);
                    let mut unknown = item.clone();
                    *at(&mut unknown, &path) = json!({ "M": { "of_the_future": { "N": "1" } } });
                    // Without these, what is to become of a pending entry is not known.
                    let needs_it = name == "decision" && read(&item).state == State::Pending && path[2] == "verdict";
                    for changed in [without, unknown] {
                        let read = Entry::read(attributes(&changed));
                        assert_eq!(read.is_err(), needs_it, "{} {path:?}: {read:?}", key(&item));
                        tried += 1;
                    }
                }
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn each_setting_that_was_taken_away_or_is_not_understood_has_its_default() {
    let stored = json(&items(FIXTURES[0], "SettingsTable")[0], "document");
    let known = Settings::from_stored(stored.clone()).unwrap();
    for name in stored.as_object().unwrap().keys().filter(|name| *name != "version") {
        let mut without = stored.clone();
        without.as_object_mut().unwrap().remove(name);
        let mut unknown = stored.clone();
        unknown[name] = json!({ "of_the_future": 1 });
        let defaults = serde_json::to_value(Settings::default()).unwrap();
        let mut expected = serde_json::to_value(&known).unwrap();
        expected[name] = defaults[name].clone();
        assert_eq!(serde_json::to_value(Settings::from_stored(without).unwrap()).unwrap(), expected, "{name}");
        assert_eq!(serde_json::to_value(Settings::from_stored(unknown).unwrap()).unwrap(), expected, "{name}");
    }
    let mut partly = stored;
    partly["call_workflow"]["missed"] = json!("forwarded");
    partly["call_workflow"].as_object_mut().unwrap().remove("voicemail");
    let read = Settings::from_stored(partly).unwrap();
    assert_eq!(read.call_workflow.missed, Settings::default().call_workflow.missed);
    assert_eq!(read.call_workflow.outbound_answered, known.call_workflow.outbound_answered);
}

#[test]
fn each_attribute_of_a_tenant_that_was_taken_away_or_is_not_understood_has_its_default() {
    let item = items(FIXTURES[0], "TenantsTable").remove(0);
    let names: Vec<String> = item.as_object().unwrap().keys().cloned().collect();
    for name in names.iter().filter(|name| *name != "tenant") {
        let mut found = vec![vec![name.clone()]];
        paths(&item[name], std::slice::from_ref(name), &mut found);
        for path in found {
            let mut unknown = item.clone();
            *at(&mut unknown, &path) = json!({ "M": { "of_the_future": { "N": "1" } } });
            let (last, parent) = path.split_last().unwrap();
            let mut without = item.clone();
            at(&mut without, parent).as_object_mut().unwrap().remove(last);
            for changed in [unknown, without] {
                let read = read_tenant(&tenant("one"), attributes(&changed));
                if path == ["webhook_tokens"] && changed.get("webhook_tokens").is_some() {
                    assert_eq!(read.unwrap_err().attribute, "webhook_tokens");
                    continue;
                }
                let read = read.unwrap();
                let is_connected = read.salesforce.is_some();
                assert!(is_connected || path == ["salesforce"] || last == "org_id", "{path:?}");
            }
        }
    }
    let mut paused = item;
    paused["state"] = json!({ "M": { "is": { "S": "hibernating" } } });
    assert_eq!(read_tenant(&tenant("one"), attributes(&paused)).unwrap().state, ConnectionState::Connected);
}

#[test]
fn a_pending_entry_of_which_the_verdict_is_not_understood_is_unreadable() {
    let mut item = entries(FIXTURES[0]).into_iter().find(|item| item["state"]["S"] == "pending").unwrap();
    item["decision"]["M"]["verdict"] = json!({ "M": { "log": { "S": "deferred" } } });
    assert_eq!(Entry::read(attributes(&item)).unwrap_err().attribute, "decision");
    item["state"] = json!({ "S": "skipped" });
    assert_eq!(read(&item).decision, None);
}

#[test]
fn a_decision_whose_facts_are_not_understood_stands() {
    for mut item in entries(FIXTURES[0]).into_iter().filter(|item| item.get("decision").is_some()) {
        let before = read(&item).decision.unwrap();
        item["decision"]["M"]["basis"] = json!({ "S": "of the future" });
        let entry = read(&item);
        let again =
            rules::decide::decide(&entry.document, &Settings::default(), &Company::default(), entry.decision.as_ref())
                .unwrap();
        assert_eq!(again.verdict, before.verdict);
        assert!(matches!(again.verdict, Verdict::Log(_) | Verdict::Skip(_)));
    }
}

#[tokio::test]
async fn what_is_written_names_its_schema() {
    let f = Fixture::new().await;
    let dynamodb = &f.tables.dynamodb;
    let tenants = Tenants::new(dynamodb.clone(), "TenantsTable");
    tenants.create(&f.tenant, moment(START)).await.unwrap();
    tenants.put(&crate::Tenant::new(tenant("two"))).await.unwrap();
    let history = History::new(dynamodb.clone(), "ConsoleTable");
    let settings = SettingsStore::new(dynamodb.clone(), "SettingsTable").with_history(history);
    settings.put(&f.tenant, &Settings::default(), "user@example.com", moment(START)).await.unwrap();
    ApiTokens::new(dynamodb.clone(), "ConsoleTable")
        .create(&f.tenant, "Reports", "user@example.com", moment(START))
        .await
        .unwrap();
    let phone = rules::E164::parse("+33612345678").unwrap();
    let matched = crate::PhoneMatch { record: record(), ours: None, expires_at: moment(START) };
    Phones::new(dynamodb.clone(), "PhonesTable").put_many(&f.tenant, &[(phone, matched)].into()).await.unwrap();
    f.ended(7, 0).await;
    f.calls.put_message_aggregate(&f.tenant, &aggregate(), None, moment(START)).await.unwrap();
    for (table, count) in
        [("CallsTable", 2), ("ConsoleTable", 3), ("PhonesTable", 1), ("SettingsTable", 1), ("TenantsTable", 2)]
    {
        let mut items = dynamodb.scan().table_name(table).send().await.unwrap().items.unwrap_or_default();
        // It only counts.
        items.retain(|item| !item.contains_key("count"));
        assert_eq!(items.len(), count, "{table}: {items:#?}");
        for item in items {
            assert_eq!(item.get("schema"), Some(&AttributeValue::N("1".to_owned())), "{table}: {item:#?}");
        }
    }
}
