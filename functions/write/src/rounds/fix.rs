//! Maps the refusal of one record to an action.
//!
//! [`Kind`] says what an error code asks for. The action also depends on the part that was written.

use org::{BatchError, InsteadOfAccount, Job, KeepsRecords, Reason};
use rules::RecordKind;
use salesforce::{ErrorCode, KeyField, Kind, Refusal, SObject, SalesforceId};

/// What was being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A new Contact, Lead or Account.
    Record(RecordKind),
    /// A new Contact of an Account.
    ContactOfAccount,
    /// The new Account of a new Contact.
    Company,
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
            Part::Record(kind) => kind.into(),
            Part::ContactOfAccount => SObject::Contact,
            Part::Company => SObject::Account,
            Part::Case => SObject::Case,
            Part::Task | Part::Revision => SObject::Task,
        }
    }
}

/// What to do about a refusal.
#[derive(Debug)]
pub(crate) enum Action {
    /// The Task already exists, under this id if Salesforce names it: adopt it.
    Adopt(Option<SalesforceId>),
    /// Apply a fix and write again.
    FixAndRetry(Fix),
    /// Retry later.
    Postpone,
    /// Retry for an hour: nobody knows the code.
    PostponeUnknown,
    /// Give up: the refusal would be repeated.
    Fail,
    /// The org takes no requests, and the job is not at fault: end the batch.
    Abort(BatchError),
}

/// What to change before a job is written again.
#[derive(Clone, Debug)]
pub(crate) enum Fix {
    /// Nothing: it was rolled back because another part of its bundle failed.
    Nothing,
    /// Look the caller up again: an earlier request for another Task has created the record, or the Task was deleted.
    LookUpAgain,
    /// Read the Task again: it was modified since, or Salesforce says that it no longer exists.
    ReadAgain(Refusal),
    /// Leave out the fields of this object that the refusal names.
    LeaveOut(SObject, Refusal),
    /// Match the phone number again.
    Rematch(Refusal),
    /// Use the record that the refusal names instead of a new one of this object, if it has the phone number or none; else
    /// create that all the same, if a duplicate rule only alerts.
    Use(SObject, Refusal),
    /// Create the record of this object although a duplicate rule alerts.
    SaveDuplicate(SObject, Refusal),
    /// Make the connecting user the owner of the Task.
    DefaultOwner(Refusal),
    /// Make the connecting user the owner of new records.
    KeepRecords(KeepsRecords, Refusal),
    /// Create the record without the e-mail.
    WithoutEmail(Refusal),
    /// Create the Contact with another Account, or none.
    Account(InsteadOfAccount, Refusal),
    /// Create the Account with the record type of businesses; if that is not possible, a Contact without it.
    AccountType(Part, Refusal),
}

/// Fields that cannot be left out: the Task would not be linked to any record, or the record would not be found again
/// by its phone number.
const ESSENTIAL: [&str; 8] = ["WhoId", "WhatId", "ContactId", "Subject", "LastName", "Company", "Name", "Phone"];

