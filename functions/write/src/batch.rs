//! One batch: groups entries into shared requests and records the outcome of each.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{Counter, count};
use org::{Job, Org, Stop, Trouble};
use rules::Settings;
use rules::decide::decide;
use rules::messages::redact_key;
use store::{ConnectionState, Entry, Outcome, TenantId};

use crate::backoff;
use crate::drain::{BATCH, Drain, DrainError};
use crate::fate::{Fate, nothing_to_write};
use crate::writer::Writer;

/// Group size by an entry's number of shared failures (a whole request failed). Groups shrink until the poison entry is
/// alone. The first failure may be transient, so it does not shrink the group.
const GROUPS: [usize; 4] = [BATCH, BATCH, 20, 1];

/// The pause after the org hits a limit, or while its connection is dead.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// The retry delay for entries that are not at fault.
const SHORT_DELAY: SignedDuration = SignedDuration::from_secs(2);

/// Concurrent writes of outcomes.
const STORE_CONCURRENCY: usize = 16;

/// How long an abandoned request may still take effect in Salesforce, whose own limit is ten minutes.
/// <https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-api.html>
const MAX_REQUEST: SignedDuration = SignedDuration::from_mins(11);

/// What a [`Stop`] means for the jobs of the group that have no fate yet.
enum Triage {
    /// The job was alone in the request and would be refused again.
    Failed(Trouble),
    /// One of the jobs may be a poison entry that fails the request for the others.
    Bisect(SharedFailure),
    /// The org takes no requests from any group until this time.
    Defer(Trouble, Timestamp),
}

/// Why one group failed while other groups may succeed.
struct SharedFailure {
    trouble: Trouble,
    /// Earliest time of the next attempt.
    not_before: Option<Timestamp>,
    /// Whether an outage of the org would look the same.
    may_be_org: bool,
}

