//! What has to hold at the end of a case.

use std::collections::{BTreeMap, BTreeSet};

use local::demo::bodies::CallBody;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::Run;

impl Run {
    /// The violated expectations at the end of the case.
    pub(super) async fn problems(&mut self) -> Vec<String> {
        let rotations = std::mem::take(&mut self.rotations).join_all().await;
        let refused = rotations.into_iter().filter(|status| *status != StatusCode::OK);
        let mut problems: Vec<String> = refused.map(|status| format!("a rotation failed with {status}")).collect();
        let env = &self.env;
        if env.webhooks().await.len() != 1 {
            problems.push(format!("not one webhook: {:?}", env.webhooks().await));
        }
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
