//! One batch: groups entries into shared requests and records the outcome of each.

mod triage;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use lambda::metrics::TARGET;
use org::{BatchError, Job, Reason, connection};
use rules::Settings;
use rules::decide::decide;
use rules::messages::redact_key;
use store::{Calls, Entry, Outcome, TenantId};

use self::triage::{Deferral, SharedFailure, Triage, org_wide};
use crate::outcome::{self, Finished, nothing_to_write};
use crate::rounds::{Ended, Rounds};
use crate::writer::{BATCH, Drain, DrainError, Writer};

/// Group size by an entry's number of shared failures (a whole request failed). Groups shrink until the poison entry is
/// alone. The first failure may be transient, so it does not shrink the group.
const GROUPS: [usize; 4] = [BATCH, BATCH, 20, 1];

/// Concurrent writes of outcomes.
const STORE_CONCURRENCY: usize = 16;

/// Writes one batch and records its outcomes. Returns the times at which entries are due again.
pub(crate) async fn write(
    writer: &Writer,
    drain: &mut Drain,
    mut entries: Vec<Entry>,
    now: Timestamp,
) -> Result<Vec<Timestamp>, DrainError> {
    let settings = writer.settings.get(&drain.tenant.id).await?;
    for entry in entries.iter_mut().filter(|entry| entry.decision.is_none()) {
        // Another version lost it: decide again, under the current settings.
        let decision = decide(&entry.document, &settings, &drain.tenant.company(), None);
        entry.decision = match entry.task_status() {
            Some(status) => decision.map(|decision| decision.keep_task(status)),
            None => decision,
        };
    }
    let (finished, result) = write_groups(writer, drain, &settings, groups(&entries), now).await;
    let mut entries: BTreeMap<String, Entry> = entries.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
    let finished = finished.into_iter().filter_map(|Finished { key, outcome, unconfirmed, removed }| {
        Some((Entry { unconfirmed, removed, ..entries.remove(&key)? }, outcome))
    });
    let mut outcomes: Vec<(Entry, Outcome)> = finished.collect();
    let without_job = entries.into_values().filter(|entry| Job::from_entry(entry).is_none());
    outcomes.extend(without_job.map(|entry| {
        let outcome = nothing_to_write(&entry);
        (entry, outcome)
    }));
    let due = record_outcomes(&writer.calls, &drain.tenant.id, &outcomes).await?;
    result.map_or_else(|error| Err(error.into()), |()| Ok(due))
}

/// Writes the groups in sequence. The jobs that are finished have to be recorded also after an error.
async fn write_groups(
    writer: &Writer,
    drain: &mut Drain,
    settings: &Settings,
    groups: Vec<Vec<Job>>,
    now: Timestamp,
) -> (Vec<Finished>, Result<(), store::Error>) {
    let tenants = &writer.lookup.tenants;
    let mut finished = Vec::new();
    let mut deferral: Option<Deferral> = None;
    let mut shared_failures: Vec<(Vec<Job>, SharedFailure)> = Vec::new();
    for group in groups {
        if let Some(deferral) = &deferral {
            finished.extend(defer(group, deferral));
            continue;
        }
        let is_alone = group.len() == 1;
        let (written, left, result) = write_group(writer, drain, settings, group, now).await;
        drain.wrote |= written.iter().any(|finished| matches!(finished.outcome, Outcome::Logged { .. }));
        finished.extend(written);
        let triage = match result {
            Ok(()) => {
                finished.extend(left.into_iter().map(|job| outcome::postponed(job, unaccounted())));
                continue;
            }
            Err(error) => match drain.triage(tenants, error, is_alone).await {
                Ok(triage) => triage,
                Err(error) => return (finished, Err(error)),
            },
        };
        match triage {
            Triage::Failed(reason) => {
                finished.extend(left.into_iter().map(|job| outcome::failed(job, reason.clone())));
            }
            Triage::Unknown(reason) => {
                finished.extend(left.into_iter().map(|job| outcome::unknown_code(job, reason.clone())));
            }
            Triage::Bisect(failure) => shared_failures.push((left, failure)),
            Triage::Defer(until) => {
                finished.extend(defer(left, &until));
                deferral = Some(until);
            }
        }
        if let (None, Some(reason)) = (&deferral, org_wide(&shared_failures).filter(|_| !drain.wrote)) {
            match drain.pause_for_outage(tenants, reason).await {
                Ok(until) => {
                    finished.extend(shared_failures.drain(..).flat_map(|(jobs, _)| defer(jobs, &until)));
                    deferral = Some(until);
                }
                Err(error) => return (finished, Err(error)),
            }
        }
    }
    let tenant = &drain.tenant.id;
    for (jobs, SharedFailure { reason, .. }) in shared_failures {
        let failures = jobs.into_iter().map(|job| outcome::shared_failure(job, tenant, reason.clone()));
        finished.extend(failures);
    }
    if deferral.is_some() {
        return (finished, Ok(()));
    }
    // The org answers, whatever the outcomes of the jobs.
    let result = connection::mark_connected(tenants, &mut drain.tenant).await;
    (finished, result)
}

