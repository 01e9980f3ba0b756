//! Backfills: the calls that Aircall lists and that have no complete entry are fetched.
//!
//! A tenant has one run at a time, in the attribute `backfill`. Whoever takes a step of it holds it for a while, and each
//! change depends on the run and its holder: a second runner, or one that was taken to be dead, changes nothing.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::ReturnValue;
use jiff::fmt::serde::timestamp::second::{optional, required};
use jiff::{SignedDuration, Timestamp};
use rules::FetchCause;
use serde::{Deserialize, Serialize};

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Item};
use crate::error::Error;
use crate::random;
use crate::tenant_id::TenantId;
use crate::tenants::tenant::Tenant;
use crate::tenants::{Tenants, key_of};

/// The attribute with the latest run.
pub(super) const BACKFILL: &str = "backfill";
/// The attribute with the time from which Aircall's list is compared next, in UNIX seconds.
pub(super) const MARK: &str = "backfill_mark";
/// The attribute with what the regular comparison remembers.
pub(super) const COMPARISON: &str = "comparison";
/// The attribute with when a comparison last began.
pub(super) const COMPARED_AT: &str = "compared_at";
/// The attribute with the end of the automatic run that an admin stopped last.
pub(super) const STOPPED: &str = "backfill_stopped_until";

/// How long a call may last: Aircall lists calls by their start, so a list of what ended since some time begins this much
/// earlier. Aircall documents no maximum; a conversation of four hours is rarer than a list that is read in vain.
pub const LONGEST_CALL: SignedDuration = SignedDuration::from_hours(4);

/// How far back the first comparison of an account goes at most that was connected before there were comparisons.
const FIRST_COMPARISON: SignedDuration = SignedDuration::from_hours(24);

/// How long Aircall neither sends an event nor answers a request until that is shown. It is asked at least once an hour.
const UNHEARD: SignedDuration = SignedDuration::from_hours(3);

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackfillState {
    /// Steps of it are left.
    Running,
    /// All calls of its period are fetched.
    Done,
    /// An admin stopped it.
    Stopped,
    /// It ended with a problem.
    Failed,
}

/// A run: the period, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// Its id.
    pub run: String,
    /// What became of it.
    pub state: BackfillState,
    /// Why it was started.
    #[serde(default)]
    pub cause: FetchCause,
    /// The beginning of its period.
    #[serde(default, with = "required")]
    pub from: Timestamp,
    /// The end of its period, inclusive.
    #[serde(default, with = "required")]
    pub until: Timestamp,
    /// Calls that started earlier are fetched.
    #[serde(default, with = "required")]
    pub position: Timestamp,
    /// How many pages of calls that start at `position` are fetched.
    #[serde(default)]
    pub pages: u32,
    /// The ids of the calls that start at `position` and are fetched.
    #[serde(default)]
    pub fetched: BTreeSet<u64>,
    /// The earliest start of the calls whose own event may still arrive: they are looked at again at the end.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub recheck_from: Option<Timestamp>,
    /// Whether that is what it does: all calls are counted.
    #[serde(default)]
    pub is_recheck: bool,
    /// How many calls of the period Aircall has listed.
    #[serde(default)]
    pub calls: u64,
    /// How many of them were queued, because they had no complete entry.
    #[serde(default)]
    pub queued: u64,
    /// When it last changed.
    #[serde(default, with = "required")]
    pub at: Timestamp,
    /// When the next step is due.
    #[serde(default, with = "required")]
    pub due_at: Timestamp,
    /// How many steps in a row failed.
    #[serde(default)]
    pub attempts: u32,
    /// Why it failed, or was delayed, for an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Who takes a step of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Until when, in UNIX seconds.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
}

impl Backfill {
    /// A run that begins now.
    ///
    /// # Errors
    /// When there are no random numbers for its id.
    pub fn new(cause: FetchCause, from: Timestamp, until: Timestamp, now: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            run: random::text()?,
            state: BackfillState::Running,
            cause,
            from,
            until,
            position: from,
            pages: 0,
            fetched: BTreeSet::new(),
            recheck_from: None,
            is_recheck: false,
            calls: 0,
            queued: 0,
            at: now,
            due_at: now,
            attempts: 0,
            problem: None,
            holder: None,
            held_until: None,
        })
    }

    /// Whether steps of it are left.
    pub fn is_running(&self) -> bool {
        self.state == BackfillState::Running
    }
}

