//! Preview of what would be written for a call, without writing it.

use jiff::Timestamp;
use rules::matching::Record;
use rules::settings::Settings;
use rules::unknown::NewRecord;
use rules::{RecordKind, SkipReason, StatusNames, Trace};
use salesforce::{SalesforceId, Subrequest};
use serde_json::Value;
use store::{OrgFacts, Related, Tenant};

use crate::batch_error::BatchError;
use crate::bundle::Bundle;
use crate::connection;
use crate::draft::{Draft, status_names};
use crate::job::Job;
use crate::lookup::{Hints, Lookup};
use crate::org::Org;
use crate::plan::{Plan, Users};

/// The preview of a call.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The trace of the look-up and the plan.
    pub trace: Trace,
    /// What would be written, or why nothing would be.
    pub would: Result<Writes, SkipReason>,
}

/// What would be written.
#[derive(Clone, Debug)]
pub struct Writes {
    /// The record that the call would be logged on.
    pub record: Place,
    /// The Case or Opportunity that it would also be logged on.
    pub related: Option<RelatedPlace>,
    /// The Task, as it would go to Salesforce: without the fields that the org lacks.
    pub task: Vec<Field>,
    /// The id of the Task if it already exists and would be updated. Only known beforehand in orgs without the key
    /// field.
    pub task_id: Option<SalesforceId>,
}

/// A record that exists or would be created.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// It exists.
    Existing(Record),
    /// It would be created.
    New {
        /// Its kind.
        kind: RecordKind,
        /// The name that Salesforce would show.
        name: String,
        /// Its fields.
        fields: Vec<Field>,
    },
}

/// A Case or Opportunity that exists, or a Case that would be created.
#[derive(Clone, Debug, PartialEq)]
pub enum RelatedPlace {
    /// It exists.
    Existing(Related),
    /// It would be created, with these fields.
    NewCase(Vec<Field>),
}

/// A field as it would go to Salesforce.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its API name.
    pub name: String,
    /// What it would hold.
    pub value: FieldValue,
}

/// What a field would hold.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// This text or number.
    Given(Value),
    /// The id of the record that would be created.
    NewRecord,
    /// The id of the Case that would be created.
    NewCase,
    /// The id of the Account that would be created.
    NewAccount,
}

/// The display order of a Task's fields; all others follow.
const ORDER: [&str; 13] = [
    "Subject",
    "Status",
    "WhoId",
    "WhatId",
    "OwnerId",
    "ActivityDate",
    "CallType",
    "CallDurationInSeconds",
    "CallDisposition",
    "Description",
    "TaskSubtype",
    "Type",
    "CallObject",
];

impl Lookup {
    /// Previews what would be written for `job`, as if it had no Task yet. Only reads from the org; facts about the org
    /// itself are stored, as when a call is written.
    ///
    /// # Errors
    /// Why there is no preview, including when the org is paused or has to be connected again.
    pub async fn preview(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        settings: &Settings,
        job: Job,
        now: Timestamp,
    ) -> Result<Preview, BatchError> {
        connection::is_open(tenant, now)?;
        tenant.facts = std::mem::take(&mut tenant.facts).as_of(now);
        let job = job.as_new();
        let knowledge = self.look_up(org, tenant, settings, std::slice::from_ref(&job), &Hints::default(), now).await?;
        let users =
            Users { known: &self.owners, tenant: &tenant.id, default_owner: org.default_owner, chosen: &tenant.users };
        let statuses = status_names(&tenant.facts, &tenant.statuses);
        let plan = Plan::new(vec![job], &knowledge, settings, &tenant.own_lines, &users);
        Ok(Preview::new(plan, &tenant.facts, &statuses))
    }
}

impl Preview {
    /// The preview from a plan of one job.
    fn new(mut plan: Plan, facts: &OrgFacts, statuses: &StatusNames) -> Self {
        if let Some((job, reason)) = plan.skipped.pop() {
            return Self { trace: job.trace, would: Err(reason) };
        }
        if let Some(bundle) = plan.bundles.pop() {
            return Self::from_bundle(bundle, facts, statuses);
        }
        let existing = plan.existing.pop().map(|(draft, id)| (draft, Some(id)));
        let draft = existing.or_else(|| plan.drafts.pop().map(|draft| (draft, None)));
        let (draft, task_id) = draft.expect("a plan contains each of its jobs");
        let writes = Writes {
            task: task(fields(&draft.wire(facts, statuses), std::iter::empty())),
            record: Place::Existing(draft.record),
            related: draft.related.map(RelatedPlace::Existing),
            task_id,
        };
        Self { trace: draft.job.trace, would: Ok(writes) }
    }

    fn from_bundle(bundle: Bundle, facts: &OrgFacts, statuses: &StatusNames) -> Self {
        let parts = bundle.subrequests(facts, statuses);
        let part = |name: &str| parts.iter().find(|part| part.reference_id() == name).map(fields_of);
        let (record, case, written) = (part(Bundle::RECORD), part(Bundle::CASE), part("task0"));
        let Bundle { record: new, drafts, .. } = bundle;
        let draft: Draft = drafts.into_iter().next().expect("a bundle contains a Task");
        let place =
            |new: NewRecord| Place::New { kind: new.kind(), name: new.name(), fields: record.unwrap_or_default() };
        let writes = Writes {
            record: new.map_or_else(|| Place::Existing(draft.record), place),
            related: case.map(RelatedPlace::NewCase).or(draft.related.map(RelatedPlace::Existing)),
            task: task(written.unwrap_or_default()),
            task_id: None,
        };
        Self { trace: draft.job.trace, would: Ok(writes) }
    }
}

fn fields_of(part: &Subrequest) -> Vec<Field> {
    part.record().map(|record| fields(record, part.links())).unwrap_or_default()
}

/// The fields of a record; a link replaces the value of its field.
fn fields<'a>(record: &salesforce::Record, links: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Field> {
    let given = record.fields().map(|(name, value)| (name, FieldValue::Given(value.clone())));
    let mut fields: Vec<Field> = given.map(|(name, value)| Field { name: name.to_owned(), value }).collect();
    for (name, to) in links {
        let value = match to {
            Bundle::CASE => FieldValue::NewCase,
            Bundle::ACCOUNT => FieldValue::NewAccount,
            _ => FieldValue::NewRecord,
        };
        fields.retain(|field| field.name != name);
        fields.push(Field { name: name.to_owned(), value });
    }
    fields
}

/// The fields of a Task in display order.
fn task(mut fields: Vec<Field>) -> Vec<Field> {
    let place = |field: &Field| ORDER.iter().position(|name| *name == field.name).unwrap_or(ORDER.len());
    fields.sort_by_key(place);
    fields
}
