//! Updates existing Tasks and preserves what people wrote in them.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use org::{BatchError, Draft, Job, Missing, Org, Reason, without};
use rules::matching::Record;
use rules::revise::{base_from_current, revise};
use rules::settings::Settings;
use rules::{RecordKind, StatusNames, Task, Topic};
use salesforce::call_log::{HELD_FIELDS, held, revised_task};
use salesforce::{Error, Kind, MAX_SUBREQUESTS, Refusal, SObject, SalesforceId, Soql};
use store::{OrgFacts, Related, Written};

use super::automation::{Ladder, is_of_automation};
use super::fix::{Fix, Part, action_for};
use super::progress::Progress;
use super::requests::{Requests, Sent};
use crate::outcome::{self, Finished};

/// Fields of a Task that are always read, beside those that people change.
const ALWAYS_READ: [&str; 2] = ["CreatedDate", "LastModifiedDate"];

/// Fields that are read of a Task whose record is not known.
const LINKS: [&str; 2] = ["WhoId", "WhatId"];

/// How old the last change of a Task has to be to be distinguished from a later one: Salesforce keeps whole seconds,
/// and its clock is not ours.
const RESOLUTION: SignedDuration = SignedDuration::from_secs(2);

/// The most that Salesforce's clock is expected to be ahead of ours.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// An existing Task and its new content.
#[derive(Debug)]
pub(crate) struct Update {
    job: Job,
    task_id: SalesforceId,
    ours: Task,
    record: Record,
    related: Option<Related>,
}

/// An existing Task and what is changed of it.
type Change = (Update, salesforce::Update);

/// What an existing Task needs.
enum Need {
    /// Nothing: it says what it should.
    Nothing(Update),
    /// These fields, if nobody has changed it since.
    Change(Update, salesforce::Update),
    /// To be looked at again at this time.
    Wait(Update, Reason, Timestamp),
}

impl Update {
    /// The update of a job whose Task was written before.
    pub(crate) fn from_job(job: Job, settings: &Settings) -> Option<Self> {
        let Written { task_id, record, related, .. } = job.written.clone()?;
        let ours = job.task(settings, &record.name);
        Some(Self { job, task_id, ours, record, related })
    }

    /// Whether the Task is known to say what it should without reading it.
    fn is_up_to_date(&self) -> bool {
        let last_written = self.job.written.as_ref().and_then(|written| written.task.as_ref());
        last_written == Some(&self.ours) && self.job.unconfirmed.is_empty()
    }

    /// The Task was deleted. A call, or messages that it held, are not logged again; later messages are.
    fn task_gone(mut self, progress: &mut Progress) {
        if let Some(job) = self.job.clone().after_deletion() {
            return progress.to_fix.push((job, Fix::LookUpAgain));
        }
        self.job.trace.note(
            Topic::Task,
            "The Task is no longer visible in Salesforce: it was deleted, or hidden from the connected user. It is not \
             created again.",
        );
        progress.finished.push(self.up_to_date());
    }

    /// The Task says what it should.
    fn up_to_date(self) -> Finished {
        let (job, written) = self.into_written();
        outcome::logged(job, written)
    }

    fn into_written(self) -> (Job, Written) {
        let Self { job, task_id, ours, record, related } = self;
        let logged_at = job.written.as_ref().map_or_else(Timestamp::now, |written| written.logged_at);
        (job, Written { task_id, task: Some(ours), record, related, logged_at })
    }

    /// What the Task needs, given how Salesforce held it at the time `looked_at`.
    fn need(
        mut self,
        task: &salesforce::Record,
        facts: &OrgFacts,
        statuses: &StatusNames,
        looked_at: Timestamp,
    ) -> Need {
        if self.record.id.is_none() {
            self.record = record_of(task, self.record);
        }
        let held = held(task, statuses);
        let modified_at = task.datetime("LastModifiedDate");
        let mut bases = self.job.bases();
        // If the Task was not modified since its creation, its content is what we wrote.
        if bases.is_empty() && task.datetime("CreatedDate").is_some_and(|at| modified_at == Some(at)) {
            bases.push(base_from_current(&held, &self.ours));
        }
        let revision = revise(&bases, &held, &self.ours);
        if revision.is_empty() {
            // An earlier update may still land and take back what the Task says.
            return match self.job.may_be_updated_until(&self.ours).filter(|until| *until > looked_at) {
                Some(until) => Need::Wait(self, unanswered(), until),
                None => Need::Nothing(self),
            };
        }
        // Whoever saves it within the same second would not be noticed.
        let settled_at =
            modified_at.map(|at| at + RESOLUTION).filter(|at| (looked_at..looked_at + MAX_SKEW).contains(at));
        if let Some(settled_at) = settled_at {
            return Need::Wait(self, Reason::new("JUST_MODIFIED", "The Task was modified a moment ago."), settled_at);
        }
        let record = without(revised_task(&self.task_id, &revision, statuses), SObject::Task, facts);
        Need::Change(self, salesforce::Update { record, unmodified_since: modified_at })
    }
}

