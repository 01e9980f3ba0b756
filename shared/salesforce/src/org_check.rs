//! Checks what an org offers to the user who connected it, and reports it to the admin. Read-only.

pub(crate) mod essentials;
pub(crate) mod fields;
mod key_field;
mod objects;
mod sharing;
mod statuses;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, join_all};
use rules::unknown::AccountType;
use rules::{OrgLists, Settings, StatusChoice};

use crate::account_type::account_type;
use crate::{Atomicity, Client, Description, Error, ErrorCode, Record, Reply, SObject, Soql, Subrequest, org_lists};

/// The objects that are checked, the most important first.
const OBJECTS: [SObject; 6] =
    [SObject::Task, SObject::Contact, SObject::Lead, SObject::Account, SObject::Case, SObject::Opportunity];

/// The result of the check of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgCheck {
    /// The items that were checked, the most important first.
    pub items: Vec<CheckItem>,
    /// Whether the user may create custom fields, as [`crate::set_up`] needs; `None` if Salesforce does not say.
    pub may_customize: Option<bool>,
    /// Whether the org has person accounts; `None` if the user may not see Accounts.
    pub person_accounts: Option<bool>,
    /// Fields that the user cannot use as the integration would, as `Task.CallDisposition`.
    pub faulty_fields: BTreeSet<String>,
    /// Objects that the user has no access to; Tasks also if the user may not create them.
    pub hidden_objects: BTreeSet<SObject>,
    /// The org's lists of values.
    pub lists: OrgLists,
    /// The record type of Accounts that are created; `None` if the user may not see Accounts.
    pub account_type: Option<AccountType>,
}

/// One item of the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckItem {
    /// What it is, in a few words, such as `Field Task.CallDisposition`.
    pub what: String,
    /// The status.
    pub status: CheckStatus,
    /// What was found and what follows, in sentences.
    pub message: String,
}

/// The status of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStatus {
    /// As it should be.
    Ok,
    /// The integration works, with limitations.
    Warning,
    /// The integration cannot keep its promises until this is fixed.
    Missing,
}

impl OrgCheck {
    /// The status of the worst item.
    pub fn status(&self) -> CheckStatus {
        self.items.iter().map(|item| item.status).max().unwrap_or(CheckStatus::Ok)
    }

    fn note(&mut self, what: impl Into<String>, status: CheckStatus, message: impl Into<String>) {
        self.items.push(CheckItem { what: what.into(), status, message: message.into() });
    }
}

/// The descriptions of the org's objects, without those that the user has no access to.
type Objects = BTreeMap<SObject, Description>;

/// What an org offers to the user who connected it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectedOrg {
    objects: Objects,
    permissions: Option<UserPermissions>,
    lists: OrgLists,
    account_type: Option<AccountType>,
}

/// Inspects the org with seven concurrent API calls, and one more with person accounts.
///
/// # Errors
///
/// [`Error`] if the org does not answer. Missing permissions are items of the check, not errors.
pub async fn inspect_org(client: &Client) -> Result<Reply<InspectedOrg>, Error> {
    let (permissions, statuses) = (Soql::user_permissions(), Soql::task_statuses());
    let queries = [Subrequest::query("permissions", &permissions), Subrequest::query("statuses", &statuses)];
    let answers = client.composite(&queries, Atomicity::EachAlone);
    let described = join_all(OBJECTS.map(|sobject| client.describe(sobject)));
    let (answers, described) = join(answers, described).await;

    let answers = answers?;
    let (mut usage, mut calls) = (answers.usage, answers.calls);
    let mut objects = Objects::new();
    for (sobject, answer) in OBJECTS.into_iter().zip(described) {
        match answer {
            Ok(answer) => {
                usage = answer.usage.max(usage);
                calls += answer.calls;
                objects.insert(sobject, answer.value);
            }
            Err(Error::Refused(refusal)) if is_no_access(refusal.code()) => calls += 1,
            Err(error) => return Err(error),
        }
    }
    let mut pages = answers.value.iter().map(|result| result.page().ok().map(|page| page.records));
    let permissions = pages.next().flatten().as_deref().and_then(UserPermissions::from_records);
    let lists = org_lists(pages.next().flatten().as_deref().unwrap_or_default(), &objects);
    let account_type = match objects.get(&SObject::Account) {
        Some(accounts) => {
            let read = account_type(client, accounts).await?;
            usage = read.usage.max(usage);
            calls += read.calls;
            Some(read.value)
        }
        None => None,
    };
    Ok(Reply { value: InspectedOrg { objects, permissions, lists, account_type }, usage, calls })
}