impl Writer {
    /// Writes one batch and records its outcomes. Returns the earliest time at which an entry is due again.
    pub(crate) async fn write_batch(
        &self,
        drain: &mut Drain,
        mut entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, DrainError> {
        let settings = self.settings.get(&drain.tenant.id).await?;
        for entry in entries.iter_mut().filter(|entry| entry.decision.is_none()) {
            // Another version lost it: decide again, under the current settings.
            let decision = decide(&entry.document, &settings, None);
            entry.decision = match entry.task_status() {
                Some(status) => decision.map(|decision| decision.keep_task(status)),
                None => decision,
            };
        }
        let mut done = Vec::new();
        let failed = self.write_groups(drain, &settings, groups(&entries), now, &mut done).await.err();
        // Waits count from now, as the requests to Salesforce may have taken long.
        let now = Timestamp::now();
        let mut entries: BTreeMap<String, Entry> =
            entries.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
        let mut outcomes = Vec::new();
        for (job, fate) in done {
            if let Some(entry) = entries.remove(&job.key) {
                let outcome = fate.outcome(&drain.tenant.id, &entry, job.trace, now);
                outcomes.push((entry, outcome));
            }
        }
        let no_jobs = entries.into_values().filter(|entry| Job::from_entry(entry).is_none());
        outcomes.extend(no_jobs.map(|entry| {
            let outcome = nothing_to_write(&entry, now);
            (entry, outcome)
        }));
        let due = self.record_outcomes(&drain.tenant.id, &outcomes, now).await?;
        failed.map_or(Ok(due), |error| Err(error.into()))
    }

    /// Writes the groups in sequence and adds the fate of each job to `done`.
    async fn write_groups(
        &self,
        drain: &mut Drain,
        settings: &Settings,
        groups: Vec<Vec<Job>>,
        now: Timestamp,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<(), store::Error> {
        let mut deferred: Option<(Trouble, Timestamp)> = None;
        let mut shared_failures: Vec<(Vec<Job>, SharedFailure)> = Vec::new();
        for group in groups {
            if let Some((trouble, until)) = &deferred {
                done.extend(defer(group, trouble, *until));
                continue;
            }
            let mut left: BTreeMap<String, Job> = group.iter().map(|job| (job.key.clone(), job.clone())).collect();
            let is_alone = left.len() == 1;
            let already_done = done.len();
            let outcome = self.write_group(drain, settings, group, now, done).await;
            for (job, fate) in &done[already_done..] {
                left.remove(&job.key);
                drain.wrote |= matches!(fate, Fate::Logged(_));
            }
            let left: Vec<Job> = left.into_values().collect();
            match outcome {
                Ok(()) => done.extend(left.into_iter().map(|job| (job, Fate::Postponed(unaccounted())))),
                Err(stop) => match self.triage(drain, stop, is_alone).await? {
                    Triage::Failed(trouble) => {
                        done.extend(left.into_iter().map(|job| (job, Fate::Failed(trouble.clone()))));
                    }
                    Triage::Bisect(failure) => shared_failures.push((left, failure)),
                    Triage::Defer(trouble, until) => {
                        done.extend(defer(left, &trouble, until));
                        deferred = Some((trouble, until));
                    }
                },
            }
            if let (None, Some(trouble)) = (&deferred, org_wide(&shared_failures).filter(|_| !drain.wrote)) {
                let until = self.pause_for_outage(drain, &trouble).await?;
                done.extend(shared_failures.drain(..).flat_map(|(jobs, _)| defer(jobs, &trouble, until)));
                deferred = Some((trouble, until));
            }
        }
        for (jobs, SharedFailure { trouble, not_before, .. }) in shared_failures {
            done.extend(jobs.into_iter().map(|job| (job, Fate::SharedFailure(trouble.clone(), not_before))));
        }
        // The org answers, whatever the fates of the jobs.
        if deferred.is_none() { self.set_state(drain, ConnectionState::Connected).await } else { Ok(()) }
    }

    async fn write_group(
        &self,
        drain: &mut Drain,
        settings: &Settings,
        group: Vec<Job>,
        now: Timestamp,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<(), Stop> {
        let Drain { tenant, holder, deadline, org, .. } = drain;
        let org = if let Some(org) = org {
            org
        } else {
            org.insert(Org::open(&self.connector, tenant, holder, settings.api_usage_limit, *deadline).await?)
        };
        self.write(org, tenant, settings, group, now, done).await?;
        // The API allowance is used up, so do not attempt the next call.
        org.is_spent().map_or(Ok(()), |spent| Err(Stop::Pause(spent)))
    }

    /// Decides what a stop means. If it concerns the org, the connection state is updated.
    async fn triage(&self, drain: &mut Drain, stop: Stop, is_alone: bool) -> Result<Triage, store::Error> {
        let (trouble, not_before) = match stop {
            Stop::Store(error) => return Err(error),
            Stop::Refused(trouble) if is_alone => return Ok(Triage::Failed(trouble)),
            Stop::Refused(trouble) => {
                return Ok(Triage::Bisect(SharedFailure { trouble, not_before: None, may_be_org: false }));
            }
            Stop::Pause(trouble) => {
                let until = Timestamp::now() + PAUSE;
                self.pause(drain, &trouble, until).await?;
                return Ok(Triage::Defer(trouble, until));
            }
            Stop::Reconnect(trouble) => {
                let until = self.ask_to_reconnect(drain, &trouble).await?;
                return Ok(Triage::Defer(trouble, until));
            }
            Stop::RetrySoon(trouble) => return Ok(Triage::Defer(trouble, Timestamp::now() + SHORT_DELAY)),
            Stop::OutOfTime(trouble) if drain.wrote || drain.org.as_ref().is_none_or(|org| org.api_calls == 0) => {
                return Ok(Triage::Defer(trouble, Timestamp::now() + SHORT_DELAY));
            }
            // Nothing was written, so treat the slow org as down.
            Stop::OutOfTime(trouble) | Stop::Trouble(trouble) => (trouble, None),
            // Without the key field nothing prevents a duplicate of a write that may still take effect.
            Stop::TimedOut(trouble) => (trouble, drain.lacks_key_field().then(|| Timestamp::now() + MAX_REQUEST)),
        };
        let is_up = match &mut drain.org {
            Some(org) => org.probe().await,
            None => Err(Stop::Trouble(trouble.clone())),
        };
        match is_up {
            Ok(()) => Ok(Triage::Bisect(SharedFailure { trouble, not_before, may_be_org: true })),
            Err(Stop::Store(error)) => Err(error),
            Err(Stop::Reconnect(trouble)) => {
                let until = self.ask_to_reconnect(drain, &trouble).await?;
                Ok(Triage::Defer(trouble, until))
            }
            Err(Stop::Pause(trouble)) => {
                let until = Timestamp::now() + PAUSE;
                self.pause(drain, &trouble, until).await?;
                Ok(Triage::Defer(trouble, until))
            }
            Err(Stop::Trouble(_) | Stop::TimedOut(_) | Stop::Refused(_) | Stop::RetrySoon(_) | Stop::OutOfTime(_)) => {
                let until = self.pause_for_outage(drain, &trouble).await?;
                Ok(Triage::Defer(trouble, not_before.map_or(until, |at| at.max(until))))
            }
        }
    }

    async fn pause_for_outage(&self, drain: &mut Drain, trouble: &Trouble) -> Result<Timestamp, store::Error> {
        let now = Timestamp::now();
        let down_for = now.duration_since(unavailable_since(&drain.tenant.state, now));
        let until = now + backoff::outage_pause(down_for, drain.tenant.id.as_str());
        self.pause(drain, trouble, until).await?;
        Ok(until)
    }

    async fn pause(&self, drain: &mut Drain, trouble: &Trouble, until: Timestamp) -> Result<(), store::Error> {
        let since = unavailable_since(&drain.tenant.state, Timestamp::now());
        let reason = trouble.message.clone();
        self.set_state(drain, ConnectionState::Paused { since, until, reason }).await
    }

    /// Marks the connection as needing an admin to reconnect. Returns the time of the next attempt.
    async fn ask_to_reconnect(&self, drain: &mut Drain, trouble: &Trouble) -> Result<Timestamp, store::Error> {
        let now = Timestamp::now();
        let (since, try_at) = (unavailable_since(&drain.tenant.state, now), now + PAUSE);
        let reason = trouble.message.clone();
        self.set_state(drain, ConnectionState::ReconnectNeeded { reason, since, try_at }).await?;
        count(Counter::ReconnectsNeeded, 1, &[]);
        Ok(try_at)
    }

    async fn set_state(&self, drain: &mut Drain, state: ConnectionState) -> Result<(), store::Error> {
        if drain.tenant.state != state {
            self.lookup.tenants.set_state(&drain.tenant.id, &state).await?;
            drain.tenant.state = state;
        }
        Ok(())
    }

    /// Records the outcome of each entry. Returns the earliest time at which an entry is due again.
    async fn record_outcomes(
        &self,
        tenant: &TenantId,
        outcomes: &[(Entry, Outcome)],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, store::Error> {
        let stored: Vec<Result<_, store::Error>> = stream::iter(outcomes)
            .map(|(entry, outcome)| self.calls.record_outcome(tenant, entry, outcome, now))
            .buffer_unordered(STORE_CONCURRENCY)
            .collect()
            .await;
        for (entry, outcome) in outcomes {
            log_outcome(tenant, entry, outcome);
        }
        // If an outcome was not stored, the batch fails and its entries are processed again, which is idempotent.
        stored.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(outcomes.iter().filter_map(|(_, outcome)| due_of(outcome)).min())
    }
}

/// Since when the org has been unavailable; `now` if it is connected.
fn unavailable_since(state: &ConnectionState, now: Timestamp) -> Timestamp {
    match state {
        ConnectionState::Connected => now,
        ConnectionState::Paused { since, .. } | ConnectionState::ReconnectNeeded { since, .. } => *since,
    }
}

fn defer(jobs: Vec<Job>, trouble: &Trouble, until: Timestamp) -> impl Iterator<Item = (Job, Fate)> {
    jobs.into_iter().map(move |job| (job, Fate::Deferred(trouble.clone(), until)))
}

/// The trouble that the last two groups share. The groups have no job in common, so no single job is at fault.
fn org_wide(shared_failures: &[(Vec<Job>, SharedFailure)]) -> Option<Trouble> {
    let [.., (_, before), (_, last)] = shared_failures else { return None };
    let is_alike = before.trouble.code == last.trouble.code && before.may_be_org && last.may_be_org;
    is_alike.then(|| last.trouble.clone())
}

/// Every job is either written or refused. Should one be neither, it is postponed, so that it is retried.
fn unaccounted() -> Trouble {
    Trouble::new("NOT_WRITTEN", "The call was neither written nor refused.")
}

/// The jobs by group, those with the fewest shared failures first.
fn groups(entries: &[Entry]) -> Vec<Vec<Job>> {
    let mut by_size: BTreeMap<Reverse<usize>, Vec<Job>> = BTreeMap::new();
    for entry in entries {
        let shared_failures = entry.problem.as_ref().map_or(0, |problem| problem.shared_failures);
        let size = GROUPS[usize::try_from(shared_failures).unwrap_or(usize::MAX).min(GROUPS.len() - 1)];
        by_size.entry(Reverse(size)).or_default().extend(Job::from_entry(entry));
    }
    by_size
        .into_iter()
        .flat_map(|(Reverse(size), jobs)| jobs.chunks(size).map(<[Job]>::to_vec).collect::<Vec<_>>())
        .collect()
}

fn due_of(outcome: &Outcome) -> Option<Timestamp> {
    match outcome {
        Outcome::Postponed { due_at, .. } | Outcome::Deferred { due_at, .. } => Some(*due_at),
        Outcome::Logged { .. } | Outcome::Skipped { .. } | Outcome::Failed { .. } => None,
    }
}

/// Logs an outcome: one log line, one metric.
fn log_outcome(tenant: &TenantId, entry: &Entry, outcome: &Outcome) {
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
