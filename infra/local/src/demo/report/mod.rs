//! Whether the day ended as it should.

use rules::RecordKind;
use salesforce_sandbox::Org;

use super::{
    api::Entry,
    org::{self, Task},
    scenario::{Ending, Expected, Scene},
};

/// What is not as it should be, a line for each.
pub(super) fn mismatches(scenes: &[Scene], org: &Org, activity: &[Entry]) -> Vec<String> {
    let tasks = org::tasks(org);
    let mut mismatches = Vec::new();
    for scene in scenes {
        let key = scene.interaction.key();
        let of_call: Vec<&Task> = tasks.iter().filter(|task| task.key == key).collect();
        let entry = activity.iter().find(|entry| entry.key == key);
        let found = match (&scene.ending, of_call.as_slice(), entry) {
            (_, _, None) => vec!["it is not in the activity log".to_owned()],
            (Ending::Task(expected), [task], Some(entry)) => {
                let state = differs("state", &entry.state, "logged");
                state.into_iter().chain(of_task(expected, task, org)).collect()
            }
            (Ending::Task(_), tasks, Some(entry)) => {
                vec![format!("it has {} Tasks, not one; it is {}: {}", tasks.len(), entry.state, entry.reason)]
            }
            (Ending::Skipped(reason), [], Some(entry)) => {
                let state = differs("state", &entry.state, "skipped");
                state.into_iter().chain(differs("reason", &entry.reason, reason.sentence())).collect()
            }
            (Ending::Skipped(_), tasks, Some(_)) => vec![format!("it has {} Tasks, not none", tasks.len())],
        };
        mismatches.extend(found.into_iter().map(|mismatch| format!("{key}: {mismatch}")));
    }
    mismatches
}

fn of_task(expected: &Expected, task: &Task, org: &Org) -> Vec<String> {
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
        count => mismatches.push(format!("there are {count} records {kind} {name}, not one")),
    }
    let is_of_open_case = task.case.as_ref().is_some_and(|case| !case.is_closed && case.is_of_who);
    if *kind == RecordKind::Contact && !is_of_open_case {
        mismatches.push("it is not related to an open Case of its Contact".to_owned());
    }
    if *kind != RecordKind::Contact && task.case.is_some() {
        mismatches.push("it is related to a Case, and its record is no Contact".to_owned());
    }
    let missing = says.iter().filter(|text| !task.description.contains(**text));
    mismatches.extend(missing.map(|text| format!("its Description does not say “{text}”")));
    mismatches
}

fn differs(what: &str, is: &str, should_be: &str) -> Option<String> {
    (is != should_be).then(|| format!("its {what} is “{is}”, not “{should_be}”"))
}

#[cfg(test)]
mod tests;
