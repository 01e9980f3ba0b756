//! What would be written of a call, without writing it.

use jiff::Timestamp;
use rules::matching::Record;
use rules::settings::Settings;
use rules::unknown::NewRecord;
use rules::{RecordKind, SkipReason, Trace};
use salesforce::{SalesforceId, Subrequest};
use serde_json::Value;
use store::{ConnectionState, OrgFacts, Related, Tenant};

use crate::bundle::Bundle;
use crate::job::Job;
use crate::lookup::{Hints, Lookup};
use crate::org::Org;
use crate::plan::{Draft, Plan, Users};
use crate::stop::{Stop, Trouble};

/// What would become of a call.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What was looked at in Salesforce, and what followed.
    pub trace: Trace,
    /// What would be written; else why nothing would be.
    pub would: Result<Writes, SkipReason>,
}

/// What would be written.
#[derive(Clone, Debug)]
pub struct Writes {
    /// The record that the call goes to.
    pub record: Place,
    /// The Case or Opportunity it goes to as well.
    pub related: Option<RelatedPlace>,
    /// The Task, as it would go to Salesforce: without the fields that the org lacks.
    pub task: Vec<Field>,
    /// The Task is there already under this id, and would be brought up to date. Only orgs without the key field tell
    /// so beforehand.
    pub task_id: Option<SalesforceId>,
}

/// A record that is there, or one that would be created.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// It is there.
    Existing(Record),
    /// It would be created.
    New {
        /// What it would be.
        kind: RecordKind,
        /// The name that Salesforce would show.
        name: String,
        /// Its fields.
        fields: Vec<Field>,
    },
}

/// A Case or Opportunity that is there, or a Case that would be created.
#[derive(Clone, Debug, PartialEq)]
pub enum RelatedPlace {
    /// It is there.
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
}

/// How a person reads a Task; fields that are not named follow.
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
    /// What would be written of `job`, as if it had no Task yet. The org is only asked; what shows of the org itself is
    /// remembered, as when a call is written.
    ///
    /// # Errors
    /// Why it cannot be told: also when the org is paused or has to be connected again.
    pub async fn preview(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        settings: &Settings,
        job: Job,
        now: Timestamp,
    ) -> Result<Preview, Stop> {
        is_open(tenant, now)?;
        tenant.facts = std::mem::take(&mut tenant.facts).as_of(now);
        let job = job.as_new();
        let knowledge = self.look_up(org, tenant, settings, std::slice::from_ref(&job), &Hints::default(), now).await?;
        let users = Users { known: &self.owners, tenant: &tenant.id, default_owner: org.default_owner };
        Ok(Preview::new(Plan::new(vec![job], &knowledge, settings, &users), &tenant.facts))
    }
}

/// Whether the tenant's org is to be asked at all `now`.
///
/// # Errors
/// Why it is not: [`Stop::Pause`] or [`Stop::Reconnect`]. Once a pause is over, or a dead connection is to be tried
/// again, it is.
pub fn is_open(tenant: &Tenant, now: Timestamp) -> Result<(), Stop> {
    match &tenant.state {
        ConnectionState::Paused { until, reason, .. } if now < *until => {
            Err(Stop::Pause(Trouble::new("PAUSED", reason.clone())))
        }
        ConnectionState::ReconnectNeeded { try_at, reason, .. } if now < *try_at => {
            Err(Stop::Reconnect(Trouble::new("RECONNECT_NEEDED", reason.clone())))
        }
        ConnectionState::Connected | ConnectionState::Paused { .. } | ConnectionState::ReconnectNeeded { .. } => Ok(()),
    }
}

impl Preview {
    /// Of a plan of one job.
    fn new(mut plan: Plan, facts: &OrgFacts) -> Self {
        if let Some((job, reason)) = plan.skipped.pop() {
            return Self { trace: job.trace, would: Err(reason) };
        }
        if let Some(bundle) = plan.bundles.pop() {
            return Self::of_bundle(bundle, facts);
        }
        let existing = plan.existing.pop().map(|(draft, id)| (draft, Some(id)));
        let draft = existing.or_else(|| plan.drafts.pop().map(|draft| (draft, None)));
        let (draft, task_id) = draft.expect("a plan holds each of its jobs");
        let writes = Writes {
            task: task(fields(&draft.wire(facts), std::iter::empty())),
            record: Place::Existing(draft.record),
            related: draft.related.map(RelatedPlace::Existing),
            task_id,
        };
        Self { trace: draft.job.trace, would: Ok(writes) }
    }

    fn of_bundle(bundle: Bundle, facts: &OrgFacts) -> Self {
        let parts = bundle.subrequests(facts);
        let part = |name: &str| parts.iter().find(|part| part.reference_id() == name).map(fields_of);
        let (record, case, written) = (part(Bundle::RECORD), part(Bundle::CASE), part("task0"));
        let Bundle { record: new, drafts, .. } = bundle;
        let draft: Draft = drafts.into_iter().next().expect("a bundle holds a Task");
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

/// The fields of a record; a link takes the place of a value.
fn fields<'a>(record: &salesforce::Record, links: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Field> {
    let given = record.fields().map(|(name, value)| (name, FieldValue::Given(value.clone())));
    let mut fields: Vec<Field> = given.map(|(name, value)| Field { name: name.to_owned(), value }).collect();
    for (name, to) in links {
        let value = if to == Bundle::CASE { FieldValue::NewCase } else { FieldValue::NewRecord };
        fields.retain(|field| field.name != name);
        fields.push(Field { name: name.to_owned(), value });
    }
    fields
}

/// The fields of a Task, as a person reads them.
fn task(mut fields: Vec<Field>) -> Vec<Field> {
    let place = |field: &Field| ORDER.iter().position(|name| *name == field.name).unwrap_or(ORDER.len());
    fields.sort_by_key(place);
    fields
}