/// What the regular comparison of Aircall's list of calls remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The day of its latest request, as days since 1970.
    #[serde(default)]
    pub day: i64,
    /// The requests of that day.
    #[serde(default)]
    pub requests: u32,
    /// The lines whose calls an app gets, as Aircall last said; none if these are all, or it did not say.
    #[serde(default)]
    pub lines: Option<BTreeSet<u64>>,
    /// Whether the app is switched off in Aircall, which then sends nothing.
    #[serde(default)]
    pub is_off: bool,
    /// When Aircall said so.
    #[serde(default, with = "optional")]
    pub lines_at: Option<Timestamp>,
    /// When Aircall's list was last compared.
    #[serde(default, with = "optional")]
    pub at: Option<Timestamp>,
    /// Calls that had ended by then had an entry when the list was last compared.
    #[serde(default, with = "optional")]
    pub complete_until: Option<Timestamp>,
}

impl Tenant {
    /// From when on Aircall's list is to be compared: calls that ended earlier are known to be complete. None if no
    /// Aircall account is connected.
    pub fn compared_from(&self, now: Timestamp) -> Option<Timestamp> {
        let connection = self.aircall.as_ref().filter(|connection| connection.uninstalled_at.is_none())?;
        let first = connection.connected_at.max(now - FIRST_COMPARISON) - LONGEST_CALL;
        Some(self.backfill_mark.unwrap_or(first).min(now))
    }

    /// When Aircall last sent an event, answered a request of ours, or was connected. None if no account is connected.
    pub fn aircall_heard_at(&self) -> Option<Timestamp> {
        let connected_at = self.aircall.as_ref().filter(|at| at.uninstalled_at.is_none())?.connected_at;
        let answered = [self.comparison.at, self.comparison.lines_at, self.webhook_checked_at];
        let fetched = self.backfill.as_ref().filter(|run| run.attempts == 0).map(|run| run.at);
        answered.into_iter().chain([self.last_event_at, fetched, Some(connected_at)]).max().flatten()
    }

    /// Since when Aircall has neither sent an event nor answered a request, if that is long ago.
    pub fn aircall_unheard_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.aircall_heard_at().filter(|at| *at <= now - UNHEARD)
    }

    /// Calls that ended earlier are not fetched unless an admin asks for them: they are of before the connection, or of an
    /// automatic run that an admin stopped.
    pub fn fetched_since(&self) -> Option<Timestamp> {
        self.aircall_since.max(self.backfill_stopped_until)
    }

    /// The run for the time in which the webhook may have sent nothing, once it was repaired or replaced. None if no Aircall
    /// account is connected.
    ///
    /// # Errors
    /// As [`Backfill::new`].
    pub fn run_after_repair(&self, now: Timestamp) -> Result<Option<Backfill>, Error> {
        let from = self.compared_from(now);
        from.map(|from| Backfill::new(FetchCause::Repaired, from, now, now)).transpose()
    }
}

