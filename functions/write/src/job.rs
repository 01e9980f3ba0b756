//! One entry on its way into Salesforce.

use jiff::{SignedDuration, Timestamp};
use rules::matching::Record;
use rules::{Call, E164, SkipReason, Task, TaskStatus, Topic, Trace, Verdict};
use salesforce::{Refusal, SalesforceId};
use store::{Entry, Outcome, Problem, Related, Written};

use crate::backoff;
use crate::stop::Trouble;

/// An entry that is to become a Task, with what is known of it so far.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) entry: Entry,
    pub(crate) call: Call,
    pub(crate) status: TaskStatus,
    pub(crate) number: E164,
    pub(crate) trace: Trace,
    /// The connecting user is to own the Task: Salesforce refused the Aircall user's.
    pub(crate) by_default_owner: bool,
    /// A new record goes without the e-mail: Salesforce takes it for none.
    pub(crate) without_email: bool,
}

impl Job {
    /// The job of a pending entry, or the entry itself if it does not say what to write.
    pub(crate) fn of(entry: Entry) -> Result<Self, Box<Entry>> {
        let call = entry.document.call();
        let (verdict, number) =
            (entry.decision.as_ref().map(|decision| decision.verdict), call.party.number().cloned());
        let (Some(Verdict::Log(status)), Some(number)) = (verdict, number) else { return Err(Box::new(entry)) };
        // An update adds to what was looked at when the Task was created.
        let trace = if entry.written.is_some() { entry.trace.clone() } else { Trace::new() };
        Ok(Self { entry, call, status, number, trace, by_default_owner: false, without_email: false })
    }

    /// The e-mail of the Aircall user, in small letters, as owners are looked up.
    pub(crate) fn user_email(&self) -> Option<String> {
        let email = self.call.user.as_ref()?.email.as_ref()?;
        (!self.by_default_owner).then(|| email.trim().to_lowercase())
    }
}

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
    let problem = Problem { code: "NOTHING_TO_WRITE".to_owned(), message, since: now, spoiled: 0 };
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
    Spoiled(Trouble),
    /// The org takes nothing for now, which says nothing about the job.
    Held(Trouble, Timestamp),
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

    /// The outcome to store, at `now`.
    pub(crate) fn outcome(self, mut job: Job, now: Timestamp) -> (Entry, Outcome) {
        let earlier = job.entry.problem.clone();
        let spoiled = earlier.as_ref().map_or(0, |problem| problem.spoiled);
        let problem = |Trouble { code, message }, spoiled| {
            let since = earlier.filter(|problem| problem.code == code).map_or(now, |problem| problem.since);
            Problem { code, message, since, spoiled }
        };
        let outcome = match self {
            Fate::Logged(placed) => {
                let logged_at = job.entry.written.as_ref().map_or(now, |written| written.logged_at);
                let Placed { task_id, task, record, related } = *placed;
                let written = Written { task_id: task_id.as_str().to_owned(), task, record, related, logged_at };
                Outcome::Logged { written: Box::new(written), trace: job.trace }
            }
            Fate::Skipped(reason) => Outcome::Skipped { reason, trace: job.trace },
            Fate::Failed(trouble) => {
                job.trace.note(Topic::Task, format!("Salesforce refused: {}", trouble.message));
                Outcome::Failed { problem: problem(trouble, 0), trace: job.trace }
            }
            Fate::Postponed(trouble) => {
                let wait = backoff::after(job.entry.attempts, &job.entry.key);
                tried(problem(trouble, 0), wait, job.trace, now)
            }
            Fate::Spoiled(trouble) => {
                // What failed together comes back together, to share requests once more.
                let wait = backoff::after(job.entry.attempts, &trouble.code);
                tried(problem(trouble, spoiled.saturating_add(1)), wait, job.trace, now)
            }
            Fate::Held(trouble, due_at) => Outcome::Held { due_at, problem: problem(trouble, spoiled) },
        };
        (job.entry, outcome)
    }
}

/// Tried in vain: again after `wait`, or failed if it was tried for a day.
fn tried(problem: Problem, wait: Option<SignedDuration>, mut trace: Trace, now: Timestamp) -> Outcome {
    if let Some(wait) = wait {
        return Outcome::Postponed { due_at: now + wait, problem, trace };
    }
    trace.note(Topic::Task, format!("Tried for a day, and still: {}", problem.message));
    Outcome::Failed { problem, trace }
}
