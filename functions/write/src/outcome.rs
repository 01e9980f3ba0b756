//! The outcome of a job: what is recorded for its entry, and when it is retried.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lambda::metrics::TARGET;
use org::{Job, Reason, backoff};
use rules::messages::redact_key;
use rules::{Decision, MessageId, Party, SkipReason, Topic, Trace, Verdict};
use store::{Entry, Outcome, Problem, TenantId, Unconfirmed, Written};

/// How long a refusal with an unknown code is retried.
const UNKNOWN_CODE_RETRIES: SignedDuration = SignedDuration::from_hours(1);

/// A job that is finished in this drain.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The key of its entry.
    pub(crate) key: String,
    pub(crate) outcome: Outcome,
    /// What of its Task remains unconfirmed.
    pub(crate) unconfirmed: Vec<Unconfirmed>,
    /// The messages whose Task a person deleted.
    pub(crate) removed: BTreeSet<MessageId>,
}

impl Finished {
    fn new(job: Job, outcome: impl FnOnce(Trace) -> Outcome) -> Self {
        Self { key: job.key, outcome: outcome(job.trace), unconfirmed: job.unconfirmed, removed: job.removed }
    }
}

/// The Task exists in Salesforce.
pub(crate) fn logged(job: Job, written: Written) -> Finished {
    Finished::new(job, |trace| Outcome::Logged { written: Box::new(written), trace })
}

/// The job becomes no Task.
pub(crate) fn skipped(job: Job, reason: SkipReason) -> Finished {
    Finished::new(job, |trace| Outcome::Skipped { reason, trace })
}

/// The job failed and a retry would not help.
pub(crate) fn failed(mut job: Job, reason: Reason) -> Finished {
    job.trace.note(Topic::Task, format!("Salesforce refused: {}", reason.message));
    let problem = problem(&job, reason, 0);
    Finished::new(job, |trace| Outcome::Failed { problem, trace })
}

/// The attempt failed. It is retried for a day, and has then failed.
pub(crate) fn postponed(job: Job, reason: Reason) -> Finished {
    let due_at = backoff::retry_delay(job.attempts, &job.key).map(|delay| Timestamp::now() + delay);
    postponed_or_failed(job, reason, 0, due_at)
}

/// The attempt was refused with a code that nobody knows. It is retried for an hour, and has then failed.
pub(crate) fn unknown_code(mut job: Job, reason: Reason) -> Finished {
    let now = Timestamp::now();
    // A poison entry stays alone.
    let failures = shared_failures(&job);
    if job.attempts == 0 {
        // An admin retries it: the hour begins again.
        job.problem = None;
    }
    let since = job.problem.as_ref().filter(|problem| problem.code == reason.code).map_or(now, |problem| problem.since);
    let (key, code) = (redact_key(&job.key), &reason.code);
    tracing::warn!(target: TARGET, UnknownCodes = 1, key, code, "Salesforce refused with a code that is in no list");
    if now.duration_since(since) >= UNKNOWN_CODE_RETRIES {
        return failed(job, reason);
    }
    let due_at = backoff::retry_delay(job.attempts, &job.key).map(|delay| now + delay);
    postponed_or_failed(job, reason, failures, due_at)
}

/// A request that the job shared with others failed as a whole. It is retried in smaller groups the more often this
/// happens.
pub(crate) fn shared_failure(job: Job, tenant: &TenantId, reason: Reason) -> Finished {
    let failures = shared_failures(&job).saturating_add(1);
    // Entries that failed together are retried together, so that they share requests again.
    let together = format!("{tenant} {}", reason.code);
    let due_at = backoff::retry_delay(job.attempts, &together).map(|delay| {
        let due_at = Timestamp::now() + delay;
        job.may_be_created_until().map_or(due_at, |until| until.max(due_at))
    });
    postponed_or_failed(job, reason, failures, due_at)
}

/// The job has to wait until `due_at`, which says nothing about the job itself.
pub(crate) fn deferred(job: Job, reason: Reason, due_at: Timestamp) -> Finished {
    let problem = problem(&job, reason, shared_failures(&job));
    Finished::new(job, |_| Outcome::Deferred { due_at, problem })
}

/// The outcome of a pending entry that has no job: its decision skips it, or there is nothing to write.
pub(crate) fn nothing_to_write(entry: &Entry) -> Outcome {
    if let Some(Decision { verdict: Verdict::Skip(reason), .. }) = entry.decision {
        return Outcome::Skipped { reason, trace: Trace::new() };
    }
    if *entry.document.interaction().party() == Party::Anonymous {
        return Outcome::Skipped { reason: SkipReason::Anonymous, trace: Trace::new() };
    }
    let message = "The entry is pending, but has neither a decision to log it nor a phone number.".to_owned();
    let (code, since) = ("NOTHING_TO_WRITE".to_owned(), Timestamp::now());
    Outcome::Failed { problem: Problem { code, message, since, shared_failures: 0 }, trace: Trace::new() }
}

fn problem(job: &Job, Reason { code, message }: Reason, shared_failures: u32) -> Problem {
    let earlier = job.problem.as_ref().filter(|problem| problem.code == code);
    let since = earlier.map_or_else(Timestamp::now, |problem| problem.since);
    Problem { code, message, since, shared_failures }
}

fn shared_failures(job: &Job) -> u32 {
    job.problem.as_ref().map_or(0, |problem| problem.shared_failures)
}

/// Postpones the job until `due_at`; without a time, it was retried for a day and has failed.
fn postponed_or_failed(mut job: Job, reason: Reason, shared_failures: u32, due_at: Option<Timestamp>) -> Finished {
    let problem = problem(&job, reason, shared_failures);
    if let Some(due_at) = due_at {
        return Finished::new(job, |trace| Outcome::Postponed { due_at, problem, trace });
    }
    job.trace.note(Topic::Task, format!("Retried for a day without success: {}", problem.message));
    Finished::new(job, |trace| Outcome::Failed { problem, trace })
}