/// What to do about a refusal of `part` of `job`.
pub(crate) fn action_for(part: Part, job: &Job, refusal: &Refusal) -> Action {
    let named = refusal.cause().records.first().copied();
    match (refusal.kind(), part) {
        (_, Part::Revision) if refusal.was_modified() => Action::FixAndRetry(Fix::ReadAgain(refusal.clone())),
        (Kind::RematchOnce | Kind::Fail, Part::Revision) if may_be_deleted(refusal) && !job.was_read_again => {
            Action::FixAndRetry(Fix::ReadAgain(refusal.clone()))
        }
        (Kind::AlreadyLogged, Part::Task) if refusal.duplicates(KeyField::AircallKey.name()) => {
            Action::Adopt(named.filter(|id| SObject::of(*id) == Some(SObject::Task)))
        }
        // A unique field of the org's own, or a duplicate rule.
        (Kind::AlreadyLogged | Kind::UseRecord, Part::Record(_) | Part::ContactOfAccount) => {
            Action::FixAndRetry(Fix::Use(part.sobject(), refusal.clone()))
        }
        (Kind::AlreadyLogged | Kind::UseRecord, Part::Company) => {
            let mut named = refusal.cause().records.iter().copied();
            let account = named.find(|id| SObject::of(*id) == Some(SObject::Account));
            Action::FixAndRetry(match account {
                Some(account) => Fix::Account(InsteadOfAccount::Existing(account), refusal.clone()),
                None if may_save(job, SObject::Account, refusal) => {
                    Fix::SaveDuplicate(SObject::Account, refusal.clone())
                }
                None => Fix::Account(InsteadOfAccount::None, refusal.clone()),
            })
        }
        (Kind::UseRecord, Part::Case) if may_save(job, SObject::Case, refusal) => {
            Action::FixAndRetry(Fix::SaveDuplicate(SObject::Case, refusal.clone()))
        }
        (Kind::Degrade, _) if can_do_without(refusal.fields_to_leave_out()) => leave_out(part, refusal),
        (Kind::Degrade, _) if refusal.missing_object() == Some(SObject::Task) => {
            Action::Abort(BatchError::Pause(Reason::refused(refusal)))
        }
        // Salesforce named no field.
        (Kind::Degrade, _) if refusal.fields_to_leave_out().is_none() && refusal.missing_object().is_none() => {
            leave_out(part, refusal)
        }
        (kind, Part::Task) if concerns_owner(kind, refusal) && !job.adjusted.by_default_owner => {
            Action::FixAndRetry(Fix::DefaultOwner(refusal.clone()))
        }
        // Who may own the Task may not own the record; or the Account of the same bundle is hidden from the user.
        (kind, Part::Case | Part::Record(_) | Part::ContactOfAccount | Part::Company)
            if (concerns_owner(kind, refusal) || part == Part::ContactOfAccount && is_hidden(refusal))
                && job.adjusted.keeps_records.is_none() =>
        {
            let why = if is_hidden(refusal) { KeepsRecords::Hidden } else { KeepsRecords::Refused };
            Action::FixAndRetry(Fix::KeepRecords(why, refusal.clone()))
        }
        (_, Part::Record(RecordKind::Account) | Part::Company) if may_concern_record_type(refusal) => {
            Action::FixAndRetry(Fix::AccountType(part, refusal.clone()))
        }
        // The Account was deleted, or the user may not use or create it.
        (Kind::RematchOnce | Kind::Fail | Kind::Degrade, Part::ContactOfAccount) if concerns_account(refusal) => {
            Action::FixAndRetry(Fix::Account(InsteadOfAccount::None, refusal.clone()))
        }
        (Kind::RematchOnce | Kind::Fail | Kind::Degrade | Kind::DefaultOwner | Kind::Unknown, Part::Company) => {
            Action::FixAndRetry(Fix::Account(InsteadOfAccount::None, refusal.clone()))
        }
        (Kind::RematchOnce, Part::Record(_) | Part::ContactOfAccount | Part::Case | Part::Task) => {
            Action::FixAndRetry(Fix::Rematch(refusal.clone()))
        }
        // A Task that exists may refer to something that does not.
        (Kind::RematchOnce, Part::Revision) | (Kind::Retry | Kind::Refresh, _) => Action::Postpone,
        (Kind::Unknown, _) => Action::PostponeUnknown,
        (Kind::Pause, _) => Action::Abort(BatchError::Pause(Reason::refused(refusal))),
        (Kind::Reconnect, _) => Action::Abort(BatchError::Reconnect(Reason::refused(refusal))),
        (Kind::Fail, Part::Record(_) | Part::ContactOfAccount)
            if *refusal.code() == ErrorCode::InvalidEmailAddress && !job.adjusted.without_email =>
        {
            Action::FixAndRetry(Fix::WithoutEmail(refusal.clone()))
        }
        // An org may not have "Call" among its task types: a Task without a type is better than none.
        (Kind::Fail, _) if concerns_optional_picklists(refusal) => leave_out(part, refusal),
        (Kind::AlreadyLogged | Kind::UseRecord | Kind::DefaultOwner | Kind::Degrade | Kind::Fail, _) => Action::Fail,
    }
}

/// What says that a record exists: the duplicate rule, with what it matched by, or a unique field.
pub(crate) fn named_by(refusal: &Refusal) -> String {
    let Some(rule) = &refusal.cause().duplicate_rule else { return "A unique field in Salesforce".to_owned() };
    let name = Some(&rule.name).filter(|name| !name.is_empty()).map(|name| format!(" {name}")).unwrap_or_default();
    let matched_by = Some(&rule.matched_by).filter(|name| !name.is_empty());
    let matched_by = matched_by.map(|name| format!(", which matched by {name},")).unwrap_or_default();
    if name.is_empty() {
        format!("A duplicate rule in Salesforce{matched_by}")
    } else {
        format!("The duplicate rule{name} in Salesforce{matched_by}")
    }
}

/// Whether the record of this object would be saved if that was asked for, and was not yet.
pub(crate) fn may_save(job: &Job, sobject: SObject, refusal: &Refusal) -> bool {
    let allows_save = refusal.cause().duplicate_rule.as_ref().is_some_and(|rule| rule.allows_save);
    allows_save && !job.adjusted.saves_duplicates.contains_key(&sobject)
}

fn can_do_without(fields: Option<&[String]>) -> bool {
    fields.is_some_and(|fields| !fields.iter().any(|field| ESSENTIAL.contains(&field.as_str())))
}

