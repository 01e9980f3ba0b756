//! One batch: which entries share requests, and what becomes of each.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{Counter, count};
use org::{Job, Org, Stop, Trouble};
use rules::Settings;
use store::{ConnectionState, Entry, Outcome, TenantId};

use crate::backoff;
use crate::drain::{BATCH, Drain, DrainError};
use crate::fate::{Fate, undecided};
use crate::log_outcome::log_outcome;
use crate::writer::Writer;

/// How many entries share requests, by how often they made one fail whole: the one that spoils it for the others is
/// soon alone. The first time may be nothing but bad luck.
const GROUPS: [usize; 4] = [BATCH, BATCH, 20, 1];

/// How long an org is left alone that says it has had enough, or whose connection is dead.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// When entries come again that nothing is wrong with.
const SOON: SignedDuration = SignedDuration::from_secs(2);

/// Outcomes stored side by side.
const STORE_CONCURRENCY: usize = 16;

/// How long a request that we gave up may still take effect in Salesforce: its own limit is ten minutes.
/// <https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-api.html>
const MAX_REQUEST: SignedDuration = SignedDuration::from_mins(11);

/// What a stop means for the jobs that it left.
enum Verdict {
    /// The only job there was would be refused again.
    Failed(Trouble),
    /// One of the jobs may spoil the request for the others.
    Bisect(SharedFailure),
    /// The org takes nothing until then, from this group or another.
    Defer(Trouble, Timestamp),
}

/// Why a group failed that other groups need not fail with.
struct SharedFailure {
    trouble: Trouble,
    /// Not to be tried again before.
    not_before: Option<Timestamp>,
    /// Whether a part of the org that is down would look the same.
    may_be_org: bool,
}

