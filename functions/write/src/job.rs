//! One entry on its way into Salesforce.

use jiff::{SignedDuration, Timestamp};
use rules::matching::Record;
use rules::{Call, E164, SkipReason, Task, TaskStatus, Topic, Trace, Verdict};
use salesforce::SalesforceId;
use store::{Entry, Outcome, Problem, Related, Written};

use crate::backoff;

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
    let problem = Problem { code: "NOTHING_TO_WRITE".to_owned(), message, since: now };
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
    Failed { code: String, message: String },
    /// It is to be tried again, by the job's own count of attempts or at a set time.
    Postponed { code: String, message: String, until: Option<Timestamp> },
}

impl Fate {
    /// The outcome to store, at `now`.
    pub(crate) fn outcome(self, mut job: Job, now: Timestamp) -> (Entry, Outcome) {
        let since = |code: &str| match &job.entry.problem {
            Some(problem) if problem.code == code => problem.since,
            _ => now,
        };
        let outcome = match self {
            Fate::Logged(placed) => {
                let logged_at = job.entry.written.as_ref().map_or(now, |written| written.logged_at);
                let Placed { task_id, task, record, related } = *placed;
                let written = Written { task_id: task_id.as_str().to_owned(), task, record, related, logged_at };
                Outcome::Logged { written: Box::new(written), trace: job.trace }
            }
            Fate::Skipped(reason) => Outcome::Skipped { reason, trace: job.trace },
            Fate::Failed { code, message } => {
                job.trace.note(Topic::Task, format!("Salesforce refused: {message}"));
                let problem = Problem { since: since(&code), code, message };
                Outcome::Failed { problem, trace: job.trace }
            }
            Fate::Postponed { code, message, until } => {
                let wait = backoff::after(job.entry.attempts, &job.entry.key);
                let due_at = until.unwrap_or_else(|| now + SignedDuration::try_from(wait).unwrap_or_default());
                let problem = Problem { since: since(&code), code, message };
                Outcome::Postponed { due_at, problem, trace: job.trace }
            }
        };
        (job.entry, outcome)
    }
}
