//! What a part of the work achieved, and what is left to do.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use org::{BatchError, Draft, Job, Missing, Reason};
use rules::E164;
use rules::matching::Record;
use salesforce::{ErrorCode, Refusal, SObject, SalesforceId};
use store::{OrgFacts, Written};

use super::fix::{Action, Fix, Part, action_for};
use crate::outcome::{self, Finished};

/// How long records wait that all hit a limit, of the org or of their own.
const LIMIT_PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// Whom a refusal of one record concerns that would abort the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// All records.
    Org,
    /// This record or all: `LIMIT_EXCEEDED` is also the answer to a record whose own automation does too much.
    RecordOrOrg,
}

/// The results of requests to Salesforce.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Jobs that are finished in this drain.
    pub(crate) finished: Vec<Finished>,
    /// Tasks that already existed, with their ids where Salesforce named them.
    pub(crate) existing: Vec<(Draft, Option<SalesforceId>)>,
    /// Jobs to write again in another round, after the fix is applied.
    pub(crate) to_fix: Vec<(Job, Fix)>,
    /// Phone numbers and the records that were created for them.
    pub(crate) created: Vec<(E164, Record)>,
    /// The objects whose new records have to belong to the connecting user.
    pub(crate) kept: BTreeSet<SObject>,
    /// Why no further request can be made. Jobs that are in none of the lists may have been written all the same; a
    /// retry detects that.
    pub(crate) aborted: Option<BatchError>,
    /// Whether Salesforce accepted any write.
    wrote_any: bool,
    /// A refusal of one record that would abort the batch, such as a limit of the org. If Salesforce accepted other
    /// records, it concerns that record only.
    org_refusal: Option<(BatchError, Scope)>,
    /// The jobs that were refused so.
    refused_jobs: Vec<(Job, Reason)>,
}

impl Progress {
    /// The result of a part that could not be done.
    pub(crate) fn aborted(error: BatchError) -> Self {
        Self { aborted: Some(error), ..Self::default() }
    }

    /// Whether the org turned out to lack a field of what was written, which the facts do not know yet.
    pub(crate) fn lacks_field(&self, facts: &OrgFacts) -> bool {
        let is_known = |sobject: SObject, field: &str| Missing::Field(sobject, field.to_owned()).is_in(facts);
        self.to_fix.iter().any(|(_, fix)| match fix {
            Fix::LeaveOut(sobject, refusal) => {
                let fields = &refusal.cause().fields;
                fields.is_empty() || fields.iter().any(|field| !is_known(*sobject, field))
            }
            _ => false,
        })
    }

    /// Whether no job got any result.
    pub(crate) fn is_empty(&self) -> bool {
        self.finished.is_empty() && self.existing.is_empty() && self.to_fix.is_empty() && self.refused_jobs.is_empty()
    }

    /// Adds the results of a later part.
    pub(crate) fn extend(&mut self, later: Self) {
        self.finished.extend(later.finished);
        self.existing.extend(later.existing);
        self.to_fix.extend(later.to_fix);
        self.created.extend(later.created);
        self.kept.extend(later.kept);
        self.wrote_any |= later.wrote_any;
        self.aborted = self.aborted.take().or(later.aborted);
        self.note_org_refusal(later.org_refusal);
        self.refused_jobs.extend(later.refused_jobs);
    }

    /// Whether the org accepts further requests. If records were refused because of the org and no other record was
    /// accepted, the batch is aborted; a limit that only single records hit, one of their triggers perhaps, makes those
    /// wait.
    pub(crate) fn can_continue(&mut self) -> bool {
        let is_accepted = self.wrote_any;
        let refused: Vec<(Job, Reason)> = self.refused_jobs.drain(..).collect();
        // Those that hit it a second time may be at fault themselves.
        let is_new =
            |(job, reason): &(Job, Reason)| job.problem.as_ref().is_none_or(|problem| problem.code != reason.code);
        let is_shared = refused.len() > 1 && refused.iter().any(is_new);
        match self.org_refusal.take() {
            Some((error, Scope::Org)) if !is_accepted => self.aborted = self.aborted.take().or(Some(error)),
            Some((_, Scope::RecordOrOrg)) if !is_accepted && is_shared => {
                let until = Timestamp::now() + LIMIT_PAUSE;
                self.finished.extend(refused.into_iter().map(|(job, reason)| outcome::deferred(job, reason, until)));
            }
            Some(_) | None => {
                self.finished.extend(refused.into_iter().map(|(job, reason)| outcome::postponed(job, reason)));
            }
        }
        self.aborted.is_none()
    }

    /// Keeps the refusal that concerns most records.
    fn note_org_refusal(&mut self, refusal: Option<(BatchError, Scope)>) {
        if !matches!(self.org_refusal, Some((_, Scope::Org))) {
            self.org_refusal = refusal.or(self.org_refusal.take());
        }
    }

    /// A Task that was written.
    pub(crate) fn logged(&mut self, job: Job, written: Written) {
        self.wrote_any = true;
        self.finished.push(outcome::logged(job, written));
    }

    /// A new Task that was refused because of this part of its job.
    pub(crate) fn refused(&mut self, draft: Draft, refusal: &Refusal, part: Part) {
        match action_for(part, &draft.job, refusal) {
            Action::Adopt(task_id) => self.existing.push((draft, task_id)),
            action => self.act(draft.job, action, refusal),
        }
    }

    /// Takes the actions that do not depend on what was written.
    pub(crate) fn act(&mut self, job: Job, action: Action, refusal: &Refusal) {
        match action {
            Action::FixAndRetry(fix) => self.to_fix.push((job, fix)),
            Action::Postpone => self.finished.push(outcome::postponed(job, Reason::refused(refusal))),
            Action::PostponeUnknown => self.finished.push(outcome::unknown_code(job, Reason::refused(refusal))),
            Action::Fail | Action::Adopt(_) => {
                self.finished.push(outcome::failed(job, Reason::refused(refusal)));
            }
            Action::Abort(error) => {
                let is_own = *refusal.code() == ErrorCode::LimitExceeded;
                self.note_org_refusal(Some((error, if is_own { Scope::RecordOrOrg } else { Scope::Org })));
                self.refused_jobs.push((job, Reason::refused(refusal)));
            }
        }
    }
}
