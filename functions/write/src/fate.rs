//! What becomes of a job.

use jiff::Timestamp;
use org::Trouble;
use rules::matching::Record;
use rules::{SkipReason, Task, Topic, Trace};
use salesforce::{Refusal, SalesforceId};
use store::{Entry, Outcome, Problem, Related, TenantId, Written};

use crate::backoff;

/// A Task that Salesforce holds.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) task_id: SalesforceId,
    pub(crate) task: Task,
    pub(crate) record: Record,
    pub(crate) related: Option<Related>,
}

/// What becomes of an entry that waits and does not say what to write: no version of this program leaves such.
pub(crate) fn undecided(now: Timestamp) -> Outcome {
    let message = "The entry waits to be written, and says neither how nor to whose number.".to_owned();
    let problem = Problem { code: "NOTHING_TO_WRITE".to_owned(), message, since: now, shared_failures: 0 };
    Outcome::Failed { problem, trace: Trace::new() }
}

/// What became of a job.
#[derive(Debug)]
pub(crate) enum Fate {
    /// The Task is there.
    Logged(Box<Placed>),
    /// It becomes none.
    Skipped(SkipReason),
    /// Trying again would not help.
    Failed(Trouble),
    /// It was tried in vain, and is tried again after a while; for a day, and then it has failed.
    Postponed(Trouble),
    /// A request that it shared with others failed whole: the same, and it shares with fewer the more often that is so.
    /// Not before a moment, where one is given.
    SharedFailure(Trouble, Option<Timestamp>),
    /// The org takes nothing for now, which says nothing about the job.
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

    /// The outcome to store, at `now`, for the entry that was read, with what was looked at since.
    pub(crate) fn outcome(self, tenant: &TenantId, entry: &Entry, mut trace: Trace, now: Timestamp) -> Outcome {
        let earlier = entry.problem.clone();
        let shared_failures = earlier.as_ref().map_or(0, |problem| problem.shared_failures);
        let problem = |Trouble { code, message }, shared_failures| {
            let since = earlier.filter(|problem| problem.code == code).map_or(now, |problem| problem.since);
            Problem { code, message, since, shared_failures }
        };
        match self {
            Fate::Logged(placed) => {
                let logged_at = entry.written.as_ref().map_or(now, |written| written.logged_at);
                let Placed { task_id, task, record, related } = *placed;
                let written = Written { task_id: task_id.as_str().to_owned(), task, record, related, logged_at };
                Outcome::Logged { written: Box::new(written), trace }
            }
            Fate::Skipped(reason) => Outcome::Skipped { reason, trace },
            Fate::Failed(trouble) => {
                trace.note(Topic::Task, format!("Salesforce refused: {}", trouble.message));
                Outcome::Failed { problem: problem(trouble, 0), trace }
            }
            Fate::Postponed(trouble) => {
                let wait = backoff::after(entry.attempts, &entry.key);
                tried(problem(trouble, 0), wait.map(|wait| now + wait), trace)
            }
            Fate::SharedFailure(trouble, not_before) => {
                // What failed together comes back together, to share requests once more.
                let together = format!("{tenant} {}", trouble.code);
                let wait = backoff::after(entry.attempts, &together);
                let due_at = wait.map(|wait| not_before.map_or(now + wait, |at| at.max(now + wait)));
                tried(problem(trouble, shared_failures.saturating_add(1)), due_at, trace)
            }
            Fate::Deferred(trouble, due_at) => Outcome::Deferred { due_at, problem: problem(trouble, shared_failures) },
        }
    }
}

/// Tried in vain: again when it is due, or failed if it was tried for a day.
fn tried(problem: Problem, due_at: Option<Timestamp>, mut trace: Trace) -> Outcome {
    if let Some(due_at) = due_at {
        return Outcome::Postponed { due_at, problem, trace };
    }
    trace.note(Topic::Task, format!("Tried for a day, and still: {}", problem.message));
    Outcome::Failed { problem, trace }
}
