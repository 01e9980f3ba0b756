//! The writer's table of faults: what it does about a refusal of one record.
//!
//! [`Kind`] says what a code asks for; what that means depends on what was being written.

use org::{Job, Stop, Trouble};
use rules::RecordKind;
use salesforce::{ErrorCode, KeyField, Kind, Refusal, SObject, SalesforceId};

use crate::fate::Fate;

/// What was being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A new Contact, Lead or Account.
    Record(RecordKind),
    /// A new Case.
    Case,
    /// A new Task.
    Task,
    /// A change of a Task.
    Revision,
}

impl Part {
    pub(crate) fn sobject(self) -> SObject {
        match self {
            Part::Record(RecordKind::Contact) => SObject::Contact,
            Part::Record(RecordKind::Lead) => SObject::Lead,
            Part::Record(RecordKind::Account | RecordKind::PersonAccount) => SObject::Account,
            Part::Case => SObject::Case,
            Part::Task | Part::Revision => SObject::Task,
        }
    }
}

/// What to do about a refusal.
#[derive(Debug)]
pub(crate) enum Action {
    /// The Task is there already, under this id if Salesforce names it.
    Adopt(Option<SalesforceId>),
    /// The Task was deleted between our look and our write. It stays so.
    LetGo,
    /// Mend something, and write once more.
    Again(Fix),
    /// This is what becomes of the job.
    Settle(Fate),
    /// It is not about the job: the org takes nothing.
    Stop(Stop),
}

/// What to change before a job is written once more.
#[derive(Clone, Debug)]
pub(crate) enum Fix {
    /// Nothing: another part of its bundle failed and took this one with it.
    Nothing,
    /// Leave the fields of this object that the refusal names out.
    LeaveOut(SObject, Refusal),
    /// Match the number anew.
    Rematch(Refusal),
    /// Use the record that the refusal names.
    Use(SalesforceId, Refusal),
    /// Give the Task to the connecting user.
    DefaultOwner(Refusal),
    /// Create the record without the e-mail.
    WithoutEmail(Refusal),
}

/// Fields without which the Task would hang on nothing, or a record would not be found again by its number.
const ESSENTIAL: [&str; 9] =
    ["WhoId", "WhatId", "ContactId", "Status", "Subject", "LastName", "Company", "Name", "Phone"];

/// What to do about a refusal of `part` of `job`.
pub(crate) fn action_for(part: Part, job: &Job, refusal: &Refusal) -> Action {
    let named = refusal.cause().records.first().copied();
    let failed = || Action::Settle(Fate::failed(refusal));
    match (refusal.kind(), part) {
        (Kind::AlreadyLogged, Part::Task) if refusal.duplicates(KeyField::AircallKey.name()) => {
            Action::Adopt(named.filter(|id| id.sobject() == Some(SObject::Task)))
        }
        // A unique field of the org's own, or a duplicate rule.
        (Kind::AlreadyLogged | Kind::UseRecord, Part::Record(_)) => {
            named.map_or_else(failed, |id| Action::Again(Fix::Use(id, refusal.clone())))
        }
        (Kind::Degrade, _) if can_do_without(refusal.fields_to_leave_out()) => leave_out(part, refusal),
        (Kind::Degrade, _) if refusal.missing_object() == Some(SObject::Task) => {
            Action::Stop(Stop::Pause(Trouble::refused(refusal)))
        }
        (kind, Part::Task) if is_about_owner(kind, refusal) && !job.by_default_owner => {
            Action::Again(Fix::DefaultOwner(refusal.clone()))
        }
        (Kind::RematchOnce, Part::Revision) => Action::LetGo,
        (Kind::RematchOnce, Part::Record(_) | Part::Case | Part::Task) => Action::Again(Fix::Rematch(refusal.clone())),
        (Kind::Pause, _) => Action::Stop(Stop::Pause(Trouble::refused(refusal))),
        (Kind::Reconnect, _) => Action::Stop(Stop::Reconnect(Trouble::refused(refusal))),
        (Kind::Retry | Kind::Refresh, _) => Action::Settle(Fate::postponed(refusal)),
        (Kind::Fail, Part::Record(_)) if *refusal.code() == ErrorCode::InvalidEmailAddress && !job.without_email => {
            Action::Again(Fix::WithoutEmail(refusal.clone()))
        }
        // An org may have no "Call" among its own task types: better a Task without than none.
        (Kind::Fail, _) if is_about_choices(refusal) => leave_out(part, refusal),
        (Kind::AlreadyLogged | Kind::UseRecord | Kind::DefaultOwner | Kind::Degrade | Kind::Fail, _) => failed(),
    }
}

fn can_do_without(fields: Option<&[String]>) -> bool {
    fields.is_some_and(|fields| !fields.iter().any(|field| ESSENTIAL.contains(&field.as_str())))
}

fn leave_out(part: Part, refusal: &Refusal) -> Action {
    Action::Again(Fix::LeaveOut(part.sobject(), refusal.clone()))
}

/// Whether another owner may help: the user is inactive, or one that may own nothing.
fn is_about_owner(kind: Kind, refusal: &Refusal) -> bool {
    kind == Kind::DefaultOwner || names(refusal, "OwnerId") && matches!(kind, Kind::RematchOnce | Kind::Fail)
}

/// Whether the refusal is about this field.
pub(crate) fn names(refusal: &Refusal, field: &str) -> bool {
    refusal.cause().fields.iter().any(|named| named == field)
}

/// Whether the refusal is about values of picklists without which a Task is still a logged call.
fn is_about_choices(refusal: &Refusal) -> bool {
    let fields = &refusal.cause().fields;
    *refusal.code() == ErrorCode::InvalidOrNullForRestrictedPicklist
        && !fields.is_empty()
        && fields.iter().all(|field| ["Type", "CallType", "TaskSubtype", "Origin"].contains(&field.as_str()))
}

impl Fix {
    /// What becomes of a job for which there is no further round to try the fix: another drain does.
    pub(crate) fn unapplied(&self) -> Fate {
        match self {
            Fix::Nothing => {
                let message = "Another record that was to be written with it was refused.";
                Fate::Postponed(Trouble::new("PROCESSING_HALTED", message))
            }
            Fix::LeaveOut(_, refusal)
            | Fix::Rematch(refusal)
            | Fix::Use(_, refusal)
            | Fix::DefaultOwner(refusal)
            | Fix::WithoutEmail(refusal) => Fate::postponed(refusal),
        }
    }

    /// Whether what was found out about the callers still holds afterwards.
    pub(crate) fn leaves_knowledge(&self) -> bool {
        match self {
            Fix::Nothing | Fix::DefaultOwner(_) | Fix::WithoutEmail(_) => true,
            // Without the key field, Tasks are looked for by another.
            Fix::LeaveOut(_, refusal) => !names(refusal, KeyField::AircallKey.name()),
            Fix::Rematch(_) | Fix::Use(..) => false,
        }
    }
}