fn is_no_access(code: &ErrorCode) -> bool {
    matches!(code, ErrorCode::NotFound | ErrorCode::InvalidType | ErrorCode::InsufficientAccessOrReadonly)
}

impl InspectedOrg {
    /// Whether any call can be logged by this user: they may create Tasks, and see one of the objects that callers are.
    pub fn may_log(&self) -> bool {
        let sees = |sobject: &SObject| self.objects.get(sobject).is_some_and(|object| object.queryable);
        let creates_tasks = self.objects.get(&SObject::Task).is_some_and(|task| task.createable);
        creates_tasks && sees(&SObject::Task) && SObject::CALLERS.iter().any(sees)
    }

    /// Checks the org for these settings, and the statuses that the admin chose.
    pub fn check(self, settings: &Settings, choice: &StatusChoice) -> OrgCheck {
        let Self { objects, permissions, lists, account_type } = self;
        let accounts = objects.get(&SObject::Account);
        let mut check = OrgCheck {
            items: Vec::new(),
            may_customize: permissions.map(|permissions| permissions.may_customize),
            person_accounts: accounts.map(|accounts| accounts.fields.contains_key("IsPersonAccount")),
            faulty_fields: BTreeSet::new(),
            hidden_objects: OBJECTS.into_iter().filter(|sobject| is_hidden(*sobject, &objects)).collect(),
            lists,
            account_type,
        };
        key_field::check(&objects, &mut check);
        note_permission(&mut check);
        for sobject in OBJECTS {
            objects::check(sobject, objects.get(&sobject), &mut check);
            if let Some(description) = objects.get(&sobject) {
                fields::check(sobject, description, &mut check);
            }
        }
        statuses::check(choice, &mut check);
        note_person_accounts(&mut check);
        note_account_type(&mut check);
        sharing::check(permissions, settings, &mut check);
        check
    }
}

fn is_hidden(sobject: SObject, objects: &Objects) -> bool {
    objects.get(&sobject).is_none_or(|object| sobject == SObject::Task && !object.createable)
}

fn note_permission(check: &mut OrgCheck) {
    let what = "Permission Customize Application";
    match check.may_customize {
        Some(true) => check.note(what, CheckStatus::Ok, "The connected user may set up the key field from here."),
        // This is fine: a user with the least privilege is the better choice.
        Some(false) => check.note(
            what,
            CheckStatus::Ok,
            "The connected user may not change the org's set-up, and does not need to: if the key field has to be set \
             up, an admin does it by hand.",
        ),
        None => {}
    }
}

fn note_person_accounts(check: &mut OrgCheck) {
    let message = match check.person_accounts {
        Some(true) => "Person accounts are on: calls of a person account go to it.",
        Some(false) => "Person accounts are off, or hidden from the connected user: Accounts are companies.",
        None => return,
    };
    check.note("Person accounts", CheckStatus::Ok, message);
}

fn note_account_type(check: &mut OrgCheck) {
    if check.account_type == Some(AccountType::Unavailable) {
        let message = "No record type of business Accounts is available to the connected user, so that none can be created. \
                       In Setup, assign one to the user's profile or permission set.";
        check.note("Record types of Accounts", CheckStatus::Warning, message);
    }
}

/// The user's permissions on the org itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserPermissions {
    /// *Customize Application*: create custom fields and the like.
    pub may_customize: bool,
    /// *Modify All Data*: in effect an admin.
    pub modifies_all_data: bool,
    /// *View All Data*: sees the records of every user.
    pub views_all_data: bool,
}

impl UserPermissions {
    fn from_records(records: &[Record]) -> Option<Self> {
        let record = records.first()?;
        Some(Self {
            may_customize: record.bool("PermissionsCustomizeApplication")?,
            modifies_all_data: record.bool("PermissionsModifyAllData")?,
            views_all_data: record.bool("PermissionsViewAllData")?,
        })
    }

    /// Whether the user administers the org, and so may administer this integration.
    pub fn is_admin(self) -> bool {
        self.may_customize || self.modifies_all_data
    }
}

impl Client {
    /// Fetches the user's permissions on the org itself.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn user_permissions(&self) -> Result<Reply<UserPermissions>, Error> {
        let answer = self.query(&Soql::user_permissions()).await?;
        answer.try_map(|records| UserPermissions::from_records(&records).ok_or_else(Error::unreadable))
    }
}
