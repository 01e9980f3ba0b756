//! A new record with its Case and Tasks, as one transaction in Salesforce.

use jiff::Timestamp;
use rules::StatusNames;
use rules::unknown::{AccountType, NewRecord};
use salesforce::{AssignmentRules, Record, SObject, SalesforceId, Subrequest, call_log};
use store::{OrgFacts, PendingCreate};

use crate::draft::{Draft, without};
use crate::missing::Missing;

/// A new record, a new Case or both, with the Tasks on them. Written atomically.
#[derive(Debug)]
pub struct Bundle {
    /// What it creates records for: a phone number, or the id of a Contact that gets a Case.
    pub subject: String,
    /// Earlier requests to create records for the same subject that are not answered.
    pub pending: Vec<PendingCreate>,
    /// The record to create; `None` if only the Case is new.
    pub record: Option<NewRecord>,
    /// The Account of a new Contact.
    pub account: Option<BundleAccount>,
    /// The subject of the Case to create.
    pub case: Option<String>,
    /// The Tasks.
    pub drafts: Vec<Draft>,
    /// Whose the new records are: the owner's of the first Task, or the connecting user's.
    pub owner: SalesforceId,
    /// Whether the org's assignment rules may give the new records another owner.
    pub assignment: AssignmentRules,
}

/// The Account of a new Contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundleAccount {
    /// It exists.
    Existing(SalesforceId),
    /// It is created, with this name.
    New(String),
}

impl Bundle {
    /// The name of the part that creates the Account of a new Contact.
    pub const ACCOUNT: &str = "account";
    /// The name of the part that creates the record. Tasks are named `task0`, `task1` and so on.
    pub const RECORD: &str = "record";
    /// The name of the part that creates the Case.
    pub const CASE: &str = "case";

    /// Until when a request that is not answered may create the records too, unless it has a Task of this bundle: then
    /// Salesforce refuses the later one of the two.
    pub fn is_pending_until(&self) -> Option<Timestamp> {
        let excludes = |create: &PendingCreate| {
            create.has_key && self.drafts.iter().any(|draft| create.keys.contains(&draft.job.key))
        };
        self.pending.iter().filter(|create| !excludes(create)).map(|create| create.until).max()
    }

    /// Takes out all Tasks but so many. Those of unanswered requests stay first, so that Salesforce goes on to refuse the
    /// later one of the two.
    pub fn split_off(&mut self, tasks: usize) -> Vec<Draft> {
        let pending = &self.pending;
        self.drafts.sort_by_key(|draft| !pending.iter().any(|create| create.keys.contains(&draft.job.key)));
        self.drafts.split_off(self.drafts.len().min(tasks))
    }

    /// The objects of the records that it creates.
    pub fn creates(&self) -> impl Iterator<Item = SObject> + '_ {
        let record = self.record.as_ref().map(|record| record.kind().into());
        record.into_iter().chain(self.case.as_ref().map(|_| SObject::Case))
    }

    /// The subrequests that create the records and the Tasks, linked to each other, without fields and values that the
    /// org lacks.
    pub fn subrequests(&self, facts: &OrgFacts, statuses: &StatusNames) -> Vec<Subrequest> {
        let mut parts = Vec::new();
        let Some(first) = self.drafts.first() else { return parts };
        let owner = &self.owner;
        let saves_duplicate = |sobject: SObject| {
            self.drafts.iter().any(|draft| draft.job.adjusted.saves_duplicates.contains_key(&sobject))
        };
        let create = |name: &str, wire: Record, sobject: SObject| {
            let wire = if sobject == SObject::Account { with_type(wire, facts) } else { wire };
            let part = Subrequest::create(name, without(wire, sobject, facts)).assigned_by(self.assignment);
            if saves_duplicate(sobject) { part.saving_duplicates() } else { part }
        };
        if let Some(new) = &self.record {
            let wire = call_log::new_record(new, owner);
            let may_link = !Missing::Field(SObject::Contact, "AccountId".to_owned()).is_in(facts);
            parts.extend(match self.account.as_ref().filter(|_| may_link) {
                None => vec![create(Self::RECORD, wire, new.kind().into())],
                Some(BundleAccount::Existing(id)) => {
                    vec![create(Self::RECORD, wire.with("AccountId", *id), new.kind().into())]
                }
                Some(BundleAccount::New(name)) => vec![
                    create(Self::ACCOUNT, call_log::new_company(name, owner), SObject::Account),
                    create(Self::RECORD, wire, new.kind().into()).link("AccountId", Self::ACCOUNT),
                ],
            });
        }
        if let Some(subject) = &self.case {
            let wire = call_log::new_case(subject, owner);
            parts.push(match first.record.id {
                Some(contact) => create(Self::CASE, wire.with("ContactId", contact), SObject::Case),
                None => create(Self::CASE, wire, SObject::Case).link("ContactId", Self::RECORD),
            });
        }
        for (index, draft) in self.drafts.iter().enumerate() {
            let mut part = Subrequest::create(&format!("task{index}"), draft.wire(facts, statuses));
            if let Some(new) = &self.record {
                let field = if SObject::from(new.kind()) == SObject::Account { "WhatId" } else { "WhoId" };
                part = part.link(field, Self::RECORD);
            }
            if self.case.is_some() {
                part = part.link("WhatId", Self::CASE);
            }
            parts.push(part);
        }
        parts
    }
}

/// The new Account with the record type of businesses, where the user's default is another.
fn with_type(wire: Record, facts: &OrgFacts) -> Record {
    match facts.account_type.map(|known| known.value) {
        Some(AccountType::Business(id)) => wire.with("RecordTypeId", id),
        Some(AccountType::Default | AccountType::Unavailable) | None => wire,
    }
}
