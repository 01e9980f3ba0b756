//! Compares the results with the expected ones.

use rules::RecordKind;
use salesforce_sandbox::Org;

use super::{
    api::Entry,
    org::{self, Task},
    scenario::{Expected, Outcome, Scene},
};

/// The differences from the expected results, a line for each.
pub(super) fn mismatches(scenes: &[Scene], org: &Org, activity: &[Entry]) -> Vec<String> {
    let tasks = org::tasks(org);
    let mut mismatches = Vec::new();
    for scene in scenes {
        let key = scene.interaction.key();
        let call_tasks: Vec<&Task> = tasks.iter().filter(|task| task.key == key).collect();
        let entry = activity.iter().find(|entry| entry.key == key);
        let found = match (&scene.outcome, call_tasks.as_slice(), entry) {
            (_, _, None) => vec!["it is not in the activity log".to_owned()],
            (Outcome::Task(expected), [task], Some(entry)) => {
                let state = differs("state", &entry.state, "logged");
                state.into_iter().chain(task_mismatches(expected, task, org)).collect()
            }
            (Outcome::Task(_), tasks, Some(entry)) => {
                vec![format!("expected 1 Task, found {}; the entry is {}: {}", tasks.len(), entry.state, entry.reason)]
            }
            (Outcome::Skipped(reason), [], Some(entry)) => {
                let state = differs("state", &entry.state, "skipped");
                state.into_iter().chain(differs("reason", &entry.reason, reason.sentence())).collect()
            }
            (Outcome::Skipped(_), tasks, Some(_)) => vec![format!("expected no Task, found {}", tasks.len())],
        };
        mismatches.extend(found.into_iter().map(|mismatch| format!("{key}: {mismatch}")));
    }
    mismatches
}

fn task_mismatches(expected: &Expected, task: &Task, org: &Org) -> Vec<String> {
    let Expected { kind, name, status, owner, result, says } = expected;
    let mut mismatches: Vec<String> = [
        differs("Status", &task.status, status.as_str()),
        differs("owner", &task.owner, owner),
        differs("CallDisposition", task.result.as_deref().unwrap_or_default(), result.unwrap_or_default()),
    ]
    .into_iter()
    .flatten()
    .collect();
    match &task.record {
        Some((on, named)) if on == kind && named == name => {}
        Some((on, named)) => mismatches.push(format!("it is on the {on} {named}, not on the {kind} {name}")),
        None => mismatches.push(format!("it is on no record, not on the {kind} {name}")),
    }
    match org::count_named(org, *kind, name) {
        1 => {}
        count => mismatches.push(format!("expected 1 {kind} {name}, found {count}")),
    }
    let is_of_open_case = task.case.as_ref().is_some_and(|case| !case.is_closed && case.is_of_contact);
    if *kind == RecordKind::Contact && !is_of_open_case {
        mismatches.push("it is not related to an open Case of its Contact".to_owned());
    }
    if *kind != RecordKind::Contact && task.case.is_some() {
        mismatches.push("it is related to a Case, but its record is not a Contact".to_owned());
    }
    let missing = says.iter().filter(|text| !task.description.contains(**text));
    mismatches.extend(missing.map(|text| format!("its Description does not contain “{text}”")));
    mismatches
}

fn differs(what: &str, actual: &str, expected: &str) -> Option<String> {
    (actual != expected).then(|| format!("its {what} is “{actual}”, not “{expected}”"))
}

#[cfg(test)]
mod tests;