fn leave_out(part: Part, refusal: &Refusal) -> Action {
    Action::FixAndRetry(Fix::LeaveOut(part.sobject(), refusal.clone()))
}

/// Whether another record type may help: that of businesses, where the user's default is that of persons, which have no
/// `Name` to write, or there is none.
fn may_concern_record_type(refusal: &Refusal) -> bool {
    match refusal.code() {
        ErrorCode::CannotInsertUpdateActivateEntity => refusal.kind() == Kind::Fail,
        ErrorCode::InvalidField | ErrorCode::InvalidFieldForInsertUpdate => names(refusal, "Name"),
        _ => names(refusal, "RecordTypeId"),
    }
}

/// Whether a new Contact may be refused because of its Account: it refers to nothing else but its owner.
fn concerns_account(refusal: &Refusal) -> bool {
    names(refusal, "AccountId") || refusal.kind() == Kind::RematchOnce || is_hidden(refusal)
}

/// Whether a record that is referenced is hidden from the user.
pub(crate) fn is_hidden(refusal: &Refusal) -> bool {
    *refusal.code() == ErrorCode::InsufficientAccessOnCrossReferenceEntity
}

/// Whether the record to update may be gone.
fn may_be_deleted(refusal: &Refusal) -> bool {
    refusal.kind() == Kind::RematchOnce || *refusal.code() == ErrorCode::NotFound
}

/// Whether another owner may help: the user is inactive or may not own records.
fn concerns_owner(kind: Kind, refusal: &Refusal) -> bool {
    kind == Kind::DefaultOwner
        || names(refusal, "OwnerId") && matches!(kind, Kind::RematchOnce | Kind::Fail | Kind::Unknown)
}

/// Whether the refusal names this field.
fn names(refusal: &Refusal, field: &str) -> bool {
    refusal.cause().fields.iter().any(|named| named == field)
}

/// Whether the refusal concerns only picklist values that a logged call can do without.
fn concerns_optional_picklists(refusal: &Refusal) -> bool {
    let fields = &refusal.cause().fields;
    let optional: &[&str] = match refusal.code() {
        ErrorCode::InvalidOrNullForRestrictedPicklist => &["Status", "Type", "CallType", "TaskSubtype", "Origin"],
        _ => &[],
    };
    !fields.is_empty() && fields.iter().all(|field| optional.contains(&field.as_str()))
}

impl Fix {
    /// Why the job is postponed if no round is left to try the fix: a later drain retries it.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Fix::Nothing => {
                Reason::new("PROCESSING_HALTED", "Another record that was to be written with it was refused.")
            }
            Fix::LookUpAgain => Reason::new("LOOK_UP_AGAIN", "Its record or Task has changed since it was looked up."),
            Fix::LeaveOut(_, refusal)
            | Fix::ReadAgain(refusal)
            | Fix::Rematch(refusal)
            | Fix::Use(_, refusal)
            | Fix::SaveDuplicate(_, refusal)
            | Fix::DefaultOwner(refusal)
            | Fix::KeepRecords(_, refusal)
            | Fix::WithoutEmail(refusal)
            | Fix::Account(_, refusal)
            | Fix::AccountType(_, refusal) => Reason::refused(refusal),
        }
    }

    /// Why the job has failed if the fix does not help.
    pub(crate) fn failure(&self) -> Reason {
        let mut reason = self.reason();
        let (Fix::Use(_, refusal) | Fix::SaveDuplicate(_, refusal)) = self else { return reason };
        if let Some(rule) = &refusal.cause().duplicate_rule {
            let refuses = if rule.allows_save {
                "alerts even though the new record was to be saved"
            } else {
                "blocks the new record"
            };
            reason.message = format!(
                "{} {} {refuses}, and names none that has this phone number or no number. An admin of Salesforce \
                 changes the rule, or enters the number in the record that exists.",
                reason.message,
                named_by(refusal)
            );
        }
        reason
    }

    /// Whether the knowledge about the callers is still valid after this fix.
    pub(crate) fn keeps_knowledge(&self) -> bool {
        match self {
            Fix::Nothing
            | Fix::ReadAgain(_)
            | Fix::DefaultOwner(_)
            | Fix::KeepRecords(..)
            | Fix::SaveDuplicate(..)
            | Fix::WithoutEmail(_)
            | Fix::Account(..)
            | Fix::AccountType(..) => true,
            // Without the key field, existing Tasks are looked up by another field.
            Fix::LeaveOut(_, refusal) => !names(refusal, KeyField::AircallKey.name()),
            Fix::LookUpAgain | Fix::Rematch(_) | Fix::Use(..) => false,
        }
    }
}
