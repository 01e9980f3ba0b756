//! The form that chooses the statuses of Tasks.

use org::status_names;
use rules::{StatusChoice, TaskStatus};
use store::OrgFacts;

use crate::connections::salesforce::statuses::{field, list, of_kind};
use crate::web::errors::Errors;

/// What a Task gets if we name no status.
const DEFAULT: &str = "the org’s default";

/// The list of choices for one status.
#[derive(Debug)]
pub(crate) struct StatusSelect {
    /// The field's name.
    pub(crate) name: &'static str,
    /// The element's ID, which error messages link to.
    pub(crate) id: String,
    pub(crate) label: &'static str,
    /// The first one leaves the choice to us.
    pub(crate) options: Vec<StatusOption>,
    /// The status that is in use, if it is not the chosen one.
    pub(crate) used_instead: Option<String>,
    /// The error message for what was chosen.
    pub(crate) error: Option<String>,
}

/// One choice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StatusOption {
    /// Empty for the automatic choice.
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_chosen: bool,
}

impl StatusSelect {
    /// Both lists; none if the org's statuses are not known.
    pub(crate) fn both(facts: &OrgFacts, choice: &StatusChoice, errors: &Errors) -> Vec<Self> {
        if list(facts).is_empty() {
            return Vec::new();
        }
        let names = status_names(facts, choice);
        let select = |status| {
            let (name, id) = (field(status), id(field(status)));
            let error = errors.message_for(&id).map(ToOwned::to_owned);
            let is_used = choice.get(status).is_none_or(|chosen| names.name(status) == Some(chosen));
            let used = || names.name(status).unwrap_or(DEFAULT).to_owned();
            let used_instead = (!is_used).then(used);
            Self { name, id, label: label(status), options: options(facts, choice, status), used_instead, error }
        };
        TaskStatus::ALL.map(select).into()
    }
}

/// The ID of the element for the field of this name.
pub(crate) fn id(name: &str) -> String {
    format!("status-{name}")
}

fn label(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Completed => "Completed (Past Activities)",
        TaskStatus::InProgress => "In progress (Next Steps)",
    }
}

fn options(facts: &OrgFacts, choice: &StatusChoice, status: TaskStatus) -> Vec<StatusOption> {
    let chosen = choice.get(status);
    let names = status_names(facts, &StatusChoice::default());
    let automatic = names.name(status).unwrap_or(DEFAULT);
    let option = |value: &str, label: String| {
        let is_chosen = chosen.unwrap_or_default() == value;
        StatusOption { value: value.to_owned(), label, is_chosen }
    };
    let mut options = vec![option("", format!("Chosen automatically: {automatic}"))];
    options.extend(of_kind(list(facts), status).map(|name| option(name, name.to_owned())));
    if let Some(gone) = chosen.filter(|chosen| options.iter().all(|option| option.value != *chosen)) {
        options.push(option(gone, format!("{gone} (the org no longer has it)")));
    }
    options
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rules::{OrgLists, OrgStatus};
    use store::Known;

    use super::*;

    #[track_caller]
    fn check(chosen: Option<&str>, expected: &[&str]) {
        let status = |name: &str, is_closed| OrgStatus { name: name.to_owned(), is_closed, is_default: false };
        let statuses = vec![status("New", false), status("Closed", true), status("Done", true)];
        let lists = OrgLists { statuses, ..OrgLists::default() };
        let facts = OrgFacts { lists: Some(Known { value: lists, at: Timestamp::UNIX_EPOCH }), ..OrgFacts::default() };
        let choice = StatusChoice { completed: chosen.map(ToOwned::to_owned), in_progress: None };
        let [completed, _] = &StatusSelect::both(&facts, &choice, &Errors::default())[..] else { panic!("two lists") };
        let shown = |option: &StatusOption| format!("{}{}", option.label, if option.is_chosen { " *" } else { "" });
        assert_eq!(completed.options.iter().map(shown).collect::<Vec<_>>(), expected);
        assert_eq!(completed.used_instead.as_deref(), Some("Closed").filter(|_| chosen == Some("Old")));
    }

    #[test]
    fn the_options_are_the_statuses_of_the_same_kind() {
        check(None, &["Chosen automatically: Closed *", "Closed", "Done"]);
        check(Some("Done"), &["Chosen automatically: Closed", "Closed", "Done *"]);
        check(Some("Old"), &["Chosen automatically: Closed", "Closed", "Done", "Old (the org no longer has it) *"]);
    }

    #[test]
    fn nothing_is_chosen_from_a_list_that_is_not_known() {
        assert!(StatusSelect::both(&OrgFacts::default(), &StatusChoice::default(), &Errors::default()).is_empty());
    }
}
