//! The drain of one tenant: everything that waits, 200 entries at a time, while there is time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{Counter, count};
use lambda::queue::{QueueError, WakeUp};
use store::{ConnectionState, Entry, Outcome, State, Tenant, TenantId};

use crate::job::{Fate, Job, undecided};
use crate::org::Org;
use crate::stop::{Stop, Trouble};
use crate::writer::Writer;

/// The most entries of one batch: what one sObject collection takes.
const BATCH: usize = 200;

/// A batch is begun only with this much time left.
const TIME_FOR_A_BATCH: Duration = Duration::from_secs(30);

/// How long an org is left alone that says it has had enough, or whose connection is dead.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// How long the absence of a field or feature is believed.
const FACTS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Outcomes stored side by side.
const SETTLED_AT_ONCE: usize = 16;

/// Why a drain failed: its wake-ups come again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrainError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the org took all the time there was")]
    OutOfTime,
}

impl Writer {
    /// Writes what waits of `tenant`: the entries that `rang`, then whatever else is due.
    pub(crate) async fn drain(
        &self,
        tenant: &TenantId,
        rang: BTreeSet<String>,
        deadline: Instant,
    ) -> Result<(), DrainError> {
        let Some(mut tenant) = self.tenants.get(tenant).await? else {
            tracing::warn!(%tenant, "a wake-up names no tenant");
            return Ok(());
        };
        forget_old_facts(&mut tenant);
        if !takes_requests(&tenant) {
            return Ok(());
        }
        let mut rang: Vec<String> = rang.into_iter().collect();
        let mut next_due: Option<Timestamp> = None;
        let mut handled = BTreeSet::new();
        loop {
            let now = Timestamp::now();
            let keys = self.due(&tenant.id, std::mem::take(&mut rang), &handled, now).await?;
            if keys.is_empty() {
                break;
            }
            if deadline.saturating_duration_since(Instant::now()) < TIME_FOR_A_BATCH {
                let wake_up = WakeUp { tenant: tenant.id.to_string(), key: None };
                self.bell.ring(&wake_up, &format!("go-on-{}", now.as_millisecond())).await?;
                break;
            }
            let entries = self.read(&tenant.id, &keys, now).await?;
            handled.extend(keys);
            if entries.is_empty() {
                continue;
            }
            let due = self.write_batch(&mut tenant, entries, now, deadline).await?;
            next_due = next_due.into_iter().chain(due).min();
            if tenant.state != ConnectionState::Connected {
                break;
            }
        }
        if let Some(due) = next_due {
            let wait = Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default();
            self.later.ring_later(&WakeUp { tenant: tenant.id.to_string(), key: None }, wait).await?;
        }
        Ok(())
    }

