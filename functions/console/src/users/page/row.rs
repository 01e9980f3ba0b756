//! A row of the table of users.

use org::{MatchedBy, OrgUser};

use crate::users::MatchedUser;

/// An Aircall user in the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) email: String,
    /// None if the user who connected the org owns the Tasks.
    pub(super) owner: Option<OwnerView>,
    /// Whether the user whom an admin chose is not active any more.
    pub(super) lost_choice: bool,
    /// The form that chooses the owner, if it is open.
    pub(super) choice: Option<Choice>,
}

/// The owner of an Aircall user's Tasks.
#[derive(Debug)]
pub(super) struct OwnerView {
    pub(super) name: String,
    pub(super) url: String,
    /// How the user was found.
    pub(super) how: &'static str,
}

/// The form that chooses the owner.
#[derive(Debug)]
pub(super) struct Choice {
    /// The users to choose from; none if there are too many.
    pub(super) options: Option<Vec<ChoiceOption>>,
    /// The ID as typed, or of the chosen user.
    pub(super) value: String,
}

/// A user to choose.
#[derive(Debug)]
pub(super) struct ChoiceOption {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

impl Row {
    pub(super) fn new(user: MatchedUser, choice: Option<Choice>, instance_url: &str) -> Self {
        let lost_choice = user.lost_choice();
        let owner = user.owner.map(|owner| {
            let id = owner.id.to_string();
            let (url, how) = (user_url(instance_url, &id), how(owner.by));
            OwnerView { name: owner.name.unwrap_or(id), url, how }
        });
        let name = user.name.unwrap_or_else(|| format!("User {}", user.id));
        Self { id: user.id, name, email: user.email.unwrap_or_default(), owner, lost_choice, choice }
    }
}

impl Choice {
    pub(super) fn new(user: &MatchedUser, choices: Option<&[OrgUser]>, typed: Option<String>) -> Self {
        let value = typed.or_else(|| user.choice.map(|id| id.to_string())).unwrap_or_default();
        let option = |choice: &OrgUser| {
            let OrgUser { id, name, username } = choice;
            let is_chosen = id.as_str() == value;
            ChoiceOption { id: id.to_string(), label: format!("{name} ({username})"), is_chosen }
        };
        Self { options: choices.map(|choices| choices.iter().map(option).collect()), value }
    }
}

/// The page of a Salesforce user.
pub(super) fn user_url(instance_url: &str, id: &str) -> String {
    format!("{instance_url}/lightning/r/User/{id}/view")
}

fn how(by: MatchedBy) -> &'static str {
    match by {
        MatchedBy::Email => "Same e-mail address",
        MatchedBy::SandboxEmail => "Same e-mail address, as sandboxes write it",
        MatchedBy::Username => "The username is the e-mail address",
        MatchedBy::Override => "Chosen here",
    }
}
