//! Random calls and messages under random faults, while people write too: each call becomes one Task or fails with a
//! reason, no record is created twice, and nothing that anybody said is lost or said twice.
//!
//! Runs six cases with a fixed seed, some with the key field and some without it; `RANDOM_FAULTS=100` runs a hundred.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use local::demo::bodies::{CallBody, MessageBody};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// Cases by default.
const CASES: usize = 6;
/// Cases that share a stack.
const SIDE_BY_SIDE: usize = 3;
/// When the last effect of a request comes whose answer is lost, milliseconds.
const LAST_EFFECT_MS: u64 = 2_500;
/// The most notes of people in one case.
const MAX_NOTES: usize = 3;
/// When the writer of every other stack is killed, milliseconds after the start.
const KILLED_AFTER: std::ops::Range<u64> = 2_000..6_000;

/// One step of a case.
#[derive(Clone, Debug)]
enum Step {
    /// This many calls end, the next ones of the case.
    Calls(usize),
    /// A comment is added to a call that has ended, chosen by its index among them.
    Comment(usize),
    /// A tag is added to such a call.
    Tag(usize),
    /// A message arrives from the phone number with this index.
    Message(usize),
    /// A person adds a note to the Task of such a call.
    Note(usize),
    /// A fault is scripted for a later request.
    Fault(Value),
    /// All sessions end.
    Expire,
    /// Two more writers run at once, beside the one that the queue wakes.
    Writers,
    /// A pause, milliseconds.
    Pause(u64),
}

#[derive(Clone, Debug)]
struct Case {
    unique_key_field: bool,
    index_lag_ms: u64,
    unknown_number: &'static str,
    message_tasks: &'static str,
    /// The phone number of each call, as an index below [`PHONES`].
    phones: Vec<usize>,
    steps: Vec<Step>,
}

/// Phone numbers with an index below this one belong to Contacts.
const KNOWN_PHONES: usize = 4;
const PHONES: usize = 10;

fn fault() -> impl Strategy<Value = Value> {
    let session = json!([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]);
    let path = prop::sample::select(vec![
        "/search",
        "/composite/sobjects",
        "/composite/graph",
        "/composite/?$",
        "/sobjects/Task/",
        "/query",
        "/services/data",
    ]);
    let answer = prop::sample::select(vec![
        json!({"status": 503, "body": "<html>Service Unavailable</html>"}),
        json!({"status": 503, "commit": true}),
        json!({"status": 500, "commit": true, "delay_ms": 300}),
        json!({"drop": true}),
        json!({"drop": true, "commit": true}),
        json!({"drop": true, "effect_after_ms": 300}),
        json!({"drop": true, "effect_after_ms": LAST_EFFECT_MS}),
        json!({"status": 504, "effect_after_ms": 1_500}),
        json!({"status": 429}),
        json!({"status": 401, "body": session}),
        json!({"delay_ms": 400}),
    ]);
    let request = (path, answer, 1..3_u32).prop_map(|(path, mut fault, times)| {
        fault["path"] = json!(path);
        fault["times"] = json!(times);
        fault
    });
    let error = prop::sample::select(vec![
        "UNABLE_TO_LOCK_ROW",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "INVALID_CROSS_REFERENCE_KEY",
        "UNKNOWN_EXCEPTION",
    ]);
    let sobject = prop::sample::select(vec!["Task", "Contact", "Lead", "Account", "Case"]);
    let record = (sobject, error, 1..4_u32).prop_map(|(sobject, code, times)| {
        json!({"record": {"sobject": sobject}, "times": times, "error": {"code": code, "message": "No."}})
    });
    let token = Just(json!({"path": "/services/oauth2/token", "delay_ms": 500}));
    prop_oneof![5 => request, 4 => record, 1 => token]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..8_usize).prop_map(Step::Calls),
        4 => (0..100_usize).prop_map(Step::Comment),
        2 => (0..100_usize).prop_map(Step::Tag),
        4 => (0..PHONES).prop_map(Step::Message),
        2 => (0..100_usize).prop_map(Step::Note),
        7 => fault().prop_map(Step::Fault),
        1 => Just(Step::Expire),
        2 => Just(Step::Writers),
        5 => (50..1_200_u64).prop_map(Step::Pause),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let unknown = prop::sample::select(vec!["create_contact", "create_lead", "create_account", "create_contact"]);
    let steps = prop::collection::vec(step(), 20..40);
    let phones = prop::collection::vec(0..PHONES, 60);
    let messages = prop::sample::select(vec!["per_message", "per_conversation"]);
    (any::<bool>(), prop::sample::select(vec![0_u64, 60_000]), unknown, messages, phones, steps).prop_map(
        |(unique_key_field, index_lag_ms, unknown_number, message_tasks, phones, steps)| Case {
            unique_key_field,
            index_lag_ms,
            unknown_number,
            message_tasks,
            phones,
            steps,
        },
    )
}

