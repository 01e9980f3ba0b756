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
use crate::drain::{Drain, DrainError};
use crate::fate::{Fate, undecided};
use crate::tell::tell;
use crate::writer::Writer;

/// The most entries of one batch: what one sObject collection takes.
pub(crate) const BATCH: usize = 200;

/// How many entries share requests, by how often they made one fail whole: the one that spoils it for the others is
/// soon alone. The first time may be nothing but bad luck.
const GROUPS: [usize; 4] = [BATCH, BATCH, 20, 1];

/// How long an org is left alone that says it has had enough, or whose connection is dead.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// When entries come again that nothing is wrong with.
const SOON: SignedDuration = SignedDuration::from_secs(2);

/// Outcomes stored side by side.
const SETTLED_AT_ONCE: usize = 16;

/// What a stop means for the entries that it left.
enum Verdict {
    /// This, for each of this group.
    Group(fn(Trouble) -> Fate, Trouble),
    /// The org takes nothing until then, from this group or another.
    Held(Trouble, Timestamp),
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
        let mut entries: BTreeMap<String, Entry> =
            entries.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
        let mut outcomes = Vec::new();
        for (job, fate) in done {
            if let Some(entry) = entries.remove(&job.key) {
                let outcome = fate.outcome(&entry, job.trace, now);
                outcomes.push((entry, outcome));
            }
        }
        let no_jobs = entries.into_values().filter(|entry| Job::of(entry).is_none());
        outcomes.extend(no_jobs.map(|entry| (entry, undecided(now))));
        let due = self.settle(&drain.tenant.id, &outcomes, now).await?;
        failed.map_or(Ok(due), |error| Err(error.into()))
    }

    async fn write_groups(
        &self,
        drain: &mut Drain,
        settings: &Settings,
        groups: Vec<Vec<Job>>,
        now: Timestamp,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<(), store::Error> {
        let mut held: Option<(Trouble, Timestamp)> = None;
        for group in groups {
            if let Some((trouble, until)) = &held {
                done.extend(group.into_iter().map(|job| (job, Fate::Held(trouble.clone(), *until))));
                continue;
            }
            let mut left: BTreeMap<String, Job> = group.iter().map(|job| (job.key.clone(), job.clone())).collect();
            let is_alone = left.len() == 1;
            let settled = done.len();
            let outcome = self.write_group(drain, settings, group, now, done).await;
            for (job, _) in &done[settled..] {
                left.remove(&job.key);
            }
            let verdict = match outcome {
                Ok(()) => {
                    self.set_state(drain, ConnectionState::Connected).await?;
                    continue;
                }
                Err(stop) => self.judge(drain, stop, is_alone).await?,
            };
            match verdict {
                Verdict::Group(fate, trouble) => {
                    done.extend(left.into_values().map(|job| (job, fate(trouble.clone()))));
                }
                Verdict::Held(trouble, until) => {
                    done.extend(left.into_values().map(|job| (job, Fate::Held(trouble.clone(), until))));
                    held = Some((trouble, until));
                }
            }
        }
        Ok(())
    }

    async fn write_group(
        &self,
        drain: &mut Drain,
        settings: &Settings,
        group: Vec<Job>,
        now: Timestamp,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<(), Stop> {
        let Drain { tenant, holder, deadline, org } = drain;
        let org = if let Some(org) = org {
            org
        } else {
            org.insert(Org::open(&self.doors, tenant, holder, settings.api_usage_limit, *deadline).await?)
        };
        self.write(org, tenant, settings, group, now, done).await?;
        // The next call is known to be one too many.
        org.is_spent().map_or(Ok(()), |spent| Err(Stop::Pause(spent)))
    }

    /// What a stop means; where it is about the org, the connection says so.
    async fn judge(&self, drain: &mut Drain, stop: Stop, is_alone: bool) -> Result<Verdict, store::Error> {
        let stop = match (stop, &mut drain.org) {
            (Stop::Refused(trouble), _) => {
                return Ok(Verdict::Group(if is_alone { Fate::Failed } else { Fate::Spoiled }, trouble));
            }
            (Stop::Trouble(trouble), Some(org)) => match org.probe().await {
                Ok(()) => return Ok(Verdict::Group(Fate::Spoiled, trouble)),
                Err(Stop::Trouble(_) | Stop::Refused(_)) => Stop::Trouble(trouble),
                Err(other) => other,
            },
            (stop, _) => stop,
        };
        let now = Timestamp::now();
        let since = match drain.tenant.state {
            ConnectionState::Connected => now,
            ConnectionState::Paused { since, .. } | ConnectionState::ReconnectNeeded { since, .. } => since,
        };
        let (trouble, until) = match stop {
            Stop::Store(error) => return Err(error),
            Stop::Soon(trouble) => return Ok(Verdict::Held(trouble, now + SOON)),
            Stop::Reconnect(trouble) => {
                let (reason, try_at) = (trouble.message.clone(), now + PAUSE);
                self.set_state(drain, ConnectionState::ReconnectNeeded { reason, since, try_at }).await?;
                count(Counter::ReconnectsNeeded, 1, &[]);
                return Ok(Verdict::Held(trouble, try_at));
            }
            Stop::Pause(trouble) => (trouble, now + PAUSE),
            Stop::Trouble(trouble) | Stop::Refused(trouble) => {
                let down_for = now.duration_since(since);
                (trouble, now + backoff::of_outage(down_for, drain.tenant.id.as_str()))
            }
        };
        let reason = trouble.message.clone();
        self.set_state(drain, ConnectionState::Paused { since, until, reason }).await?;
        Ok(Verdict::Held(trouble, until))
    }

    async fn set_state(&self, drain: &mut Drain, state: ConnectionState) -> Result<(), store::Error> {
        if drain.tenant.state != state {
            self.lookup.tenants.set_state(&drain.tenant.id, &state).await?;
            drain.tenant.state = state;
        }
        Ok(())
    }

    /// Stores what became of each entry. Returns when the first of them is due again.
    async fn settle(
        &self,
        tenant: &TenantId,
        outcomes: &[(Entry, Outcome)],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, store::Error> {
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
}

/// The jobs that share requests, the least suspect first.
fn groups(entries: &[Entry]) -> Vec<Vec<Job>> {
    let mut by_size: BTreeMap<Reverse<usize>, Vec<Job>> = BTreeMap::new();
    for entry in entries {
        let spoiled = entry.problem.as_ref().map_or(0, |problem| problem.spoiled);
        let size = GROUPS[usize::try_from(spoiled).unwrap_or(usize::MAX).min(GROUPS.len() - 1)];
        by_size.entry(Reverse(size)).or_default().extend(Job::of(entry));
    }
    by_size
        .into_iter()
        .flat_map(|(Reverse(size), jobs)| jobs.chunks(size).map(<[Job]>::to_vec).collect::<Vec<_>>())
        .collect()
}

fn due_of(outcome: &Outcome) -> Option<Timestamp> {
    match outcome {
        Outcome::Postponed { due_at, .. } | Outcome::Held { due_at, .. } => Some(*due_at),
        Outcome::Logged { .. } | Outcome::Skipped { .. } | Outcome::Failed { .. } => None,
    }
}
