//! The fate of a job, and the outcome that is recorded for it.

use jiff::Timestamp;
use org::Trouble;
use rules::matching::Record;
use rules::{Decision, Party, SkipReason, Task, Topic, Trace, Verdict};
use salesforce::{Refusal, SalesforceId};
use store::{Entry, Outcome, Problem, Related, TenantId, Written};

use crate::backoff;

/// A Task that Salesforce holds.
#[derive(Clone, Debug)]
pub(crate) struct LoggedTask {
    pub(crate) task_id: SalesforceId,
    pub(crate) task: Task,
    pub(crate) record: Record,
    pub(crate) related: Option<Related>,
}

/// The outcome of a pending entry that has no job: its decision skips it, or there is nothing to write.
pub(crate) fn nothing_to_write(entry: &Entry, now: Timestamp) -> Outcome {
    if let Some(Decision { verdict: Verdict::Skip(reason), .. }) = entry.decision {
        return Outcome::Skipped { reason, trace: Trace::new() };
    }
    if *entry.document.interaction().party() == Party::Anonymous {
        return Outcome::Skipped { reason: SkipReason::Anonymous, trace: Trace::new() };
    }
    let message = "The entry is pending, but has neither a decision to log it nor a phone number.".to_owned();
    let problem = Problem { code: "NOTHING_TO_WRITE".to_owned(), message, since: now, shared_failures: 0 };
    Outcome::Failed { problem, trace: Trace::new() }
}

/// What a drain decided about a job.
#[derive(Debug)]
pub(crate) enum Fate {
    /// The Task exists.
    Logged(Box<LoggedTask>),
    /// It becomes no Task.
    Skipped(SkipReason),
    /// Trying again would not help.
    Failed(Trouble),
    /// The attempt failed. It is retried with backoff for a day, then failed.
    Postponed(Trouble),
    /// A whole request failed that it shared with other jobs. Retried like `Postponed`, in smaller groups after each
    /// such failure, and not before the given time.
    SharedFailure(Trouble, Option<Timestamp>),
    /// The org takes no requests until then; the job itself is not at fault.
    Deferred(Trouble, Timestamp),
}

impl Fate {
    /// Failed, with Salesforce's own words.
    pub(crate) fn failed(refusal: &Refusal) -> Self {
        Self::Failed(Trouble::refused(refusal))
    }

    /// Postponed, with Salesforce's own words.
    pub(crate) fn postponed(refusal: &Refusal) -> Self {
        Self::Postponed(Trouble::refused(refusal))
    }

    /// The outcome to record at `now` for the entry that was read, with the trace of this attempt.
    pub(crate) fn outcome(self, tenant: &TenantId, entry: &Entry, mut trace: Trace, now: Timestamp) -> Outcome {
        let earlier = entry.problem.clone();
        let shared_failures = earlier.as_ref().map_or(0, |problem| problem.shared_failures);
        let problem = |Trouble { code, message }, shared_failures| {
            let since = earlier.filter(|problem| problem.code == code).map_or(now, |problem| problem.since);
            Problem { code, message, since, shared_failures }
        };
        match self {
            Fate::Logged(logged) => {
                let logged_at = entry.written.as_ref().map_or(now, |written| written.logged_at);
                let LoggedTask { task_id, task, record, related } = *logged;
                let written =
                    Written { task_id: task_id.as_str().to_owned(), task: Some(task), record, related, logged_at };
                Outcome::Logged { written: Box::new(written), trace }
            }
            Fate::Skipped(reason) => Outcome::Skipped { reason, trace },
            Fate::Failed(trouble) => {
                trace.note(Topic::Task, format!("Salesforce refused: {}", trouble.message));
                Outcome::Failed { problem: problem(trouble, 0), trace }
            }
            Fate::Postponed(trouble) => {
                let wait = backoff::retry_delay(entry.attempts, &entry.key);
                postponed_or_failed(problem(trouble, 0), wait.map(|wait| now + wait), trace)
            }
            Fate::SharedFailure(trouble, not_before) => {
                // Entries that failed together are retried together, to share requests again.
                let shared_key = format!("{tenant} {}", trouble.code);
                let wait = backoff::retry_delay(entry.attempts, &shared_key);
                let due_at = wait.map(|wait| not_before.map_or(now + wait, |at| at.max(now + wait)));
                postponed_or_failed(problem(trouble, shared_failures.saturating_add(1)), due_at, trace)
            }
            Fate::Deferred(trouble, due_at) => Outcome::Deferred { due_at, problem: problem(trouble, shared_failures) },
        }
    }
}

/// Postponed until `due_at`; failed if there is none, as the entry was retried for a day.
fn postponed_or_failed(problem: Problem, due_at: Option<Timestamp>, mut trace: Trace) -> Outcome {
    if let Some(due_at) = due_at {
        return Outcome::Postponed { due_at, problem, trace };
    }
    trace.note(Topic::Task, format!("Retried for a day without success: {}", problem.message));
    Outcome::Failed { problem, trace }
}