/// A running case.
struct Run {
    case: Case,
    env: TestEnv,
    ended: Vec<CallBody>,
    /// The tags of calls, by key.
    tags: BTreeMap<String, Vec<String>>,
    /// The texts of the messages.
    messages: Vec<String>,
    /// The notes that people added to Tasks, with the key of the call.
    notes: Vec<(String, String)>,
    faults: u64,
    events: u64,
}

fn phone(n: usize) -> String {
    format!("+33 6 39 98 00 {n:02}")
}

impl Run {
    async fn begin(running: &Arc<Running>, case: Case, rotate_refresh_tokens: bool) -> Self {
        let options = Options {
            unique_key_field: case.unique_key_field,
            index_lag_ms: case.index_lag_ms,
            rotate_refresh_tokens,
            ..Options::default()
        };
        let mut env = TestEnv::within(running, options).await;
        // A killed writer delays its tenant by a minute, and the pauses of an org that is down double each time.
        env.timeout = Duration::from_mins(20);
        let cases = case.unknown_number == "create_contact";
        let relate_to = if cases { "case" } else { "nothing" };
        let settings = json!({"unknown_number": case.unknown_number, "relate_to": relate_to,
            "create_case_if_none": cases, "message_tasks": case.message_tasks});
        env.put_settings(settings).await;
        (0..KNOWN_PHONES).for_each(|n| drop(env.contact(&format!("Sample {n}"), &phone(n))));
        let (ended, tags, messages, notes) = (Vec::new(), BTreeMap::new(), Vec::new(), Vec::new());
        Self { case, env, ended, tags, messages, notes, faults: 0, events: 0 }
    }

