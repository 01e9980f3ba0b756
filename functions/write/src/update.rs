//! Brings Tasks that exist up to date, and keeps what people wrote in them.

use std::collections::BTreeMap;

use org::{Draft, Job, Org, Stop, Trouble, without};
use rules::matching::Record;
use rules::revise::{revise, untouched};
use rules::settings::Settings;
use rules::{RecordKind, Task, Topic};
use salesforce::call_log::{HELD_FIELDS, held, revised_task};
use salesforce::{Atomicity, Error, KeyField, MAX_RECORDS, Refusal, SObject, SalesforceId, Soql};
use store::{OrgFacts, Related};

use crate::create::Report;
use crate::fate::{Fate, Placed};
use crate::fix::{Action, Part, action_for};

/// What is read of a Task beside the fields that people change.
const ALWAYS_READ: [&str; 2] = ["CreatedDate", "LastModifiedDate"];

/// What is read of a Task whose record we do not know.
const LINKS: [&str; 2] = ["WhoId", "WhatId"];

/// A Task that exists, and what it is to say now.
#[derive(Debug)]
pub(crate) struct Update {
    job: Job,
    task_id: SalesforceId,
    /// What we wrote last; none if that is not known.
    wrote: Option<Task>,
    ours: Task,
    record: Record,
    related: Option<Related>,
}

impl Update {
    /// The update of a job whose Task we wrote before.
    pub(crate) fn from_job(job: Job, settings: &Settings) -> Option<Self> {
        let written = job.written.clone()?;
        let task_id = SalesforceId::parse(&written.task_id).ok()?;
        let ours = job.interaction.task(job.status, settings, &written.record.name);
        let (wrote, record, related) = (Some(written.task), written.record, written.related);
        Some(Self { job, task_id, wrote, ours, record, related })
    }

    fn gone(mut self, report: &mut Report) {
        self.job.trace.note(
            Topic::Task,
            "The Task is no longer to be seen in Salesforce: deleted, or hidden from us. It stays so.",
        );
        self.done(report);
    }

    fn done(self, report: &mut Report) {
        let Self { job, task_id, ours, record, related, .. } = self;
        report.done.push((job, Fate::Logged(Box::new(Placed { task_id, task: ours, record, related }))));
    }
}

/// Takes over the Tasks that were there when we created them: an earlier attempt's, whose outcome was lost.
pub(crate) async fn adopt(org: &mut Org, facts: &OrgFacts, report: &mut Report) -> Result<(), Stop> {
    let exist = std::mem::take(&mut report.exist);
    let unnamed: Vec<String> =
        exist.iter().filter(|(_, id)| id.is_none()).map(|(draft, _)| draft.job.key.clone()).collect();
    let mut ids = BTreeMap::new();
    for soql in Soql::tasks_by_key(KeyField::AircallKey, &unnamed, None) {
        let tasks = org.call(async |client| client.query(&soql).await).await?;
        ids.extend(
            tasks.iter().filter_map(|task| Some((task.str(KeyField::AircallKey.name())?.to_owned(), task.id()?))),
        );
    }
    let mut updates = Vec::new();
    for (draft, id) in exist {
        let Draft { mut job, task, record, related, .. } = draft;
        if let Some(task_id) = id.or_else(|| ids.get(&job.key).copied()) {
            job.trace.note(Topic::Task, "The Task was there already: an earlier attempt had written it.");
            updates.push(Update { job, task_id, wrote: None, ours: task, record, related });
        } else {
            // Written by a request that has not ended yet, or hidden from us.
            let message = "Salesforce says that the Task exists, and does not show it.";
            report.done.push((job, Fate::Postponed(Trouble::new("DUPLICATE_VALUE", message))));
        }
    }
    update(org, updates, facts, report).await
}

