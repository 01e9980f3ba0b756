//! A new record with its Case and Tasks, as one transaction in Salesforce.

use jiff::Timestamp;
use rules::unknown::NewRecord;
use salesforce::{SObject, Subrequest, call_log};
use store::{OrgFacts, PendingCreate};

use crate::draft::{Draft, without};

/// A new record, a new Case or both, with the Tasks on them. Written atomically.
#[derive(Debug)]
pub struct Bundle {
    /// What it creates records for: a phone number, or the id of a Contact that gets a Case.
    pub subject: String,
    /// Earlier requests to create records for the same subject that are not answered.
    pub pending: Vec<PendingCreate>,
    /// The record to create; `None` if only the Case is new.
    pub record: Option<NewRecord>,
    /// The subject of the Case to create.
    pub case: Option<String>,
    /// The Tasks.
    pub drafts: Vec<Draft>,
}

impl Bundle {
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

    /// The subrequests that create the record, the Case and the Tasks, linked to each other, without fields that the
    /// org lacks.
    pub fn subrequests(&self, facts: &OrgFacts) -> Vec<Subrequest> {
        let mut parts = Vec::new();
        if let Some(new) = &self.record {
            let wire = without(call_log::new_record(new), SObject::from(new.kind()), facts);
            parts.push(Subrequest::create(Self::RECORD, wire));
        }
        if let (Some(subject), Some(first)) = (&self.case, self.drafts.first()) {
            let wire = without(call_log::new_case(subject), SObject::Case, facts);
            parts.push(match first.record.id {
                Some(contact) => Subrequest::create(Self::CASE, wire.with("ContactId", contact)),
                None => Subrequest::create(Self::CASE, wire).link("ContactId", Self::RECORD),
            });
        }
        for (index, draft) in self.drafts.iter().enumerate() {
            let mut part = Subrequest::create(&format!("task{index}"), draft.wire(facts));
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
