//! The outcomes of entries, which the writer records.

use jiff::Timestamp;
use rules::{SkipReason, Trace};

use crate::calls::entry::{Entry, Problem, Written};
use crate::calls::pending::UNREADABLE_SINCE;
use crate::calls::state::{self, State};
use crate::calls::{Calls, keys};
use crate::dynamodb::expression::Update;
use crate::dynamodb::item;
use crate::error::Error;
use crate::tenant_id::TenantId;

/// The writer's outcome for an entry, with its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its Task is in Salesforce.
    Logged {
        /// The Task.
        written: Box<Written>,
        /// The writer's trace.
        trace: Trace,
    },
    /// Deliberately not logged.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// The writer's trace.
        trace: Trace,
    },
    /// Not logged because of an error that a retry would not resolve.
    Failed {
        /// Why.
        problem: Problem,
        /// The writer's trace.
        trace: Trace,
    },
    /// An attempt failed and will be retried.
    Postponed {
        /// When to retry.
        due_at: Timestamp,
        /// Why.
        problem: Problem,
        /// The writer's trace.
        trace: Trace,
    },
    /// The org is not available for now. Not the entry's fault, so it does not count as an attempt.
    Deferred {
        /// When the org is tried again.
        due_at: Timestamp,
        /// Why the org is not available.
        problem: Problem,
    },
}

impl Outcome {
    /// When the entry is due again, if it stays pending.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Postponed { due_at, .. } | Self::Deferred { due_at, .. } => Some(*due_at),
            Self::Logged { .. } | Self::Skipped { .. } | Self::Failed { .. } => None,
        }
    }
}

/// The result of [`Calls::record_outcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The outcome and the entry's new state are stored.
    Done,
    /// A newer event was merged concurrently: the outcome is stored, and the entry stays pending and is due.
    Newer,
    /// The entry is no longer pending: it was deleted, or this or another writer recorded its outcome. Nothing changed.
    Gone,
}

impl Calls {
    /// Records the outcome of an entry; `read` is the entry as the writer read it, except for what is unconfirmed or removed now.
    ///
    /// Idempotent.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn record_outcome(
        &self,
        tenant: &TenantId,
        read: &Entry,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<Recorded, Error> {
        let key = || keys::key_of(tenant, &read.key);
        let version = || item::number(read.version);
        let update = with_state(outcome_attributes(read, outcome, now), outcome);
        let update = update.only_if("version", "=", version()).only_if("state", "=", item::value(&State::Pending));
        if self.table.update_if(key(), update).await? {
            return Ok(Recorded::Done);
        }
        let update = outcome_attributes(read, outcome, now)
            .set("due_at", item::seconds(now))
            .only_if("version", ">", version())
            .only_if("state", "=", item::value(&State::Pending));
        Ok(if self.table.update_if(key(), update).await? { Recorded::Newer } else { Recorded::Gone })
    }
}

/// The attributes that are stored even if a newer event was merged concurrently.
fn outcome_attributes(read: &Entry, outcome: &Outcome, now: Timestamp) -> Update {
    let is_logged = matches!(outcome, Outcome::Logged { .. });
    let unconfirmed = (!is_logged && !read.unconfirmed.is_empty()).then(|| item::value(&read.unconfirmed));
    let update = Update::default()
        .set("updated_at", item::seconds(now))
        .set("settled_at", item::number(now.as_millisecond()))
        .set_or_remove("unconfirmed", unconfirmed)
        .set_or_remove("removed", (!read.removed.is_empty()).then(|| item::value(&read.removed)))
        .remove(UNREADABLE_SINCE);
    match outcome {
        Outcome::Logged { written, trace } => update
            .set("written", item::value(written))
            .set("trace", item::value(trace))
            .set("attempts", item::number(0))
            .remove("problem")
            .remove("skipped"),
        Outcome::Skipped { reason, trace } => {
            update.set("skipped", item::value(reason)).set("trace", item::value(trace)).remove("problem")
        }
        Outcome::Failed { problem, trace } => {
            update.set("problem", item::value(problem)).set("trace", item::value(trace))
        }
        Outcome::Postponed { problem, trace, .. } => update
            .set("problem", item::value(problem))
            .set("trace", item::value(trace))
            // Computed from the value that was read, not with ADD, so that recording an outcome twice counts once.
            .set("attempts", item::number(read.attempts.saturating_add(1))),
        Outcome::Deferred { problem, .. } => update.set("problem", item::value(problem)),
    }
}

/// Adds the entry's new state.
fn with_state(update: Update, outcome: &Outcome) -> Update {
    match outcome {
        Outcome::Logged { .. } => state::terminal(update, State::Logged),
        Outcome::Skipped { .. } => state::terminal(update, State::Skipped),
        Outcome::Failed { .. } => state::terminal(update, State::Failed),
        Outcome::Postponed { due_at, .. } | Outcome::Deferred { due_at, .. } => {
            update.set("due_at", item::seconds(*due_at))
        }
    }
}