    /// Keys of up to [`BATCH`] entries: those that `rang`, then the longest due.
    ///
    /// The index lags behind the table, so it still lists what was just `handled`; those keys are passed over.
    async fn due(
        &self,
        tenant: &TenantId,
        rang: Vec<String>,
        handled: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Vec<String>, DrainError> {
        let due = self.calls.due(tenant, now, BATCH + handled.len()).await?;
        let mut seen = handled.clone();
        Ok(rang.into_iter().chain(due).filter(|key| seen.insert(key.clone())).take(BATCH).collect())
    }

    /// Those of the entries that wait and are due by `now`.
    async fn read(&self, tenant: &TenantId, keys: &[String], now: Timestamp) -> Result<Vec<Entry>, DrainError> {
        let mut entries = Vec::new();
        for read in self.calls.get_many(tenant, keys).await? {
            match read {
                Ok(entry) => entries.push(entry),
                Err(corrupt) => {
                    tracing::error!(%tenant, key = corrupt.key, attribute = corrupt.attribute, "an entry cannot be read");
                    self.calls.fail_unreadable(tenant, &corrupt, now).await?;
                }
            }
        }
        // The index lags behind the table: what it still lists may be settled.
        entries.retain(|entry| entry.state == State::Pending && entry.due_at.is_none_or(|due| due <= now));
        Ok(entries)
    }

    /// Writes one batch and stores what became of it. Returns when the first of it is due again.
    async fn write_batch(
        &self,
        tenant: &mut Tenant,
        entries: Vec<Entry>,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Option<Timestamp>, DrainError> {
        let settings = self.settings.get(&tenant.id).await?;
        let (mut jobs, mut done, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            match Job::of(entry) {
                Ok(job) => jobs.push(job),
                Err(entry) => outcomes.push((*entry, undecided(now))),
            }
        }
        let mut left: BTreeMap<String, Job> = jobs.iter().map(|job| (job.entry.key.clone(), job.clone())).collect();
        let (stopped, api_calls) = match Org::open(&self.doors, tenant, deadline).await {
            Ok(mut org) => {
                let outcome = self.write(&mut org, tenant, &settings, jobs, now, &mut done).await;
                (outcome.err(), org.api_calls)
            }
            Err(stop) => (Some(stop), 0),
        };
        count(Counter::SalesforceApiCalls, api_calls, &[]);
        for (job, _) in &done {
            left.remove(&job.entry.key);
        }
        let failed = match stopped {
            None => {
                if tenant.state != ConnectionState::Connected {
                    self.set_state(tenant, ConnectionState::Connected).await?;
                }
                None
            }
            Some(Stop::Retry(trouble)) => {
                done.extend(left.into_values().map(|job| (job, waits(&trouble, None))));
                None
            }
            Some(Stop::Pause(trouble)) => {
                let until = now + PAUSE;
                self.set_state(tenant, ConnectionState::Paused { until, reason: trouble.message.clone() }).await?;
                done.extend(left.into_values().map(|job| (job, waits(&trouble, Some(until)))));
                None
            }
            Some(Stop::Reconnect(trouble)) => {
                let since = match tenant.state {
                    ConnectionState::ReconnectNeeded { since, .. } => since,
                    ConnectionState::Connected | ConnectionState::Paused { .. } => now,
                };
                let (reason, try_at) = (trouble.message.clone(), now + PAUSE);
                self.set_state(tenant, ConnectionState::ReconnectNeeded { reason, since, try_at }).await?;
                count(Counter::ReconnectsNeeded, 1, &[]);
                done.extend(left.into_values().map(|job| (job, waits(&trouble, Some(try_at)))));
                None
            }
            Some(Stop::Store(error)) => Some(error),
        };
        outcomes.extend(done.into_iter().map(|(job, fate)| fate.outcome(job, now)));
        let due = self.settle(&tenant.id, &outcomes, now).await?;
        failed.map_or(Ok(due), |error| Err(error.into()))
    }

    /// Stores what became of each entry. Returns when the first of them is due again.
    async fn settle(
        &self,
        tenant: &TenantId,
        outcomes: &[(Entry, Outcome)],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, DrainError> {
        let stored: Vec<Result<_, store::Error>> = stream::iter(outcomes)
            .map(|(entry, outcome)| self.calls.settle(tenant, entry, outcome, now))
            .buffer_unordered(SETTLED_AT_ONCE)
            .collect()
            .await;
        for (entry, outcome) in outcomes {
            tell(tenant, entry, outcome);
        }
        // One that was not stored is only done again, which changes nothing; the batch says so by failing.
        stored.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(outcomes.iter().filter_map(|(_, outcome)| due_of(outcome)).min())
    }

    async fn set_state(&self, tenant: &mut Tenant, state: ConnectionState) -> Result<(), store::Error> {
        self.tenants.set_state(&tenant.id, &state).await?;
        tenant.state = state;
        Ok(())
    }
}

/// Whether the tenant's org is to be asked now. Once a pause is over, or a dead connection may have been mended, it is.
fn takes_requests(tenant: &Tenant) -> bool {
    let until = match &tenant.state {
        ConnectionState::Connected => return true,
        ConnectionState::Paused { until, .. } => until,
        ConnectionState::ReconnectNeeded { try_at, .. } => try_at,
    };
    let is_over = *until <= Timestamp::now();
    if !is_over {
        tracing::warn!(tenant = %tenant.id, %until, "the org takes no requests for now");
    }
    is_over
}

/// Forgets what the org was found to lack once that is old: somebody may have added it since.
fn forget_old_facts(tenant: &mut Tenant) {
    let now = Timestamp::now();
    let counts = |at: Timestamp| now < at + FACTS_FOR;
    tenant.facts.missing_fields.retain(|_, at| counts(*at));
    tenant.facts.person_accounts = tenant.facts.person_accounts.filter(|known| known.value || counts(known.at));
}

fn waits(trouble: &Trouble, until: Option<Timestamp>) -> Fate {
    Fate::Postponed { code: trouble.code.clone(), message: trouble.message.clone(), until }
}

fn due_of(outcome: &Outcome) -> Option<Timestamp> {
    match outcome {
        Outcome::Postponed { due_at, .. } => Some(*due_at),
        Outcome::Logged { .. } | Outcome::Skipped { .. } | Outcome::Failed { .. } => None,
    }
}

/// One line and one count for each outcome.
fn tell(tenant: &TenantId, entry: &Entry, outcome: &Outcome) {
    let key = entry.key.as_str();
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
        Outcome::Postponed { problem, due_at, .. } => {
            tracing::warn!(%tenant, key, code = problem.code, %due_at, "postponed");
            count(Counter::CallsPostponed, 1, &[]);
        }
    }
}