impl Writer {
    /// Writes one batch and stores what became of it. Returns when the first of it is due again.
    pub(crate) async fn write_batch(
        &self,
        drain: &mut Drain,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, DrainError> {
        let settings = self.settings.get(&drain.tenant.id).await?;
        let mut done = Vec::new();
        let failed = self.write_groups(drain, &settings, groups(&entries), now, &mut done).await.err();
        // Salesforce may have taken its time: waits begin now.
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
        outcomes.extend(no_jobs.map(|entry| (entry, undecided(now))));
        let due = self.record_outcomes(&drain.tenant.id, &outcomes, now).await?;
        failed.map_or(Ok(due), |error| Err(error.into()))
    }

    /// Writes the groups one after the other, and adds to `done` what became of each job.
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
            let settled = done.len();
            let outcome = self.write_group(drain, settings, group, now, done).await;
            for (job, fate) in &done[settled..] {
                left.remove(&job.key);
                drain.wrote |= matches!(fate, Fate::Logged(_));
            }
            let left: Vec<Job> = left.into_values().collect();
            match outcome {
                Ok(()) => done.extend(left.into_iter().map(|job| (job, Fate::Postponed(overlooked())))),
                Err(stop) => match self.triage(drain, stop, is_alone).await? {
                    Verdict::Failed(trouble) => {
                        done.extend(left.into_iter().map(|job| (job, Fate::Failed(trouble.clone()))));
                    }
                    Verdict::Bisect(suspects) => shared_failures.push((left, suspects)),
                    Verdict::Defer(trouble, until) => {
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
        // Whatever became of the jobs, the org answers.
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
        // The next call is known to be one too many.
        org.is_spent().map_or(Ok(()), |spent| Err(Stop::Pause(spent)))
    }

    /// What a stop means; where it is about the org, the connection says so.
    async fn triage(&self, drain: &mut Drain, stop: Stop, is_alone: bool) -> Result<Verdict, store::Error> {
        let (trouble, not_before) = match stop {
            Stop::Store(error) => return Err(error),
            Stop::Refused(trouble) if is_alone => return Ok(Verdict::Failed(trouble)),
            Stop::Refused(trouble) => {
                return Ok(Verdict::Bisect(SharedFailure { trouble, not_before: None, may_be_org: false }));
            }
            Stop::Pause(trouble) => {
                let until = Timestamp::now() + PAUSE;
                self.pause(drain, &trouble, until).await?;
                return Ok(Verdict::Defer(trouble, until));
            }
            Stop::Reconnect(trouble) => {
                let until = self.ask_to_reconnect(drain, &trouble).await?;
                return Ok(Verdict::Defer(trouble, until));
            }
            Stop::Soon(trouble) => return Ok(Verdict::Defer(trouble, Timestamp::now() + SOON)),
            Stop::OutOfTime(trouble) if drain.wrote || drain.org.as_ref().is_none_or(|org| org.api_calls == 0) => {
                return Ok(Verdict::Defer(trouble, Timestamp::now() + SOON));
            }
            // Without anything written: an org that is slow is as good as down.
            Stop::OutOfTime(trouble) | Stop::Trouble(trouble) => (trouble, None),
            // Only the key field keeps what may still be written from being written again.
            Stop::TimedOut(trouble) => (trouble, drain.lacks_key_field().then(|| Timestamp::now() + MAX_REQUEST)),
        };
        let is_up = match &mut drain.org {
            Some(org) => org.probe().await,
            None => Err(Stop::Trouble(trouble.clone())),
        };
        match is_up {
            Ok(()) => Ok(Verdict::Bisect(SharedFailure { trouble, not_before, may_be_org: true })),
            Err(Stop::Store(error)) => Err(error),
            Err(Stop::Reconnect(trouble)) => {
                let until = self.ask_to_reconnect(drain, &trouble).await?;
                Ok(Verdict::Defer(trouble, until))
            }
            Err(Stop::Pause(trouble)) => {
                let until = Timestamp::now() + PAUSE;
                self.pause(drain, &trouble, until).await?;
                Ok(Verdict::Defer(trouble, until))
            }
            Err(Stop::Trouble(_) | Stop::TimedOut(_) | Stop::Refused(_) | Stop::Soon(_) | Stop::OutOfTime(_)) => {
                let until = self.pause_for_outage(drain, &trouble).await?;
                Ok(Verdict::Defer(trouble, not_before.map_or(until, |at| at.max(until))))
            }
        }
    }

    async fn pause_for_outage(&self, drain: &mut Drain, trouble: &Trouble) -> Result<Timestamp, store::Error> {
        let now = Timestamp::now();
        let down_for = now.duration_since(since(&drain.tenant.state, now));
        let until = now + backoff::of_outage(down_for, drain.tenant.id.as_str());
        self.pause(drain, trouble, until).await?;
        Ok(until)
    }

    async fn pause(&self, drain: &mut Drain, trouble: &Trouble, until: Timestamp) -> Result<(), store::Error> {
        let since = since(&drain.tenant.state, Timestamp::now());
        let reason = trouble.message.clone();
        self.set_state(drain, ConnectionState::Paused { since, until, reason }).await
    }

    /// Says that an admin has to connect the org again. Returns when it is tried all the same.
    async fn ask_to_reconnect(&self, drain: &mut Drain, trouble: &Trouble) -> Result<Timestamp, store::Error> {
        let now = Timestamp::now();
        let (since, try_at) = (since(&drain.tenant.state, now), now + PAUSE);
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

    /// Stores what became of each entry. Returns when the first of them is due again.
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
        // One that was not stored is only done again, which changes nothing; the batch says so by failing.
        stored.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(outcomes.iter().filter_map(|(_, outcome)| due_of(outcome)).min())
    }
}

/// Since when the org is not connected.
fn since(state: &ConnectionState, now: Timestamp) -> Timestamp {
    match state {
        ConnectionState::Connected => now,
        ConnectionState::Paused { since, .. } | ConnectionState::ReconnectNeeded { since, .. } => *since,
    }
}

fn defer(jobs: Vec<Job>, trouble: &Trouble, until: Timestamp) -> impl Iterator<Item = (Job, Fate)> {
    jobs.into_iter().map(move |job| (job, Fate::Deferred(trouble.clone(), until)))
}

/// What groups that have no job in common stopped at alike: that is no single job's fault.
fn org_wide(shared_failures: &[(Vec<Job>, SharedFailure)]) -> Option<Trouble> {
    let [.., (_, before), (_, last)] = shared_failures else { return None };
    let is_alike = before.trouble.code == last.trouble.code && before.may_be_org && last.may_be_org;
    is_alike.then(|| last.trouble.clone())
}

/// No job is neither written nor refused; if one were, it would not wait for ever.
fn overlooked() -> Trouble {
    Trouble::new("NOT_WRITTEN", "The call was neither written nor refused.")
}

/// The jobs that share requests, the least suspect first.
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