    async fn execute(&mut self) {
        for step in self.case.steps.clone() {
            match step {
                Step::Calls(count) => {
                    let ids = (self.ended.len()..self.case.phones.len()).take(count);
                    let calls: Vec<_> =
                        ids.map(|id| CallBody::inbound(id as u64).from(&phone(self.case.phones[id]))).collect();
                    self.events += calls.len() as u64;
                    self.env.post_all(calls.iter().map(|call| call.event("call.ended"))).await;
                    self.ended.extend(calls);
                }
                Step::Comment(_) | Step::Tag(_) | Step::Note(_) if self.ended.is_empty() => {}
                Step::Comment(which) => {
                    let at = which % self.ended.len();
                    // Aircall accepts five.
                    if self.ended[at].event("call.commented")["data"]["comments"].as_array().map_or(0, Vec::len) == 5 {
                        continue;
                    }
                    self.events += 1;
                    let after = 60 + i64::try_from(self.events).expect("few");
                    let call = self.ended[at].clone().commented_after(after, "Wants two more.");
                    self.env.post(call.event("call.commented")).await;
                    self.ended[at] = call;
                }
                Step::Tag(which) => {
                    let at = which % self.ended.len();
                    self.events += 1;
                    let tag = format!("Tag {}", self.events);
                    let after = 60 + i64::try_from(self.events).expect("few");
                    let call = self.ended[at].clone().tagged_after(after, &tag);
                    self.tags.entry(call.key()).or_default().push(tag);
                    self.env.post(call.event("call.tagged")).await;
                    self.ended[at] = call;
                }
                Step::Message(phone_index) => {
                    self.events += 1;
                    let n = self.messages.len() as u64;
                    let text = format!("Message No. {n}.");
                    let body = MessageBody::inbound(n).with(&phone(phone_index)).saying(&text);
                    let sent_at = body.sent_at() + SignedDuration::from_secs(i64::try_from(n).expect("few"));
                    self.env.post(body.at(sent_at).event()).await;
                    self.messages.push(text);
                }
                Step::Note(which) => self.add_note(which % self.ended.len()).await,
                Step::Fault(fault) => {
                    self.faults += fault["times"].as_u64().unwrap_or(1);
                    self.env.fault(json!([fault])).await;
                }
                Step::Expire => self.env.expire_sessions().await,
                Step::Writers => {
                    let (one, other) = (self.env.run_another_writer(), self.env.run_another_writer());
                    tokio::join!(one, other);
                }
                Step::Pause(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            }
        }
        self.env.wait_until_idle().await;
        tokio::time::sleep(Duration::from_millis(LAST_EFFECT_MS)).await;
        self.env.wait_until_idle().await;
    }

    /// A person adds a note to a Task, if there is one that has not been changed for some seconds, as somebody who reads
    /// it first does.
    async fn add_note(&mut self, at: usize) {
        let call = &self.ended[at];
        let key = if self.case.unique_key_field { "Aircall_Key__c" } else { "CallObject" };
        let Some(task) = self.env.records("Task").into_iter().find(|task| task[key] == call.key()) else { return };
        let note = format!("Note No. {}.", self.notes.len());
        let text = format!("{}\n{note}", task["Description"].as_str().unwrap_or_default());
        if self.notes.len() < MAX_NOTES && self.env.edit_unmodified(&task, json!({"Description": text})).await {
            self.notes.push((call.key(), note));
        }
    }

    /// The violated expectations at the end of the case.
    async fn problems(&self) -> Vec<String> {
        let env = &self.env;
        let mut problems = Vec::new();
        let tasks = env.records("Task");
        let key = if self.case.unique_key_field { "Aircall_Key__c" } else { "CallObject" };
        let tasks_of = |call: &CallBody| tasks.iter().filter(|task| task[key] == call.key()).collect::<Vec<_>>();
        let mut logged = 0;
        for call in &self.ended {
            let entry = env.activity(&call.key()).await;
            let tasks = tasks_of(call);
            match entry["state"].as_str().unwrap_or_default() {
                "logged" if tasks.len() == 1 && tasks[0]["Id"] == entry["task_id"] => {
                    logged += 1;
                    let text = tasks[0]["Description"].as_str().unwrap_or_default();
                    let comments = call.event("call.commented")["data"]["comments"].as_array().map_or(0, Vec::len);
                    if text.matches("Wants two more.").count() != comments {
                        problems
                            .push(format!("{}: the {comments} comments are not each there once: {text}", call.key()));
                    }
                    let tags = self.tags.get(&call.key()).map(|tags| tags.join(", "));
                    let lines = text.lines().filter(|line| line.starts_with("Tags:")).count();
                    if tasks[0]["CallDisposition"] != json!(tags) || lines != usize::from(tags.is_some()) {
                        problems.push(format!("{}: not the tags {tags:?}: {}", call.key(), tasks[0]));
                    }
                }
                // Only these codes are permanent failures.
                "failed" if entry["problem"]["code"].as_str().is_some_and(is_final) && tasks.len() <= 1 => {}
                state => {
                    problems.push(format!(
                        "{} is {state}, has {} Tasks: {}",
                        call.key(),
                        tasks.len(),
                        entry["problem"]
                    ));
                }
            }
        }
        for (call, note) in &self.notes {
            let is_held = tasks.iter().any(|task| task[key] == *call && count(task, note) == 1);
            if !is_held {
                problems.push(format!("{call} lacks a person's note: {note}"));
            }
        }
        let entries = env.entries().await;
        let is_call = |entry: &&Value| entry["key"].as_str().is_some_and(|key| key.starts_with("call-"));
        if entries.iter().filter(is_call).count() != self.ended.len() {
            problems.push(format!("{} entries, {} calls", entries.len(), self.ended.len()));
        }
        let failed = |entry: &&Value| entry["problem"]["code"].as_str().is_some_and(is_final);
        let unsettled = |entry: &&Value| entry["state"] != "logged" && !(entry["state"] == "failed" && failed(entry));
        problems
            .extend(entries.iter().filter(unsettled).map(|entry| format!("{}: {}", entry["key"], entry["problem"])));
        let has_failed = entries.iter().any(|entry| !is_call(&entry) && failed(&entry));
        for message in &self.messages {
            let times: usize = tasks.iter().map(|task| count(task, message)).sum();
            if times != 1 && !(times == 0 && has_failed) {
                problems.push(format!("{message} is there {times} times"));
            }
        }
        let keys: BTreeSet<String> = tasks.iter().map(|task| task[key].to_string()).collect();
        if keys.len() != tasks.len() || tasks.len() < logged {
            problems.push(format!("{} Tasks of {} calls", tasks.len(), keys.len()));
        }
        for (sobject, field) in [("Contact", "Phone"), ("Lead", "Phone"), ("Account", "Phone"), ("Case", "ContactId")] {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for record in env.records(sobject) {
                *counts.entry(record[field].as_str().unwrap_or_default().replace(' ', "")).or_default() += 1;
            }
            let twice = counts.into_iter().filter(|(_, count)| *count > 1);
            problems.extend(twice.map(|(value, count)| format!("{count} {sobject}s of {value}")));
        }
        let connection = env.connection().await;
        let token = env.tokens().await["refresh_token"].as_str().unwrap_or_default().to_owned();
        if connection["state"] != "connected" || !env.tenant.org.has_grant(&token) {
            problems.push(format!("the connection is {}", connection["state"]));
        }
        let (calls, bound) = (env.api_calls().await.total, self.bound());
        println!(
            "{} events, {} faults: {calls} API calls, at most {bound}; {logged} of {} calls logged",
            self.events,
            self.faults,
            self.ended.len()
        );
        if calls > bound {
            problems.push(format!("{calls} API calls, more than {bound}"));
        }
        problems
    }

    /// The most API calls: three for each event, as if each were written alone; and for each fault a repetition of its
    /// request, a probe whether the org answers, and the queries that find out what was written.
    fn bound(&self) -> u64 {
        10 + 3 * self.events + 6 * self.faults
    }
}

fn count(task: &Value, text: &str) -> usize {
    task["Description"].as_str().unwrap_or_default().matches(text).count()
}

fn is_final(code: &str) -> bool {
    ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "INVALID_CROSS_REFERENCE_KEY"].contains(&code)
}

