//! A Task that is ready to be written.

use rules::matching::Record;
use rules::relate::RelatedKind;
use rules::{StatusChoice, StatusNames, Task};
use salesforce::{SObject, SalesforceId, call_log};
use store::{OrgFacts, Related};

use crate::job::Job;
use crate::missing::Missing;

/// A Task that is ready to be written.
#[derive(Debug)]
pub struct Draft {
    /// The job that it is for.
    pub job: Job,
    /// The Task.
    pub task: Task,
    /// The owner.
    pub owner: SalesforceId,
    /// The record that the Task is linked to. Without an id until the bundle's record is created.
    pub record: Record,
    /// The Case or Opportunity it is linked to, if that already exists.
    pub related: Option<Related>,
}

impl Draft {
    /// The Task's record in Salesforce, without the fields that the org lacks.
    pub fn wire(&self, facts: &OrgFacts, statuses: &StatusNames) -> salesforce::Record {
        let mut wire = call_log::new_task(&self.task, &self.owner, statuses);
        if let Some(who) = self.record.who() {
            wire.set("WhoId", who);
        }
        if let Some(what) = self.related.as_ref().map(|related| related.id).or(self.record.what()) {
            wire.set("WhatId", what);
        }
        without(wire, SObject::Task, facts)
    }

    /// The draft on the records that its bundle created.
    #[must_use]
    pub fn on(mut self, record: Option<SalesforceId>, case: Option<SalesforceId>) -> Self {
        self.record.id = record.or(self.record.id);
        if let Some(id) = case {
            self.related = Some(Related { kind: RelatedKind::Case, id });
        }
        self
    }
}

/// `wire` without the fields of `sobject` that the org lacks or does not let us write, and without picklist values that
/// it lacks.
pub fn without(mut wire: salesforce::Record, sobject: SObject, facts: &OrgFacts) -> salesforce::Record {
    for (missing, _) in Missing::all(facts) {
        match missing {
            Missing::Field(object, field) if object == sobject => {
                wire.remove(&field);
            }
            Missing::Value { sobject: object, field, value } if object == sobject => {
                if wire.str(&field) == Some(value.as_str()) {
                    wire.remove(&field);
                }
            }
            Missing::Field(..)
            | Missing::Value { .. }
            | Missing::Searched(..)
            | Missing::Filter(..)
            | Missing::Query(_)
            | Missing::Scan(_)
            | Missing::Owner(_)
            | Missing::Object(_) => {}
        }
    }
    if let Some(lists) = &facts.lists {
        let is_unlisted = |(field, value): (&str, &serde_json::Value)| {
            let value = value.as_str()?;
            lists.value.lacks(&format!("{sobject}.{field}"), value).then(|| field.to_owned())
        };
        let unlisted: Vec<String> = wire.fields().filter_map(is_unlisted).collect();
        for field in unlisted {
            wire.remove(&field);
        }
    }
    wire
}

/// The statuses of the org that are written.
pub fn status_names(facts: &OrgFacts, choice: &StatusChoice) -> StatusNames {
    let list = facts.lists.as_ref().map(|lists| lists.value.statuses.as_slice()).unwrap_or_default();
    let refused = |name: &str| {
        let (sobject, field, value) = (SObject::Task, "Status".to_owned(), name.to_owned());
        Missing::Value { sobject, field, value }.is_in(facts)
    };
    StatusNames::choose(list, choice, refused)
}
