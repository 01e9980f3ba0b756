//! What the writer makes of an entry.

use jiff::Timestamp;
use rules::{SkipReason, Trace};

use crate::calls::{Calls, terminal};
use crate::entry::{Entry, Problem, State, Written};
use crate::error::Error;
use crate::expression::Update;
use crate::item;
use crate::tenant::TenantId;

/// What the writer made of an entry, with the trace of how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its Task is in Salesforce.
    Logged {
        /// The Task.
        written: Box<Written>,
        /// What was looked at.
        trace: Trace,
    },
    /// It becomes no Task.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// What was looked at.
        trace: Trace,
    },
    /// It became no Task, and trying again would not help.
    Failed {
        /// Why.
        problem: Problem,
        /// What was looked at.
        trace: Trace,
    },
    /// It was tried in vain, and is to be tried again.
    Postponed {
        /// When.
        due_at: Timestamp,
        /// Why.
        problem: Problem,
        /// What was looked at.
        trace: Trace,
    },
    /// The org takes nothing for now, which says nothing about the entry: this is no attempt.
    Deferred {
        /// When the org is asked again.
        due_at: Timestamp,
        /// What is wrong with the org.
        problem: Problem,
    },
}

/// What became of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The entry is settled.
    Done,
    /// The call was merged with a newer event meanwhile: what was found is kept, and the entry waits and is due.
    Newer,
    /// The entry does not wait any more: it was deleted, or this or another writer settled it. Nothing changed.
    Gone,
}

impl Calls {
    /// Stores what the writer made of the entry that it `read`.
    ///
    /// Doing it again changes nothing.
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
        let version = || item::number(read.version);
        let update = state(facts(read, outcome, now), outcome);
        let update = update.only_if("version", "=", version()).only_if("state", "=", item::value(&State::Pending));
        if self.change(tenant, &read.key, update).await? {
            return Ok(Recorded::Done);
        }
        let update = facts(read, outcome, now)
            .set("due_at", item::seconds(now))
            .only_if("version", ">", version())
            .only_if("state", "=", item::value(&State::Pending));
        Ok(if self.change(tenant, &read.key, update).await? { Recorded::Newer } else { Recorded::Gone })
    }
}

/// What stays true whatever else happened to the call.
fn facts(read: &Entry, outcome: &Outcome, now: Timestamp) -> Update {
    let update = Update::default().set("updated_at", item::seconds(now));
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
            // Counted from what was read and not by DynamoDB: the same outcome stored twice counts once.
            .set("attempts", item::number(read.attempts.saturating_add(1))),
        Outcome::Deferred { problem, .. } => update.set("problem", item::value(problem)),
    }
}

/// Where the entry stands then.
fn state(update: Update, outcome: &Outcome) -> Update {
    match outcome {
        Outcome::Logged { .. } => terminal(update, State::Logged),
        Outcome::Skipped { .. } => terminal(update, State::Skipped),
        Outcome::Failed { .. } => terminal(update, State::Failed),
        Outcome::Postponed { due_at, .. } | Outcome::Deferred { due_at, .. } => {
            update.set("due_at", item::seconds(*due_at))
        }
    }
}
