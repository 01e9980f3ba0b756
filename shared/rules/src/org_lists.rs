//! An org's own lists of values, and the statuses that stand for a Task that is completed or in progress.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::task_status::TaskStatus;

/// An org's own lists of values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgLists {
    /// The statuses of Tasks, in the org's order; empty if they are not known.
    #[serde(default)]
    pub statuses: Vec<OrgStatus>,
    /// The active values of picklists that are written, by names such as `Task.Type`, as far as they are known.
    #[serde(default)]
    pub picklists: BTreeMap<String, BTreeSet<String>>,
}

impl OrgLists {
    /// Whether the org is known not to list this value of a picklist. An unrestricted picklist would take it, as a
    /// value that nobody can choose.
    pub fn lacks(&self, picklist: &str, value: &str) -> bool {
        let values = self.picklists.get(picklist);
        values.is_some_and(|values| !values.is_empty() && !values.contains(value))
    }
}

/// A status of the org's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgStatus {
    /// The value of a Task's `Status`.
    pub name: String,
    /// Whether a Task with it is closed, and so under Past Activities.
    pub is_closed: bool,
    /// Whether a Task that is created without a status has it.
    pub is_default: bool,
}

/// The statuses that an admin chose; none where they are chosen by [`StatusNames::choose`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChoice {
    /// The status of completed Tasks.
    #[serde(default)]
    pub completed: Option<String>,
    /// The status of Tasks in progress.
    #[serde(default)]
    pub in_progress: Option<String>,
}

impl StatusChoice {
    /// The choice for `status`.
    pub fn get(&self, status: TaskStatus) -> Option<&str> {
        match status {
            TaskStatus::Completed => self.completed.as_deref(),
            TaskStatus::InProgress => self.in_progress.as_deref(),
        }
    }
}

/// The values of `Status` that are written; none where the org has no such status and gives its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusNames {
    completed: Option<String>,
    in_progress: Option<String>,
}

impl StatusNames {
    /// Chooses from the org's `list`, in its order, what stands for each of our statuses: the admin's choice, else
    /// Salesforce's standard value, else the default of the same kind, else the first of it. What the list does not
    /// have or has as another kind is not chosen, and neither is what the org refuses. An empty list is one that is not
    /// known.
    pub fn choose(list: &[OrgStatus], choice: &StatusChoice, is_refused: impl Fn(&str) -> bool) -> Self {
        let name = |status: TaskStatus| {
            if list.is_empty() {
                return Some(status.as_str()).filter(|name| !is_refused(name)).map(str::to_owned);
            }
            let usable = list.iter().filter(|other| other.is_closed == status.is_closed() && !is_refused(&other.name));
            let usable: Vec<&OrgStatus> = usable.collect();
            let named = |name: &str| usable.iter().find(|other| other.name == name);
            let chosen = choice.get(status).and_then(named).or_else(|| named(status.as_str()));
            let default = || usable.iter().find(|other| other.is_default).or(usable.first());
            chosen.or_else(default).map(|status| status.name.clone())
        };
        Self { completed: name(TaskStatus::Completed), in_progress: name(TaskStatus::InProgress) }
    }

    /// The value of `Status` that stands for `status`.
    pub fn name(&self, status: TaskStatus) -> Option<&str> {
        match status {
            TaskStatus::Completed => self.completed.as_deref(),
            TaskStatus::InProgress => self.in_progress.as_deref(),
        }
    }

    /// What a value of `Status` stands for; none if we did not write it. Salesforce's standard values may have been
    /// written before the org's list was known.
    pub fn meaning(&self, value: &str) -> Option<TaskStatus> {
        let is = |status: &TaskStatus| self.name(*status) == Some(value);
        TaskStatus::ALL.into_iter().find(is).or_else(|| TaskStatus::ALL.into_iter().find(|s| s.as_str() == value))
    }
}

/// Salesforce's standard values.
impl Default for StatusNames {
    fn default() -> Self {
        Self::choose(&[], &StatusChoice::default(), |_| false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of open statuses and, after `|`, closed ones; the default has a star.
    fn list(text: &str) -> Vec<OrgStatus> {
        let (open, closed) = text.split_once('|').unwrap();
        let status = |name: &str, is_closed| OrgStatus {
            name: name.trim().trim_end_matches('*').to_owned(),
            is_closed,
            is_default: name.trim().ends_with('*'),
        };
        let of = |part: &str, is_closed| {
            let names = part.split(',').filter(|name| !name.trim().is_empty());
            names.map(|name| status(name, is_closed)).collect::<Vec<_>>()
        };
        [of(open, false), of(closed, true)].concat()
    }

    #[track_caller]
    fn check(text: &str, choice: [&str; 2], refused: &[&str], completed: Option<&str>, in_progress: Option<&str>) {
        let [done, open] = choice.map(|name| Some(name.to_owned()).filter(|name| !name.is_empty()));
        let choice = StatusChoice { completed: done, in_progress: open };
        let names = StatusNames::choose(&list(text), &choice, |name| refused.contains(&name));
        let found = (names.name(TaskStatus::Completed), names.name(TaskStatus::InProgress));
        assert_eq!(found, (completed, in_progress), "{text}");
    }

    #[test]
    fn the_standard_values_are_used_where_they_exist() {
        check("Not Started*, In Progress | Closed, Completed", [""; 2], &[], Some("Completed"), Some("In Progress"));
        check("|", [""; 2], &[], Some("Completed"), Some("In Progress"));
    }

    #[test]
    fn another_list_gives_its_default_or_its_first_of_that_kind() {
        check("Offen, Neu* | Abgelehnt, Erledigt", [""; 2], &[], Some("Abgelehnt"), Some("Neu"));
        check("Offen, Neu | Abgelehnt, Erledigt*", [""; 2], &[], Some("Erledigt"), Some("Offen"));
        // A standard name may mean the opposite.
        check("Completed* | In Progress", [""; 2], &[], Some("In Progress"), Some("Completed"));
        check("Open* |", [""; 2], &[], None, Some("Open"));
    }

    #[test]
    fn the_admin_may_choose_another_of_the_same_kind() {
        check("Open*, New | Completed, Done", ["Done", "New"], &[], Some("Done"), Some("New"));
        check("Open*, New | Completed, Done", ["New", "Gone"], &[], Some("Completed"), Some("Open"));
    }

    #[test]
    fn what_the_org_refuses_is_not_chosen() {
        check("Open* | Completed, Done", [""; 2], &["Completed"], Some("Done"), Some("Open"));
        check("Open* | Completed", [""; 2], &["Completed", "Open"], None, None);
        check("|", [""; 2], &["Completed"], None, Some("In Progress"));
    }

    #[test]
    fn a_value_means_what_we_wrote_it_for() {
        let names = StatusNames::choose(&list("Neu* | Erledigt"), &StatusChoice::default(), |_| false);
        for (value, meaning) in [
            ("Erledigt", Some(TaskStatus::Completed)),
            ("Neu", Some(TaskStatus::InProgress)),
            ("Completed", Some(TaskStatus::Completed)),
            ("Deferred", None),
        ] {
            assert_eq!(names.meaning(value), meaning, "{value}");
        }
    }
}