/// Writes one group. Returns what is finished and the jobs that are not.
async fn write_group(
    writer: &Writer,
    drain: &mut Drain,
    settings: &Settings,
    group: Vec<Job>,
    now: Timestamp,
) -> (Vec<Finished>, Vec<Job>, Result<(), BatchError>) {
    let (org, tenant) = match drain.org(&writer.connector, settings.api_usage_limit).await {
        Ok(opened) => opened,
        Err(error) => return (Vec::new(), group, Err(error)),
    };
    let mut left: BTreeMap<String, Job> = group.iter().map(|job| (job.key.clone(), job.clone())).collect();
    let Ended { finished, in_doubt, mut result } = Rounds::new(writer, org, tenant, settings, now).run(group).await;
    left.retain(|key, _| !finished.iter().any(|finished| finished.key == *key));
    for (key, sent) in in_doubt {
        if let Some(job) = left.get_mut(&key) {
            job.note_unconfirmed(sent);
        }
    }
    // If the API allowance is used up, do not attempt the next call.
    if let (Ok(()), Some(spent)) = (&result, org.is_spent()) {
        result = Err(BatchError::Pause(spent));
    }
    (finished, left.into_values().collect(), result)
}

/// Records each outcome. Returns the times at which entries are due again.
async fn record_outcomes(
    calls: &Calls,
    tenant: &TenantId,
    outcomes: &[(Entry, Outcome)],
) -> Result<Vec<Timestamp>, store::Error> {
    let now = Timestamp::now();
    let stored: Vec<Result<_, store::Error>> = stream::iter(outcomes)
        .map(|(entry, outcome)| calls.record_outcome(tenant, entry, outcome, now))
        .buffer_unordered(STORE_CONCURRENCY)
        .collect()
        .await;
    for (entry, outcome) in outcomes {
        log_outcome(tenant, entry, outcome);
    }
    // An outcome that is not stored is written again, which changes nothing. The batch fails so that it is retried.
    stored.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(outcomes.iter().filter_map(|(_, outcome)| outcome.due_at()).collect())
}

fn defer(jobs: Vec<Job>, Deferral { reason, until }: &Deferral) -> Vec<Finished> {
    jobs.into_iter().map(|job| outcome::deferred(job, reason.clone(), *until)).collect()
}

/// Every job is either written or refused. Should one be neither, it is postponed, so that it is retried.
fn unaccounted() -> Reason {
    Reason::new("NOT_WRITTEN", "The call was neither written nor refused.")
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

/// Logs an outcome: one log line with its metric.
fn log_outcome(tenant: &TenantId, entry: &Entry, outcome: &Outcome) {
    let key = redact_key(&entry.key);
    match outcome {
        Outcome::Logged { written, .. } => {
            tracing::info!(target: TARGET, CallsLogged = 1, %tenant, key, task.id = %written.task_id, "logged");
        }
        Outcome::Skipped { reason, .. } => {
            tracing::info!(target: TARGET, CallsSkipped = 1, %tenant, key, ?reason, "skipped");
        }
        Outcome::Failed { problem, .. } => {
            tracing::warn!(target: TARGET, CallsFailed = 1, %tenant, key, code = problem.code, "failed");
        }
        Outcome::Postponed { problem, due_at, .. } | Outcome::Deferred { problem, due_at } => {
            tracing::warn!(target: TARGET, CallsPostponed = 1, %tenant, key, code = problem.code, due_at = due_at.as_second(), "postponed");
        }
    }
}
