//! Checks that the org's task statuses have the meaning that the integration expects.

use rules::TaskStatus;

use super::CheckStatus::{Missing, Ok, Warning};
use super::OrgCheck;
use crate::Record;

/// `statuses` are the records of [`crate::Soql::task_statuses`].
pub(super) fn check(statuses: &[Record], check: &mut OrgCheck) {
    // If a status for completed calls is not closed, a logged call shows as an open task.
    for (status, is_closed, shown) in
        [(TaskStatus::Completed, true, "Past Activities"), (TaskStatus::InProgress, false, "Next Steps")]
    {
        let name = status.as_str();
        let what = format!("Task status {name}");
        match statuses.iter().find(|known| known.str("ApiName") == Some(name)).map(|known| known.bool("IsClosed")) {
            Some(Some(closed)) if closed == is_closed => {
                check.note(what, Ok, format!("The org has it, and its Tasks show under {shown}."));
            }
            Some(_) => {
                let is = if is_closed { "an open" } else { "a closed" };
                let message = format!("In this org it is {is} status: calls logged with it do not show under {shown}.");
                check.note(what, Missing, message);
            }
            None if is_closed => {
                let message = format!("The org has no such status: calls logged with it do not show under {shown}.");
                check.note(what, Missing, message);
            }
            None => {
                let message = format!("The org has no such status: calls logged with it still show under {shown}.");
                check.note(what, Warning, message);
            }
        }
    }
}
