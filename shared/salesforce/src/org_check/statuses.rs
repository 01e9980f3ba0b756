//! Checks which of the org's own statuses stand for a Task that is completed or in progress.

use rules::{StatusChoice, StatusNames, TaskStatus};

use super::CheckStatus::{Missing, Ok, Warning};
use super::OrgCheck;

pub(super) fn check(choice: &StatusChoice, check: &mut OrgCheck) {
    let list = &check.lists.statuses;
    if list.is_empty() {
        return;
    }
    let names = StatusNames::choose(list, choice, |_| false);
    let items = [
        (TaskStatus::Completed, "Completed", "Past Activities", "closed"),
        (TaskStatus::InProgress, "In progress", "Next Steps", "open"),
    ];
    let items = items.map(|(status, what, shown, kind)| {
        let what = format!("Task status for {what}");
        match (names.name(status), choice.get(status)) {
            (Some(name), Some(chosen)) if name != chosen => (
                what,
                Warning,
                format!("The org has no {kind} status {chosen} any more: calls are logged as {name}, under {shown}."),
            ),
            (Some(name), _) => (what, Ok, format!("Calls are logged as {name}, and show under {shown}.")),
            (None, _) => (what, Missing, format!("The org has no {kind} status: calls do not show under {shown}.")),
        }
    });
    for (what, status, message) in items {
        check.note(what, status, message);
    }
}