/// Updates Tasks: nothing for those that say it already, else one query and one call for 200.
pub(crate) async fn update(
    org: &mut Org,
    updates: Vec<Update>,
    facts: &OrgFacts,
    report: &mut Report,
) -> Result<(), Stop> {
    let (same, changed): (Vec<_>, Vec<_>) =
        updates.into_iter().partition(|update| update.wrote.as_ref() == Some(&update.ours));
    for update in same {
        update.done(report);
    }
    let tasks = match read(org, &changed, facts).await? {
        Ok(tasks) => tasks,
        Err(refusal) => {
            for update in changed {
                refused(update, &refusal, report);
            }
            return Ok(());
        }
    };
    let mut revised = Vec::new();
    for mut update in changed {
        let Some(task) = tasks.get(&update.task_id) else {
            update.gone(report);
            continue;
        };
        if update.record.id.is_empty() {
            update.record = record_of(task, update.record);
        }
        let held = held(task);
        // An earlier attempt's, whose answer was lost: if nobody changed it since, what it says is what we wrote.
        let is_untouched = task.datetime("CreatedDate").is_some_and(|at| task.datetime("LastModifiedDate") == Some(at));
        let wrote = update.wrote.take().or_else(|| is_untouched.then(|| untouched(&held, &update.ours)));
        let revision = revise(wrote.as_ref(), &held, &update.ours);
        if revision.is_empty() {
            update.done(report);
        } else {
            let wire = without(revised_task(&update.task_id, &revision), SObject::Task, facts);
            revised.push((update, wire));
        }
    }
    while !revised.is_empty() {
        let chunk: Vec<_> = revised.drain(..revised.len().min(MAX_RECORDS)).collect();
        let wires: Vec<salesforce::Record> = chunk.iter().map(|(_, wire)| wire.clone()).collect();
        let saved = match org.try_call(async |client| client.update(&wires, Atomicity::EachAlone).await).await? {
            Ok(saved) => saved,
            // The whole collection for a field that none of its records may have.
            Err(Error::Refused(refusal)) if refusal.fields_to_leave_out().is_some() => {
                for (update, _) in chunk {
                    refused(update, &refusal, report);
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        for ((update, _), saved) in chunk.into_iter().zip(saved) {
            match saved {
                Ok(_) => {
                    let mut update = update;
                    report.took = true;
                    update.job.trace.note(Topic::Task, "The Task was updated with what Aircall said later.");
                    update.done(report);
                }
                Err(refusal) => refused(update, &refusal, report),
            }
        }
    }
    Ok(())
}

/// What Salesforce holds of the Tasks; those that were deleted are missing.
/// The inner error names fields that the org lacks or hides.
async fn read(
    org: &mut Org,
    updates: &[Update],
    facts: &OrgFacts,
) -> Result<Result<BTreeMap<SalesforceId, salesforce::Record>, Refusal>, Stop> {
    let hidden = |field: &&&str| !facts.missing_fields.contains_key(&format!("Task.{field}"));
    let links = LINKS.iter().filter(|_| updates.iter().any(|update| update.record.id.is_empty()));
    let fields: Vec<&'static str> =
        HELD_FIELDS.iter().chain(links).filter(hidden).copied().chain(ALWAYS_READ).collect();
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

fn refused(update: Update, refusal: &Refusal, report: &mut Report) {
    match action_for(Part::Revision, &update.job, refusal) {
        Action::LetGo => update.gone(report),
        Action::Again(fix) => report.again.push((update.job, fix)),
        Action::Settle(fate) => report.done.push((update.job, fate)),
        Action::Adopt(_) => report.done.push((update.job, Fate::failed(refusal))),
        Action::Stop(stop) => {
            report.stop = Some(stop);
            report.stopped.push((update.job, Fate::postponed(refusal)));
        }
    }
}

/// The record that a Task is on, where the plan's own was not created after all.
fn record_of(task: &salesforce::Record, planned: Record) -> Record {
    let Some(id) = task.reference("WhoId").or_else(|| task.reference("WhatId")) else { return planned };
    let kind = match id.sobject() {
        Some(SObject::Contact) => RecordKind::Contact,
        Some(SObject::Lead) => RecordKind::Lead,
        _ => RecordKind::Account,
    };
    Record { kind, id: id.as_str().to_owned(), ..planned }
}