impl Tenants {
    /// Starts a run. Returns whether it did: not while another one is running, or without an Aircall account.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn start_backfill(&self, id: &TenantId, backfill: &Backfill) -> Result<bool, Error> {
        let is_free = format!("attribute_not_exists(#{BACKFILL}.#run) OR #{BACKFILL}.#state <> :running");
        let update = Update::default()
            .set(BACKFILL, item::value(backfill))
            .only_if_exists("aircall")
            .only_if_expression(&is_free, &[BACKFILL, "run", "state"])
            .value("running", item::value(&BackfillState::Running));
        self.table.update_if(key_of(id), update).await
    }

    /// Takes a step of a run until `until`, if one is due and nobody else takes it. Returns the run as of that moment.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn take_backfill(
        &self,
        id: &TenantId,
        run: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Backfill>, Error> {
        let is_free = format!(
            "#{BACKFILL}.#due_at <= :now AND \
             (attribute_not_exists(#{BACKFILL}.#held_until) OR #{BACKFILL}.#held_until <= :now)"
        );
        let update = only_in_run(Update::default(), run)
            .set_nested(BACKFILL, "holder", item::text(random::text()?))
            .set_nested(BACKFILL, "held_until", item::seconds(until))
            .only_if_expression(&is_free, &["due_at", "held_until"])
            .value("now", item::seconds(now));
        let taken = self.table.update_returning(key_of(id), update, ReturnValue::AllNew).await?;
        Ok(taken.and_then(|item| Item::new(item, "tenant").optional(BACKFILL)))
    }

    /// Stores how far a run is, by the holder of its step, and the time from which Aircall's list is compared next, if it
    /// changes. Returns whether it did: not if the run was stopped, or somebody else holds it.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_backfill(
        &self,
        id: &TenantId,
        backfill: &Backfill,
        mark: Option<Timestamp>,
    ) -> Result<bool, Error> {
        let Some(holder) = &backfill.holder else { return Ok(false) };
        let update = Update::default().set(BACKFILL, item::value(backfill));
        let update = match mark {
            Some(mark) => update.set(MARK, item::seconds(mark)),
            None => update,
        };
        let update = only_in_run(update, &backfill.run)
            .only_if_expression(&format!("#{BACKFILL}.#holder = :holder"), &["holder"])
            .value("holder", item::text(holder));
        self.table.update_if(key_of(id), update).await
    }

    /// Stops a run. Calls that were queued are logged. Returns whether it was running.
    ///
    /// What is left of an automatic one is not fetched by the next comparison either, but the calls are that go on when its
    /// period ends.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn stop_backfill(&self, id: &TenantId, backfill: &Backfill, now: Timestamp) -> Result<bool, Error> {
        let update = Update::default().set_nested(BACKFILL, "state", item::value(&BackfillState::Stopped)).set_nested(
            BACKFILL,
            "at",
            item::seconds(now),
        );
        let update = match backfill.cause {
            FetchCause::Requested => update,
            FetchCause::Repaired | FetchCause::Compared => update
                .set(MARK, item::seconds(backfill.until - LONGEST_CALL))
                .set(STOPPED, item::seconds(backfill.until)),
        };
        self.table.update_if(key_of(id), only_in_run(update, &backfill.run)).await
    }

    /// Notes that a comparison begins, whatever becomes of it.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn begin_comparison(&self, id: &TenantId, at: Timestamp) -> Result<bool, Error> {
        let update = Update::default().set(COMPARED_AT, item::seconds(at)).only_if_exists("aircall");
        self.table.update_if(key_of(id), update).await
    }

    /// Stores what a comparison remembers, and from when on Aircall's list is compared next: unless that has changed since
    /// it was read as `former`.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_comparison(
        &self,
        id: &TenantId,
        comparison: &Comparison,
        former: Option<Timestamp>,
        mark: Option<Timestamp>,
    ) -> Result<bool, Error> {
        let update = Update::default().set(COMPARISON, item::value(comparison)).only_if_exists("aircall");
        let update = match mark {
            Some(mark) => update.set(MARK, item::seconds(mark)),
            None => update,
        };
        let update = match former {
            Some(former) => update.only_if(MARK, "=", item::seconds(former)),
            None => update.only_if_new(MARK),
        };
        self.table.update_if(key_of(id), update).await
    }
}

/// Only while the run is running.
fn only_in_run(update: Update, run: &str) -> Update {
    update
        .only_if_expression(
            &format!("#{BACKFILL}.#run = :run AND #{BACKFILL}.#state = :running"),
            &[BACKFILL, "run", "state"],
        )
        .value("run", item::text(run))
        .value("running", item::value(&BackfillState::Running))
}

/// Forgets all of it, because another account may be connected.
pub(super) fn forget(update: Update) -> Update {
    [BACKFILL, MARK, COMPARISON, COMPARED_AT, STOPPED].into_iter().fold(update, Update::remove)
}
