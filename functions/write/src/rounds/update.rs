//! Updates existing Tasks and preserves what people wrote in them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use org::{BatchError, Draft, Job, Missing, Org, Reason, without};
use rules::matching::Record;
use rules::revise::{base_from_current, revise};
use rules::settings::Settings;
use rules::{RecordKind, Task, Topic};
use salesforce::call_log::{HELD_FIELDS, held, revised_task};
use salesforce::{Error, MAX_RECORDS, Refusal, SObject, SalesforceId, Soql};
use store::{OrgFacts, Related, Written};

use super::fix::{Action, Part, action_for};
use super::progress::Progress;
use crate::outcome::{self, Finished};

/// Fields of a Task that are always read, beside those that people change.
const ALWAYS_READ: [&str; 2] = ["CreatedDate", "LastModifiedDate"];

/// Fields that are read of a Task whose record is not known.
const LINKS: [&str; 2] = ["WhoId", "WhatId"];

/// An existing Task and its new content.
#[derive(Debug)]
pub(crate) struct Update {
    job: Job,
    task_id: SalesforceId,
    /// What we wrote last; `None` if that is not known.
    last_written: Option<Task>,
    ours: Task,
    record: Record,
    related: Option<Related>,
}

impl Update {
    /// The update of a job whose Task was written before.
    pub(crate) fn from_job(job: Job, settings: &Settings) -> Option<Self> {
        let written = job.written.clone()?;
        let ours = job.task(settings, &written.record.name);
        let Written { task_id, task: last_written, record, related, .. } = written;
        Some(Self { job, task_id, last_written, ours, record, related })
    }

    fn task_gone(mut self) -> Finished {
        self.job.trace.note(
            Topic::Task,
            "The Task is no longer visible in Salesforce: it was deleted, or hidden from the connected user. It is not \
             created again.",
        );
        self.up_to_date()
    }

    /// The Task says what it should.
    fn up_to_date(self) -> Finished {
        let (job, written) = self.into_written();
        outcome::logged(job, written)
    }

    fn into_written(self) -> (Job, Written) {
        let Self { job, task_id, ours, record, related, .. } = self;
        let logged_at = job.written.as_ref().map_or_else(Timestamp::now, |written| written.logged_at);
        (job, Written { task_id, task: Some(ours), record, related, logged_at })
    }
}

/// Adopts Tasks that already existed when we tried to create them: an earlier attempt wrote them, and its outcome was
/// lost.
pub(crate) async fn adopt(org: &mut Org, existing: Vec<(Draft, Option<SalesforceId>)>, facts: &OrgFacts) -> Progress {
    let unnamed = existing.iter().filter(|(_, id)| id.is_none());
    let keys: Vec<String> = unnamed.map(|(draft, _)| draft.job.key.clone()).collect();
    let ids = match org.tasks_by_key(&keys).await {
        Ok(ids) => ids,
        Err(error) => return Progress::aborted(error),
    };
    let mut progress = Progress::default();
    let mut updates = Vec::new();
    for (draft, id) in existing {
        let Draft { mut job, task, record, related, .. } = draft;
        if let Some(task_id) = id.or_else(|| ids.get(&job.key).copied()) {
            job.trace.note(Topic::Task, "The Task already existed: an earlier attempt had written it.");
            updates.push(Update { job, task_id, last_written: None, ours: task, record, related });
        } else {
            // Written by a request that is still running, or hidden from the connected user.
            let message = "Salesforce says that the Task exists, but does not show it.";
            progress.finished.push(outcome::postponed(job, Reason::new("DUPLICATE_VALUE", message)));
        }
    }
    progress.extend(update(org, updates, facts).await);
    progress
}

/// Updates Tasks: no request for those that are up to date, else one query and one update call per 200.
pub(crate) async fn update(org: &mut Org, updates: Vec<Update>, facts: &OrgFacts) -> Progress {
    let (same, changed): (Vec<_>, Vec<_>) =
        updates.into_iter().partition(|update| update.last_written.as_ref() == Some(&update.ours));
    let mut progress = Progress::default();
    progress.finished.extend(same.into_iter().map(Update::up_to_date));
    let tasks = match read(org, &changed, facts).await {
        Ok(Ok(tasks)) => tasks,
        Ok(Err(refusal)) => {
            for update in changed {
                refused(update, &refusal, &mut progress);
            }
            return progress;
        }
        Err(error) => {
            progress.aborted = Some(error);
            return progress;
        }
    };
    let mut revised = Vec::new();
    for update in changed {
        match tasks.get(&update.task_id) {
            None => progress.finished.push(update.task_gone()),
            Some(task) => match update.revise(task, facts) {
                Ok(revision) => revised.push(revision),
                Err(same) => progress.finished.push(same.up_to_date()),
            },
        }
    }
    while !revised.is_empty() && progress.aborted.is_none() {
        let chunk: Vec<_> = revised.drain(..revised.len().min(MAX_RECORDS)).collect();
        progress.extend(write(org, chunk).await.unwrap_or_else(Progress::aborted));
    }
    progress
}

