//! Random calls and messages under random faults, while people write too: each call becomes one Task or fails with a
//! reason, no record is created twice, and nothing that anybody said is lost or said twice.
//!
//! Runs six cases with a fixed seed, some with the key field and some without it; `RANDOM_FAULTS=100` runs a hundred.

mod case;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use local::demo::bodies::{CallBody, MessageBody};
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use self::case::{Case, KNOWN_PHONES, LAST_EFFECT_MS, Step, case};
use crate::support::{Running, TestEnv};

/// Cases by default.
const CASES: usize = 6;
/// Cases that share a stack.
const SIDE_BY_SIDE: usize = 3;
/// The most notes of people in one case.
const MAX_NOTES: usize = 3;
/// When the writer of every other stack is killed, milliseconds after the start.
const KILLED_AFTER: std::ops::Range<u64> = 2_000..6_000;

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
