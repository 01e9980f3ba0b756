//! What an org offers to the user who connected it, in words for its admin. Nothing is written.

mod fields;
mod key_field;
mod objects;
mod statuses;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, join_all};

use crate::{Atomicity, Client, Description, Error, ErrorCode, Record, Reply, SObject, Soql, Subrequest};

/// The objects that are looked at, the most important first.
const OBJECTS: [SObject; 6] =
    [SObject::Task, SObject::Contact, SObject::Lead, SObject::Account, SObject::Case, SObject::Opportunity];

/// What an org offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgCheck {
    /// What was looked at, the most important first.
    pub items: Vec<CheckItem>,
    /// Whether the user may create custom fields, and so [`crate::set_up`] can work; none if Salesforce does not tell.
    pub may_customize: Option<bool>,
    /// Whether the org has person accounts; none if the user may not see Accounts.
    pub person_accounts: Option<bool>,
    /// Fields that the user cannot use as the integration would, as `Task.CallDisposition`.
    pub faulty_fields: BTreeSet<String>,
    /// Objects that the user has no access to.
    pub hidden_objects: BTreeSet<SObject>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckItem {
    /// What it is, in a few words, such as `Field Task.CallDisposition`.
    pub what: String,
    /// How it is.
    pub status: CheckStatus,
    /// What was found and what follows, in sentences.
    pub message: String,
}

/// How something is that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStatus {
    /// As it should be.
    Ok,
    /// It works without, and less well.
    Warning,
    /// The integration cannot do what it promises until this is mended.
    Missing,
}

impl OrgCheck {
    /// How the worst item is.
    pub fn status(&self) -> CheckStatus {
        self.items.iter().map(|item| item.status).max().unwrap_or(CheckStatus::Ok)
    }

    fn note(&mut self, what: impl Into<String>, status: CheckStatus, message: impl Into<String>) {
        self.items.push(CheckItem { what: what.into(), status, message: message.into() });
    }
}

/// What is known of the org's objects; those that the user has no access to are missing.
type Objects = BTreeMap<SObject, Description>;

/// Looks at the org: seven API calls, side by side.
///
/// # Errors
///
/// [`Error`] if the org does not answer; what it does not let the user do is an item of the check.
pub async fn check_org(client: &Client) -> Result<Reply<OrgCheck>, Error> {
    let (permissions, statuses) = (Soql::user_permissions(), Soql::task_statuses());
    let questions = [Subrequest::query("permissions", &permissions), Subrequest::query("statuses", &statuses)];
    let asked = client.composite(&questions, Atomicity::EachAlone);
    let described = join_all(OBJECTS.map(|sobject| client.describe(sobject)));
    let (asked, described) = join(asked, described).await;

    let asked = asked?;
    let (mut usage, mut calls) = (asked.usage, asked.calls);
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
    let mut pages = asked.value.iter().map(|result| result.page().ok().map(|page| page.records));
    let permissions = pages.next().flatten().as_deref().and_then(UserPermissions::from_records);
    let statuses = pages.next().flatten();
    Ok(Reply { value: judge(&objects, permissions, statuses.as_deref()), usage, calls })
}

fn is_no_access(code: &ErrorCode) -> bool {
    matches!(code, ErrorCode::NotFound | ErrorCode::InvalidType | ErrorCode::InsufficientAccessOrReadonly)
}

fn judge(objects: &Objects, permissions: Option<UserPermissions>, statuses: Option<&[Record]>) -> OrgCheck {
    let accounts = objects.get(&SObject::Account);
    let mut check = OrgCheck {
        items: Vec::new(),
        may_customize: permissions.map(|permissions| permissions.may_customize),
        person_accounts: accounts.map(|accounts| accounts.fields.contains_key("IsPersonAccount")),
        faulty_fields: BTreeSet::new(),
        hidden_objects: OBJECTS.into_iter().filter(|sobject| !objects.contains_key(sobject)).collect(),
    };
    key_field::check(objects, &mut check);
    note_permission(&mut check);
    for sobject in OBJECTS {
        objects::check(sobject, objects.get(&sobject), &mut check);
        if let Some(description) = objects.get(&sobject) {
            fields::check(sobject, description, &mut check);
        }
    }
    if let Some(statuses) = statuses {
        statuses::check(statuses, &mut check);
    }
    note_person_accounts(&mut check);
    check
}

fn note_permission(check: &mut OrgCheck) {
    let what = "Permission Customize Application";
    match check.may_customize {
        Some(true) => check.note(what, CheckStatus::Ok, "The connected user may set up the key field from here."),
        // A user who may only do what the integration needs is the better one: nothing is wrong with that.
        Some(false) => check.note(
            what,
            CheckStatus::Ok,
            "The connected user may not change the org's set-up, and need not: if the key field has to be set up, an \
             admin does it by hand.",
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

/// What the user may do to the org itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserPermissions {
    /// *Customize Application*: create custom fields and the like.
    pub may_customize: bool,
    /// *Modify All Data*: an admin in all but name.
    pub modifies_all_data: bool,
}

impl UserPermissions {
    fn from_records(records: &[Record]) -> Option<Self> {
        let record = records.first()?;
        Some(Self {
            may_customize: record.bool("PermissionsCustomizeApplication")?,
            modifies_all_data: record.bool("PermissionsModifyAllData")?,
        })
    }

    /// Whether the user administers the org, and so may administer this integration.
    pub fn is_admin(self) -> bool {
        self.may_customize || self.modifies_all_data
    }
}

impl Client {
    /// What the user may do to the org itself.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn user_permissions(&self) -> Result<Reply<UserPermissions>, Error> {
        let answer = self.query(&Soql::user_permissions()).await?;
        answer.try_map(|records| UserPermissions::from_records(&records).ok_or_else(Error::unreadable))
    }
}