fn sample<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).expect("a value").current()
}

/// Runs these cases concurrently in a stack of their own. Either the writer is killed during the run or refresh tokens
/// rotate, but not both: a writer that is killed between Salesforce's response and storing the new token loses the only
/// valid refresh token, which cannot be recovered.
async fn run_cases(name: String, first: usize, cases: Vec<Case>, killed_after: Option<u64>) {
    let parameters = vec![("LateEffectSeconds".to_owned(), "10".to_owned())];
    let running = Running::start_with(&name, local::Options { parameters, ..Default::default() }).await;
    let mut runs = tokio::task::JoinSet::new();
    for case in cases {
        let running = Arc::clone(&running);
        runs.spawn(async move {
            let mut run = Run::begin(&running, case, killed_after.is_none()).await;
            run.execute().await;
            (run.problems().await, run.case)
        });
    }
    if let Some(after) = killed_after {
        tokio::time::sleep(Duration::from_millis(after)).await;
        running.stack.kill("write").expect("there is such a function");
    }
    while let Some(run) = runs.join_next().await {
        let (problems, case) = run.expect("a case ends");
        assert!(problems.is_empty(), "{name}, cases from {first}:\n{}\n{case:#?}", problems.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_logged_once_or_has_failed_with_a_reason_whatever_goes_wrong() {
    let wanted = std::env::var("RANDOM_FAULTS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> = (0..wanted).map(|_| sample(&mut runner, &case())).collect();
    let mut stacks = cases.chunks(SIDE_BY_SIDE).map(<[Case]>::to_vec).enumerate();
    while let Some((at, rotating)) = stacks.next() {
        let killed_after = sample(&mut runner, &KILLED_AFTER);
        let killed = stacks.next();
        let rotating = run_cases(format!("random-faults-{at}"), at * SIDE_BY_SIDE, rotating, None);
        let killed = async {
            if let Some((at, cases)) = killed {
                run_cases(format!("random-faults-{at}-killed"), at * SIDE_BY_SIDE, cases, Some(killed_after)).await;
            }
        };
        tokio::join!(rotating, killed);
    }
}
