//! Whose records the connecting user sees, and who sees those that are created.

use rules::Settings;
use rules::settings::{ContactAccount, UnknownNumber};

use super::CheckStatus::{Ok, Warning};
use super::{OrgCheck, UserPermissions};

pub(super) fn check(permissions: Option<UserPermissions>, settings: &Settings, check: &mut OrgCheck) {
    let what = "Permission View All Data";
    match permissions.map(|permissions| permissions.views_all_data) {
        Some(true) => check.note(what, Ok, "The connected user sees the records of every user."),
        Some(false) => check.note(
            what,
            Warning,
            "The connected user does not have it. Where the org's sharing keeps records private, callers whose records \
             belong to others are not found, and may be created a second time; Contacts without an Account are always \
             private. Give the user View All Data. The permission set Aircall Integration gives View All for Contacts, \
             Leads, Accounts, Cases and Opportunities, which is enough, and is not checked here.",
        ),
        None => {}
    }
    if settings.unknown_number == UnknownNumber::CreateContact {
        let what = "Account of new Contacts";
        match settings.contact_account {
            ContactAccount::None => check.note(
                what,
                Warning,
                "New Contacts have no Account. Salesforce shows such a Contact only to its owner, who is the agent of the \
                 call, and to users who view all data; other agents do not find it. Choose an Account in the settings.",
            ),
            ContactAccount::Named => check.note(what, Ok, "New Contacts belong to the Account that the settings name."),
            ContactAccount::ByCompany => check.note(
                what,
                Ok,
                "New Contacts belong to the Account of their company. Those for whom Aircall names no company have none, \
                 and only their owners and users who view all data see them.",
            ),
        }
    }
}