/// Adopts Tasks that already existed when we tried to create them: an earlier attempt wrote them, and its outcome was
/// lost.
pub(crate) async fn adopt(requests: &mut Requests<'_>, existing: Vec<(Draft, Option<SalesforceId>)>) -> Progress {
    let unnamed = existing.iter().filter(|(_, id)| id.is_none());
    let keys: Vec<String> = unnamed.map(|(draft, _)| draft.job.key.clone()).collect();
    let ids = match requests.org.tasks_by_key(&keys).await {
        Ok(ids) => ids,
        Err(error) => return Progress::aborted(error),
    };
    let mut progress = Progress::default();
    let mut updates = Vec::new();
    for (draft, id) in existing {
        let Draft { mut job, task, record, related, .. } = draft;
        if let Some(task_id) = id.or_else(|| ids.get(&job.key).copied()) {
            job.trace.note(Topic::Task, "The Task already existed: an earlier attempt had written it.");
            updates.push(Update { job, task_id, ours: task, record, related });
        } else {
            // Written by a request that is still running, or hidden from the connected user.
            let message = "Salesforce says that the Task exists, but does not show it.";
            progress.finished.push(outcome::postponed(job, Reason::new("DUPLICATE_VALUE", message)));
        }
    }
    progress.extend(update(requests, updates).await);
    progress
}

/// Updates Tasks: no request for those that are up to date, else one query, and one update call per 25.
pub(crate) async fn update(requests: &mut Requests<'_>, updates: Vec<Update>) -> Progress {
    let (same, other): (Vec<_>, Vec<_>) = updates.into_iter().partition(Update::is_up_to_date);
    let mut progress = Progress::default();
    progress.finished.extend(same.into_iter().map(Update::up_to_date));
    let looked_at = Timestamp::now();
    let tasks = match read(requests.org, &other, requests.facts).await {
        Ok(Ok(tasks)) => tasks,
        Ok(Err(refusal)) => {
            for update in other {
                refused(update, &refusal, &mut progress);
            }
            return progress;
        }
        Err(error) => {
            progress.aborted = Some(error);
            return progress;
        }
    };
    let mut changes = VecDeque::new();
    for update in other {
        let Some(task) = tasks.get(&update.task_id) else {
            update.task_gone(&mut progress);
            continue;
        };
        match update.need(task, requests.facts, &requests.statuses, looked_at) {
            Need::Nothing(update) => progress.finished.push(update.up_to_date()),
            Need::Change(update, change) => changes.push_back((update, change)),
            Need::Wait(update, reason, until) => progress.finished.push(outcome::deferred(update.job, reason, until)),
        }
    }
    let mut ladder = Ladder::new(requests.pace);
    while !changes.is_empty() && progress.can_continue() {
        let chunk = changes.drain(..chunk_length(&changes).min(ladder.limit())).collect();
        match write(requests, chunk, &mut ladder).await {
            Ok((step, again)) => {
                progress.extend(step);
                again.into_iter().rev().for_each(|change| changes.push_front(change));
            }
            Err(error) => progress.extend(Progress::aborted(error)),
        }
        if let Some(reason) = ladder.ends_with() {
            let left = changes.drain(..).map(|(update, _)| outcome::postponed(update.job, reason.clone()));
            progress.finished.extend(left);
        }
    }
    progress
}

/// How many of the next changes fit into one request.
fn chunk_length(changes: &VecDeque<Change>) -> usize {
    let together = changes.iter().take(MAX_SUBREQUESTS).take_while(|(_, change)| !change.has_reference()).count();
    together.max(1)
}

/// Writes changes in one API call, each succeeding or failing on its own. Returns the results, and those to be sent again
/// with fewer.
async fn write(
    requests: &mut Requests<'_>,
    changes: Vec<Change>,
    ladder: &mut Ladder,
) -> Result<(Progress, Vec<Change>), BatchError> {
    let (mut progress, mut again) = (Progress::default(), Vec::new());
    let (updates, changes): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
    let sent = updates.iter().map(|update: &Update| Sent { job: &update.job, task: &update.ours, is_new: false });
    let saved = requests.send(sent, async |org| org.update(&changes).await).await?;
    let refusals: Vec<&Refusal> = saved.iter().filter_map(|saved| saved.as_ref().err()).collect();
    let is_shared = ladder.is_sent_again(requests.pace, updates.len(), &refusals);
    for ((mut update, change), saved) in updates.into_iter().zip(changes).zip(saved) {
        match saved {
            Ok(()) => {
                update.job.trace.note(Topic::Task, "The Task was updated with later data from Aircall.");
                let (job, written) = update.into_written();
                progress.logged(job, written);
            }
            Err(refusal) if is_shared && is_of_automation(&refusal) => again.push((update, change)),
            Err(refusal) => refused(update, &refusal, &mut progress),
        }
    }
    Ok((progress, again))
}

/// Why a job waits for a request that Salesforce has not answered.
pub(crate) fn unanswered() -> Reason {
    let message = "Salesforce has not answered an earlier request for this Task, phone number or Contact, and may still \
                   carry it out.";
    Reason::new("UNANSWERED", message)
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
            Err(Error::Refused(refusal)) if refusal.kind() == Kind::Degrade => {
                return Ok(Err(refusal));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Ok(tasks))
}

fn refused(update: Update, refusal: &Refusal, progress: &mut Progress) {
    let action = action_for(Part::Revision, &update.job, refusal);
    progress.act(update.job, action, refusal);
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