impl Update {
    /// The update with the fields to write, given the Task as Salesforce holds it; the error is an update without any.
    fn revise(mut self, task: &salesforce::Record, facts: &OrgFacts) -> Result<(Self, salesforce::Record), Box<Self>> {
        if self.record.id.is_none() {
            self.record = record_of(task, self.record);
        }
        let held = held(task);
        // After an attempt whose response was lost: if the Task was not modified since, its content is what we wrote.
        let is_untouched = task.datetime("CreatedDate").is_some_and(|at| task.datetime("LastModifiedDate") == Some(at));
        let base = self.last_written.take().or_else(|| is_untouched.then(|| base_from_current(&held, &self.ours)));
        let revision = revise(base.as_ref(), &held, &self.ours);
        if revision.is_empty() {
            return Err(Box::new(self));
        }
        let wire = without(revised_task(&self.task_id, &revision), SObject::Task, facts);
        Ok((self, wire))
    }
}

/// Writes revised Tasks in one API call, each succeeding or failing on its own.
async fn write(org: &mut Org, revised: Vec<(Update, salesforce::Record)>) -> Result<Progress, BatchError> {
    let mut progress = Progress::default();
    let (updates, wires): (Vec<_>, Vec<_>) = revised.into_iter().unzip();
    for (mut update, saved) in updates.into_iter().zip(org.update(&wires).await?) {
        match saved {
            Ok(_) => {
                update.job.trace.note(Topic::Task, "The Task was updated with later data from Aircall.");
                let (job, written) = update.into_written();
                progress.logged(job, written);
            }
            Err(refusal) => refused(update, &refusal, &mut progress),
        }
    }
    Ok(progress)
}

/// The Tasks as Salesforce holds them, without deleted ones. The inner error names fields that the org lacks or hides.
async fn read(
    org: &mut Org,
    updates: &[Update],
    facts: &OrgFacts,
) -> Result<Result<BTreeMap<SalesforceId, salesforce::Record>, Refusal>, BatchError> {
    let is_visible = |field: &&&str| !Missing::Field(SObject::Task, (**field).to_owned()).is_in(facts);
    let links = LINKS.iter().filter(|_| updates.iter().any(|update| update.record.id.is_none()));
    let fields: Vec<&'static str> =
        HELD_FIELDS.iter().chain(links).filter(is_visible).copied().chain(ALWAYS_READ).collect();
    let ids: Vec<SalesforceId> = updates.iter().map(|update| update.task_id).collect();
    let mut tasks = BTreeMap::new();
    for soql in Soql::tasks_by_id(&ids, &fields) {
        match org.try_call(async |client| client.query(&soql).await).await? {
            Ok(found) => tasks.extend(found.into_iter().filter_map(|task| Some((task.id()?, task)))),
            Err(Error::Refused(refusal)) if refusal.fields_to_leave_out().is_some() => {
                return Ok(Err(refusal));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Ok(tasks))
}

fn refused(update: Update, refusal: &Refusal, progress: &mut Progress) {
    match action_for(Part::Revision, &update.job, refusal) {
        Action::TaskGone => progress.finished.push(update.task_gone()),
        action => progress.act(update.job, action, refusal),
    }
}

/// The record that a Task is linked to, in place of a planned record that was not created.
fn record_of(task: &salesforce::Record, planned: Record) -> Record {
    let Some(id) = task.reference("WhoId").or_else(|| task.reference("WhatId")) else { return planned };
    let kind = match SObject::of(id) {
        Some(SObject::Contact) => RecordKind::Contact,
        Some(SObject::Lead) => RecordKind::Lead,
        _ => RecordKind::Account,
    };
    Record { kind, id: Some(id), ..planned }
}
