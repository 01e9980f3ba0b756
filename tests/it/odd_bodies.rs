//! Bodies with keys removed, nulled, retyped and reordered, in any order and twice: none is refused or retried, each call has an
//! entry and at most one Task, and the order changes nothing. `ODD_BODIES` says how many, `ODD_BODIES_SEED` which ones.

use std::collections::{BTreeMap, BTreeSet};

use local::demo::bodies::{CallBody, MessageBody};
use reqwest::StatusCode;
use serde_json::{Value, json};

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

/// The bodies, each with what identifies its call; some of them say nothing that identifies it.
struct Bodies {
    /// With the token as [`TOKEN`].
    all: Vec<String>,
    /// The keys of the calls.
    calls: BTreeSet<String>,
    /// Those whose `call.ended` is as Aircall sends it.
    whole: BTreeSet<String>,
}

/// Stands for the token of a tenant's webhook.
const TOKEN: &str = "the token";

fn bodies(count: usize, random: &mut Random) -> Bodies {
    let (mut all, mut calls, mut whole) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for n in 0.. {
        if all.len() >= count {
            break;
        }
        let id = 10_000 + n;
        let is_message = n % 5 == 4;
        let events = if is_message {
            vec![MessageBody::inbound(id).event()]
        } else {
            let call = if n % 2 == 0 { CallBody::inbound(id) } else { CallBody::outbound(id) };
            let call = if n % 3 == 0 { call } else { call.answered_after(5) };
            calls.insert(format!("call-{id}"));
            call.tagged_after(60, "Order").commented_after(90, "Two more.").all_events()
        };
        for mut event in events {
            event["token"] = json!(TOKEN);
            let mut changed = odd(event.clone(), random);
            // One in forty does not even say which call it is about.
            if random.below(40) == 0 {
                changed["data"] = if random.below(2) == 0 { json!({"status": "done"}) } else { json!(null) };
            }
            if changed == event && event["event"] == "call.ended" {
                whole.insert(format!("call-{id}"));
            }
            all.push(reordered(&changed, random));
        }
    }
    Bodies { all, calls, whole }
}

/// What became of the bodies: the state of each entry, and the Task of each key.
struct Outcome {
    entries: BTreeMap<String, Value>,
    tasks: BTreeMap<String, Value>,
}

/// Delivers each body twice, in a random order.
async fn deliver(env: &TestEnv, bodies: &Bodies, random: &mut Random) -> Outcome {
    let mut twice = [bodies.all.clone(), bodies.all.clone()].concat();
    random.shuffle(&mut twice);
    for body in twice {
        let body = body.replace(TOKEN, &env.tenant.webhook_token);
        let answer = env.post_raw(body.clone()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{body}");
    }
    env.wait_until_idle().await;
    let key = |value: &Value| value.as_str().unwrap().to_owned();
    let entries = env.entries().await.into_iter().map(|entry| (key(&entry["key"]), entry)).collect();
    let mut tasks = BTreeMap::new();
    for task in env.records("Task") {
        let key = key(&task["Aircall_Key__c"]);
        assert!(tasks.insert(key.clone(), task).is_none(), "two Tasks of {key}");
    }
    Outcome { entries, tasks }
}

fn check(outcome: &Outcome, bodies: &Bodies) {
    let Outcome { entries, tasks } = outcome;
    let missing: Vec<_> = bodies.calls.iter().filter(|key| !entries.contains_key(*key)).collect();
    assert!(missing.is_empty(), "no entry for {missing:?}");
    let failed: Vec<_> = entries.values().filter(|entry| entry["state"] == "failed").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    for (key, entry) in entries {
        assert_eq!(entry["state"] == "logged", tasks.contains_key(key), "{key} {entry:#}");
        let is_unread = key.starts_with("unread-");
        assert!(!is_unread || entry["kind"] == "unreadable", "{key} {entry:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_is_an_error_and_their_order_does_not_matter() {
    let (count, seed) = (setting("ODD_BODIES", 60), setting("ODD_BODIES_SEED", 17));
    println!("ODD_BODIES={count} ODD_BODIES_SEED={seed}");
    let running = Running::start("odd-bodies").await;
    let mut random = Random(seed);
    let bodies = bodies(usize::try_from(count).unwrap(), &mut random);
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let mut env = TestEnv::within(&running, salesforce_sandbox::Options::default()).await;
        env.timeout *= 20;
        env.put_settings(json!({"unknown_number": "create_contact"})).await;
        let outcome = deliver(&env, &bodies, &mut random).await;
        check(&outcome, &bodies);
        let dead = env.running.stack.info().queues["EventsDeadLetterQueue"].clone();
        assert!(env.is_empty(&dead).await, "a body was retried until it was given up");
        outcomes.push(outcome);
    }
    let [one, other] = &outcomes[..] else { unreachable!() };
    assert_eq!(one.entries.keys().collect::<Vec<_>>(), other.entries.keys().collect::<Vec<_>>());
    // A Task keeps what it was created with, but what is known of a call does not depend on the order.
    for (key, entry) in one.entries.iter().filter(|(key, _)| !key.starts_with("unread-")) {
        for field in ["state", "kind", "direction", "call_type", "started_at", "number", "external_number", "user"] {
            assert_eq!(entry[field], other.entries[key][field], "{field} of {key}: {entry:#}");
        }
    }
    // The party may be unreadable in another event, but not in that of its end.
    for key in &bodies.whole {
        assert!(one.tasks.contains_key(key), "{key} is not logged: {:#}", one.entries[key]);
    }
}
