//! Random calls and messages under random faults, while people write too: each call becomes one Task or fails with a
//! reason, no record is created twice, and nothing that anybody said is lost or said twice.
//!
//! Runs six cases with a fixed seed, some with the key field and some without it; `RANDOM_FAULTS=100` runs a hundred.

mod case;
mod check;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use local::demo::bodies::{CallBody, MessageBody};
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use reqwest::{Method, StatusCode};
use salesforce_sandbox::Options;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::case::{Case, KNOWN_PHONES, LAST_EFFECT_MS, Step, case};
use crate::support::{Running, TestEnv};

/// Cases by default.
const CASES: usize = 6;
/// Cases that share a stack.
const SIDE_BY_SIDE: usize = 3;
/// Stacks that run at once. Most of a case is waiting.
const STACKS: usize = 6;
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
    /// The rotations of the webhook that were asked for.
    rotations: JoinSet<StatusCode>,
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
        env.aircall(Method::PUT, "/_sandbox/options", json!({"rate_limit": 0})).await;
        env.connect_aircall().await;
        (0..KNOWN_PHONES).for_each(|n| drop(env.contact(&format!("Sample {n}"), &phone(n))));
        let (ended, tags, messages, notes) = (Vec::new(), BTreeMap::new(), Vec::new(), Vec::new());
        Self { case, env, ended, tags, messages, notes, rotations: JoinSet::new(), faults: 0, events: 0 }
    }

    /// Posts events as Aircall does: with the token of each webhook that is subscribed to them, and none of them is refused,
    /// although that webhook may be deleted meanwhile.
    async fn post(&mut self, events: Vec<Value>) {
        self.events += events.len() as u64;
        let is_subscribed = |webhook: &Value, event: &Value| {
            webhook["active"] == true && webhook["events"].as_array().expect("events").contains(&event["event"])
        };
        for webhook in self.env.webhooks().await {
            webhook["token"].as_str().expect("a token").clone_into(&mut self.env.tenant.webhook_token);
            self.env.post_all(events.iter().filter(|event| is_subscribed(&webhook, event)).cloned()).await;
        }
    }

    async fn execute(&mut self) {
        for step in self.case.steps.clone() {
            match step {
                Step::Calls(count) => {
                    let ids = (self.ended.len()..self.case.phones.len()).take(count);
                    let calls: Vec<_> =
                        ids.map(|id| CallBody::inbound(id as u64).from(&phone(self.case.phones[id]))).collect();
                    self.post(calls.iter().map(|call| call.event("call.ended")).collect()).await;
                    self.ended.extend(calls);
                }
                Step::Comment(_) | Step::Tag(_) | Step::Note(_) if self.ended.is_empty() => {}
                Step::Comment(which) => {
                    let at = which % self.ended.len();
                    // Aircall accepts five.
                    if self.ended[at].event("call.commented")["data"]["comments"].as_array().map_or(0, Vec::len) == 5 {
                        continue;
                    }
                    let call = self.ended[at].clone().commented_after(self.next_second(), "Wants two more.");
                    self.post(vec![call.event("call.commented")]).await;
                    self.ended[at] = call;
                }
                Step::Tag(which) => {
                    let at = which % self.ended.len();
                    let second = self.next_second();
                    let tag = format!("Tag {second}");
                    let call = self.ended[at].clone().tagged_after(second, &tag);
                    self.tags.entry(call.key()).or_default().push(tag);
                    self.post(vec![call.event("call.tagged")]).await;
                    self.ended[at] = call;
                }
                Step::Message(phone_index) => {
                    let n = self.messages.len() as u64;
                    let text = format!("Message No. {n}.");
                    let body = MessageBody::inbound(n).with(&phone(phone_index)).saying(&text);
                    let sent_at = body.sent_at() + SignedDuration::from_secs(i64::try_from(n).expect("few"));
                    self.post(vec![body.at(sent_at).event()]).await;
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
                Step::Rotation => {
                    let request = self.env.rotation();
                    self.rotations.spawn(async { request.send().await.expect("a response").status() });
                }
                Step::Pause(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            }
        }
        self.env.wait_until_idle().await;
        tokio::time::sleep(Duration::from_millis(LAST_EFFECT_MS)).await;
        self.env.wait_until_idle().await;
    }

    /// When the next comment or tag is added, seconds after the start of its call.
    fn next_second(&self) -> i64 {
        61 + i64::try_from(self.events).expect("few")
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
}

fn sample<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).expect("a value").current()
}

/// Cases that share a stack.
struct Group {
    name: String,
    cases: Vec<Case>,
    /// When the writer is killed, milliseconds after the start. Where it is not, refresh tokens rotate. It is never both: a
    /// writer that is killed between Salesforce's response and storing the new token loses the only valid refresh token,
    /// which cannot be recovered.
    killed_after: Option<u64>,
}

impl Group {
    /// Runs the cases concurrently in a stack of their own, and returns their violated expectations.
    async fn run(self) -> Vec<String> {
        let parameters = vec![("LateEffectSeconds".to_owned(), "10".to_owned())];
        let running = Running::start_with(&self.name, local::Options { parameters, ..Default::default() }).await;
        let mut runs = JoinSet::new();
        for case in self.cases {
            let running = Arc::clone(&running);
            runs.spawn(async move {
                let mut run = Run::begin(&running, case, self.killed_after.is_none()).await;
                run.execute().await;
                (run.problems().await, run.case)
            });
        }
        if let Some(after) = self.killed_after {
            tokio::time::sleep(Duration::from_millis(after)).await;
            running.stack.kill("write").expect("there is such a function");
        }
        let failed = runs.join_all().await.into_iter().filter(|(problems, _)| !problems.is_empty());
        failed.map(|(problems, case)| format!("{}:\n{}\n{case:#?}", self.name, problems.join("\n"))).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_logged_once_or_has_failed_with_a_reason_whatever_goes_wrong() {
    let wanted = std::env::var("RANDOM_FAULTS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> = (0..wanted).map(|_| sample(&mut runner, &case())).collect();
    let mut groups = cases.chunks(SIDE_BY_SIDE).enumerate().map(|(at, cases)| {
        let (is_killed, cases) = (at % 2 == 1, cases.to_vec());
        let (first, last) = (at * SIDE_BY_SIDE, at * SIDE_BY_SIDE + cases.len() - 1);
        let name = format!("random-faults-{first}-to-{last}{}", if is_killed { "-killed" } else { "" });
        Group { name, cases, killed_after: is_killed.then(|| sample(&mut runner, &KILLED_AFTER)) }
    });
    let (mut running, mut failed) = (JoinSet::new(), Vec::new());
    loop {
        while running.len() < STACKS
            && let Some(group) = groups.next()
        {
            running.spawn(group.run());
        }
        let Some(problems) = running.join_next().await else { break };
        let problems = problems.expect("a group ends");
        for problem in problems {
            eprintln!("{problem}");
            failed.push(problem);
        }
    }
    assert!(failed.is_empty(), "{} of {wanted} cases:\n{}", failed.len(), failed.join("\n"));
}
