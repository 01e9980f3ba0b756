//! Logs each outcome: one log line, one metric.

use lambda::metrics::{Counter, count};
use rules::messages::redact_key;
use store::{Entry, Outcome, TenantId};

pub(crate) fn log_outcome(tenant: &TenantId, entry: &Entry, outcome: &Outcome) {
    let key = redact_key(&entry.key);
    match outcome {
        Outcome::Logged { written, .. } => {
            tracing::info!(%tenant, key, task.id = written.task_id, "logged");
            count(Counter::CallsLogged, 1, &[]);
        }
        Outcome::Skipped { reason, .. } => {
            tracing::info!(%tenant, key, ?reason, "skipped");
            count(Counter::CallsSkipped, 1, &[]);
        }
        Outcome::Failed { problem, .. } => {
            tracing::warn!(%tenant, key, code = problem.code, "failed");
            count(Counter::CallsFailed, 1, &[]);
        }
        Outcome::Postponed { problem, due_at, .. } | Outcome::Deferred { problem, due_at } => {
            tracing::warn!(%tenant, key, code = problem.code, %due_at, "postponed");
            count(Counter::CallsPostponed, 1, &[]);
        }
    }
}
