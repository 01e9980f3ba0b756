//! An Aircall user with the Salesforce user who owns their Tasks.

use org::{MatchedBy, OrgUsers, UserKey};
use rules::User;
use salesforce::SalesforceId;
use store::ChosenUsers;

/// An Aircall user with the Salesforce user who owns their Tasks.
#[derive(Debug)]
pub(crate) struct MatchedUser {
    /// Aircall's ID.
    pub(crate) id: u64,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    /// None if the user who connected the org owns them.
    pub(crate) owner: Option<FoundUser>,
    /// The user whom an admin chose, even if not active any more.
    pub(crate) choice: Option<SalesforceId>,
}

/// A Salesforce user and how it was found.
#[derive(Debug)]
pub(crate) struct FoundUser {
    pub(crate) id: SalesforceId,
    pub(crate) by: MatchedBy,
    pub(crate) name: Option<String>,
}

impl MatchedUser {
    /// The Aircall user with the owner among the org's users.
    pub(crate) fn new(id: u64, user: &User, chosen: &ChosenUsers, found: &OrgUsers) -> Self {
        let owner = found.choose(&UserKey::of_user(user, chosen));
        let owner = owner.map(|(id, by)| FoundUser { id, by, name: found.name(id).map(ToOwned::to_owned) });
        let User { name, email, .. } = user.clone();
        Self { id, name, email, owner, choice: chosen.get(&id).copied() }
    }

    /// By what the owner was found.
    pub(crate) fn matched_by(&self) -> Option<MatchedBy> {
        self.owner.as_ref().map(|owner| owner.by)
    }

    /// Whether the user whom an admin chose is not active any more.
    pub(crate) fn lost_choice(&self) -> bool {
        self.choice.is_some() && self.matched_by() != Some(MatchedBy::Override)
    }
}
