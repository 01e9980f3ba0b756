//! Updates existing Tasks and preserves what people wrote in them.

use std::collections::BTreeMap;

use org::{Draft, Job, Missing, Org, Stop, Trouble, without};
use rules::matching::Record;
use rules::revise::{base_from_current, revise};
use rules::settings::Settings;
use rules::{RecordKind, Task, Topic};
use salesforce::call_log::{HELD_FIELDS, held, revised_task};
use salesforce::{Atomicity, Error, KeyField, MAX_RECORDS, Refusal, SObject, SalesforceId, Soql};
use store::{OrgFacts, Related};

use crate::create::Report;
use crate::fate::{Fate, LoggedTask};
use crate::fix::{Action, Part, action_for};

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
        let task_id = SalesforceId::parse(&written.task_id).ok()?;
        let ours = job.task(settings, &written.record.name);
        let (last_written, record, related) = (written.task, written.record, written.related);
        Some(Self { job, task_id, last_written, ours, record, related })
    }

    fn task_gone(mut self, report: &mut Report) {
        self.job.trace.note(
            Topic::Task,
            "The Task is no longer visible in Salesforce: it was deleted, or hidden from the connected user. It is not \
             created again.",
        );
        self.done(report);
    }

    fn done(self, report: &mut Report) {
        let Self { job, task_id, ours, record, related, .. } = self;
        report.done.push((job, Fate::Logged(Box::new(LoggedTask { task_id, task: ours, record, related }))));
    }
}

/// Adopts Tasks that already existed when we tried to create them: an earlier attempt wrote them, and its outcome was
/// lost.
pub(crate) async fn adopt(org: &mut Org, facts: &OrgFacts, report: &mut Report) -> Result<(), Stop> {
    let existing = std::mem::take(&mut report.existing);
    let unnamed: Vec<String> =
        existing.iter().filter(|(_, id)| id.is_none()).map(|(draft, _)| draft.job.key.clone()).collect();
    let mut ids = BTreeMap::new();
    for soql in Soql::tasks_by_key(KeyField::AircallKey, &unnamed, None) {
        let tasks = org.call(async |client| client.query(&soql).await).await?;
        ids.extend(
            tasks.iter().filter_map(|task| Some((task.str(KeyField::AircallKey.name())?.to_owned(), task.id()?))),
        );
    }
    let mut updates = Vec::new();
    for (draft, id) in existing {
        let Draft { mut job, task, record, related, .. } = draft;
        if let Some(task_id) = id.or_else(|| ids.get(&job.key).copied()) {
            job.trace.note(Topic::Task, "The Task already existed: an earlier attempt had written it.");
            updates.push(Update { job, task_id, last_written: None, ours: task, record, related });
        } else {
            // Written by a request that is still running, or hidden from the connected user.
            let message = "Salesforce says that the Task exists, but does not show it.";
            report.done.push((job, Fate::Postponed(Trouble::new("DUPLICATE_VALUE", message))));
        }
    }
    update(org, updates, facts, report).await
}

/// Updates Tasks: no request for those that are up to date, else one query and one update call per 200.
pub(crate) async fn update(
    org: &mut Org,
    updates: Vec<Update>,
    facts: &OrgFacts,
    report: &mut Report,
) -> Result<(), Stop> {
    let (same, changed): (Vec<_>, Vec<_>) =
        updates.into_iter().partition(|update| update.last_written.as_ref() == Some(&update.ours));
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
            update.task_gone(report);
            continue;
        };
        if update.record.id.is_empty() {
            update.record = record_of(task, update.record);
        }
        let held = held(task);
        // After an attempt whose response was lost: if the Task was not modified since, its content is what we wrote.
        let is_untouched = task.datetime("CreatedDate").is_some_and(|at| task.datetime("LastModifiedDate") == Some(at));
        let last_written =
            update.last_written.take().or_else(|| is_untouched.then(|| base_from_current(&held, &update.ours)));
        let revision = revise(last_written.as_ref(), &held, &update.ours);
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
            // The whole collection was refused because of a field that none of its records may have.
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
                    report.wrote_any = true;
                    update.job.trace.note(Topic::Task, "The Task was updated with later data from Aircall.");
                    update.done(report);
                }
                Err(refusal) => refused(update, &refusal, report),
            }
        }
    }
    Ok(())
}

/// The Tasks as Salesforce holds them, without deleted ones. The inner error names fields that the org lacks or hides.
async fn read(
    org: &mut Org,
    updates: &[Update],
    facts: &OrgFacts,
) -> Result<Result<BTreeMap<SalesforceId, salesforce::Record>, Refusal>, Stop> {
    let is_visible = |field: &&&str| !Missing::Field(SObject::Task, (**field).to_owned()).is_in(facts);
    let links = LINKS.iter().filter(|_| updates.iter().any(|update| update.record.id.is_empty()));
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

fn refused(update: Update, refusal: &Refusal, report: &mut Report) {
    match action_for(Part::Revision, &update.job, refusal) {
        Action::TaskGone => update.task_gone(report),
        Action::FixAndRetry(fix) => report.to_retry.push((update.job, fix)),
        Action::Finish(fate) => report.done.push((update.job, fate)),
        Action::Adopt(_) => report.done.push((update.job, Fate::failed(refusal))),
        Action::Stop(stop) => {
            report.stop = Some(stop);
            report.stopped.push((update.job, Fate::postponed(refusal)));
        }
    }
}

/// The record that a Task is linked to, in place of a planned record that was not created.
fn record_of(task: &salesforce::Record, planned: Record) -> Record {
    let Some(id) = task.reference("WhoId").or_else(|| task.reference("WhatId")) else { return planned };
    let kind = match id.sobject() {
        Some(SObject::Contact) => RecordKind::Contact,
        Some(SObject::Lead) => RecordKind::Lead,
        _ => RecordKind::Account,
    };
    Record { kind, id: id.as_str().to_owned(), ..planned }
}
