//! Bodies with keys removed, nulled, retyped and reordered, in any order and twice: none is refused or retried, each call has an
//! entry, and no call two Tasks. `ODD_BODIES` says how many, `ODD_BODIES_SEED` which ones.

use std::collections::{BTreeMap, BTreeSet};

use local::demo::bodies::{CallBody, MessageBody};
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use crate::support::{Running, TestEnv};

/// A sequence of random numbers: <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index + 1));
        }
    }

    fn value(&mut self) -> Value {
        let values = [
            json!(null),
            json!(""),
            json!("ODD"),
            json!(0),
            json!(-1),
            json!("1774254600"),
            json!(1.5),
            json!(true),
            json!([]),
            json!([null, "a", {}]),
            json!({}),
            json!({"id": "7"}),
        ];
        values[self.below(values.len())].clone()
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// The paths of all values within `value`, but for the envelope's event and token, and the id of the call.
fn paths(value: &Value, at: &str, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (format!("{at}/{key}"), value)).collect(),
        Value::Array(array) => array.iter().enumerate().map(|(n, value)| (format!("{at}/{n}"), value)).collect(),
        _ => Vec::new(),
    };
    for (path, child) in children {
        if !["/event", "/token", "/data", "/data/id"].contains(&path.as_str()) {
            all.push(path.clone());
        }
        paths(child, &path, all);
    }
}

/// Changes up to five values of a body.
fn odd(mut body: Value, random: &mut Random) -> Value {
    for _ in 0..random.below(6) {
        let mut all = Vec::new();
        paths(&body, "", &mut all);
        let path = all[random.below(all.len())].clone();
        let (parent, key) = path.rsplit_once('/').expect("a path");
        let is_removed = random.below(2) == 0;
        match body.pointer_mut(parent) {
            Some(Value::Object(object)) if is_removed => drop(object.remove(key)),
            Some(Value::Object(object)) => drop(object.insert(key.to_owned(), random.value())),
            Some(Value::Array(array)) => array[key.parse::<usize>().expect("an index")] = random.value(),
            _ => {}
        }
    }
    body
}

/// The text of a body with the keys of each object in another order.
fn reordered(value: &Value, random: &mut Random) -> String {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> =
                object.iter().map(|(key, value)| format!("{}:{}", json!(key), reordered(value, random))).collect();
            random.shuffle(&mut fields);
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(array) => {
            format!("[{}]", array.iter().map(|value| reordered(value, random)).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a long proof, to be run by its name"]
async fn no_body_is_an_error() {
    let (count, seed) = (setting("ODD_BODIES", 300), setting("ODD_BODIES_SEED", 17));
    let running = Running::start("odd-bodies").await;
    let mut env = TestEnv::within(&running, salesforce_sandbox::Options::default()).await;
    env.timeout *= 20;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let mut random = Random(seed);
    let (mut bodies, mut calls) = (Vec::new(), BTreeSet::new());
    for n in 0.. {
        if u64::try_from(bodies.len()).unwrap() >= count {
            break;
        }
        let id = 10_000 + n;
        let events = if n % 5 == 4 {
            vec![MessageBody::inbound(id).event()]
        } else {
            let call = if n % 2 == 0 { CallBody::inbound(id) } else { CallBody::outbound(id) };
            let call = if n % 3 == 0 { call } else { call.answered_after(5) };
            calls.insert(format!("call-{id}"));
            call.tagged_after(60, "Order").commented_after(90, "Two more.").all_events()
        };
        for mut event in events {
            event["token"] = json!(env.tenant.webhook_token);
            bodies.push(reordered(&odd(event, &mut random), &mut random));
        }
    }
    let mut twice = [bodies.clone(), bodies].concat();
    random.shuffle(&mut twice);
    for body in twice {
        let answer = env.post_raw(body.clone()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{body}");
    }
    env.wait_until_idle().await;

    let dead = env.running.stack.info().queues["EventsDeadLetterQueue"].clone();
    assert!(env.is_empty(&dead).await, "a body was retried until it was given up; seed {seed}");
    let entries: BTreeMap<String, Value> =
        env.entries().await.into_iter().map(|entry| (entry["key"].as_str().unwrap().to_owned(), entry)).collect();
    let missing: Vec<_> = calls.iter().filter(|key| !entries.contains_key(*key)).collect();
    assert!(missing.is_empty(), "no entry for {missing:?}; seed {seed}");
    let failed: Vec<_> = entries.values().filter(|entry| entry["state"] == "failed").collect();
    assert!(failed.is_empty(), "{failed:#?}; seed {seed}");
    let mut tasks: Map<String, Value> = Map::new();
    for task in env.records("Task") {
        let key = task["Aircall_Key__c"].as_str().unwrap().to_owned();
        assert!(tasks.insert(key.clone(), task).is_none(), "two Tasks of {key}; seed {seed}");
    }
    for (key, entry) in &entries {
        assert_eq!(entry["state"] == "logged", tasks.contains_key(key), "{key} {entry:#}; seed {seed}");
    }
}
