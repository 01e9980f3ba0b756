//! Backfills: fetches the calls that Aircall lists and that have no complete entry, a step of a run at a time.
//!
//! A step is a message of the retries queue. It sends a limited number of requests, stores how far it is after each page,
//! and sends itself the message of the next step. If it is killed, SQS delivers its message again; if that is lost, the
//! hourly [comparison](compare) sends another one.

mod attached;
pub(crate) mod compare;
mod listing;
mod progress;

use std::time::Duration;

use aircall::client::{CallPage, Reason};
use jiff::{SignedDuration, Timestamp};
use lambda::{QueueError, Retry, metrics};
use store::{Backfill, BackfillState, LONGEST_CALL, Tenant, TenantId};
use tokio::time::Instant;

use self::listing::Scope;
use self::progress::SETTLED_AFTER;
use crate::aircall::AircallError;
use crate::payload::Reconcile;

/// The least time between the beginnings of two steps.
const INTERVAL: SignedDuration = SignedDuration::from_mins(1);
/// The time that a step has for its requests: the retries of other tenants wait for the function meanwhile.
pub(crate) const BUDGET: Duration = Duration::from_secs(20);
/// How long nobody else takes a step: longer than the function runs, and shorter than SQS hides the message of one that was
/// killed.
const LEASE: SignedDuration = SignedDuration::from_secs(65);
/// How much earlier than due a message may arrive, because clocks differ.
const EARLY: SignedDuration = SignedDuration::from_secs(2);
/// How long the lines that an app gets are taken to be the same.
const LINES_TTL: SignedDuration = SignedDuration::from_mins(5);
/// How often in a row a step may fail.
const MAX_ATTEMPTS: u32 = 10;
/// The longest wait after a failed step, in seconds.
const MAX_BACKOFF: i64 = 900;

/// Why a step or a comparison was not completed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackfillError {
    #[error(transparent)]
    Aircall(#[from] AircallError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the message names no tenant: {0}")]
    Tenant(#[from] store::InvalidTenantId),
}

/// What becomes of a run after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// The next step is due then; with the reason why it is delayed, if it is.
    Step(Timestamp, Option<String>),
    /// All calls of its period are fetched.
    Done,
    /// It cannot go on, for this reason.
    Failed(String),
    /// It was stopped, or somebody else has taken it over.
    Gone,
}

/// Takes the next step of a run, if it is due.
///
/// # Errors
/// When one of our own services does not answer. SQS delivers the message again.
pub(crate) async fn step(
    reconcile: &Reconcile,
    tenant: &str,
    run: &str,
    deadline: Instant,
) -> Result<(), BackfillError> {
    let (id, now) = (TenantId::parse(tenant)?, Timestamp::now());
    let Some(mut tenant) = reconcile.tenants.get(&id).await? else { return Ok(()) };
    let known = tenant.backfill.as_ref().filter(|known| known.is_running() && known.run == run);
    let Some(due_at) = known.map(|known| known.due_at) else { return Ok(()) };
    if due_at > now + EARLY {
        return send(reconcile, &id, run, due_at.duration_since(now)).await;
    }
    let taken = reconcile.tenants.take_backfill(&id, run, now + EARLY, now + LEASE).await?;
    let Some(mut backfill) = taken else { return Ok(()) };
    let deadline = deadline.min(Instant::now() + BUDGET);
    let next = match fetch(reconcile, &mut tenant, &mut backfill, deadline).await {
        Ok(next) => {
            backfill.attempts = 0;
            next
        }
        Err(BackfillError::Aircall(error)) => after_error(&mut backfill, &error, Timestamp::now()),
        Err(error) => return Err(error),
    };
    let next = match next {
        Next::Step(due_at, why) => Next::Step(due_at.max(now + INTERVAL), why),
        next => next,
    };
    conclude(reconcile, &tenant, backfill, next).await
}

/// Fetches pages until the requests of a minute are used up, the deadline, or the end of the run.
async fn fetch(
    reconcile: &Reconcile,
    tenant: &mut Tenant,
    backfill: &mut Backfill,
    deadline: Instant,
) -> Result<Next, BackfillError> {
    let client = reconcile.aircall.client(&tenant.id).await?;
    let mut left = reconcile.settings.get(&tenant.id).await?.backfill_requests_per_minute;
    if attached::refresh(reconcile, &client, tenant, LINES_TTL, Timestamp::now()).await? {
        left -= 1;
    }
    let scope = Scope::new(backfill.cause, tenant);
    while left > 0 && Instant::now() < deadline {
        left -= 1;
        let now = Timestamp::now();
        let page = client.call_page(backfill.position, backfill.until, backfill.pages + 1).await;
        let page = page.map_err(AircallError::from)?;
        let is_last = take_page(reconcile, tenant, backfill, &scope, &page, now).await?;
        if is_last {
            return Ok(if progress::recheck(backfill) { Next::Step(now + SETTLED_AFTER, None) } else { Next::Done });
        }
        if !reconcile.tenants.set_backfill(&tenant.id, backfill, None).await? {
            return Ok(Next::Gone);
        }
    }
    Ok(Next::Step(Timestamp::now(), None))
}

/// Queues the calls of a page that are lacking, and notes that it is fetched. Returns whether it is the last one.
async fn take_page(
    reconcile: &Reconcile,
    tenant: &Tenant,
    backfill: &mut Backfill,
    scope: &Scope,
    page: &CallPage,
    now: Timestamp,
) -> Result<bool, BackfillError> {
    let fresh = progress::fresh(backfill, page);
    let lacking = listing::lacking(&reconcile.calls, &tenant.id, &fresh, scope, now).await?;
    let (settling, settled): (Vec<_>, Vec<_>) = lacking.into_iter().partition(|lacking| lacking.is_settling);
    let recheck_from = settling.iter().filter_map(|lacking| lacking.call.started_at).min();
    backfill.recheck_from = [backfill.recheck_from, recheck_from].into_iter().flatten().min();
    let settled: Vec<_> = settled.into_iter().map(|lacking| lacking.call).collect();
    listing::enqueue(&reconcile.event_queue, &tenant.id, backfill, &settled, now).await?;
    let is_last = progress::is_last(page, backfill);
    progress::advance(backfill, &fresh);
    backfill.queued += settled.len() as u64;
    backfill.at = now;
    tracing::info!(
        target: metrics::TARGET,
        CallsFetched = fresh.len(),
        CallsBackfilled = settled.len(),
        tenant = %tenant.id,
        run = backfill.run,
        "fetched a page of calls"
    );
    Ok(is_last)
}

/// What becomes of a run after a request that failed.
fn after_error(backfill: &mut Backfill, error: &AircallError, now: Timestamp) -> Next {
    let wait = |after: &Option<Duration>| after.and_then(|after| SignedDuration::try_from(after).ok());
    match error {
        AircallError::Unavailable { reason: reason @ Reason::RateLimited, after } => {
            Next::Step(now + wait(after).unwrap_or(INTERVAL), Some(format!("{reason}. It goes on once that is over.")))
        }
        AircallError::Store(_) | AircallError::Unavailable { .. } if backfill.attempts < MAX_ATTEMPTS => {
            backfill.attempts += 1;
            let after = match error {
                AircallError::Unavailable { after, .. } => wait(after),
                _ => None,
            };
            let backoff = SignedDuration::from_secs((15 << backfill.attempts.min(10)).min(MAX_BACKOFF));
            Next::Step(now + after.unwrap_or(backoff).max(backoff), Some(format!("{error}. It is tried again.")))
        }
        AircallError::Store(_) | AircallError::Unavailable { .. } => {
            Next::Failed(format!("{error}. It was tried again {MAX_ATTEMPTS} times: start it again later."))
        }
        AircallError::NoCredential | AircallError::NoAddress | AircallError::Refused => {
            Next::Failed("Aircall does not accept the access that is stored. Connect Aircall again.".to_owned())
        }
        AircallError::Rejected(status) => Next::Failed(format!(
            "Aircall does not accept the request (HTTP {status}). Start it again with another period."
        )),
    }
}

/// Stores what becomes of a run.
async fn conclude(reconcile: &Reconcile, tenant: &Tenant, backfill: Backfill, next: Next) -> Result<(), BackfillError> {
    let now = Timestamp::now();
    let mut change = Backfill { at: now, held_until: None, problem: None, ..backfill };
    let mut mark = None;
    match next {
        Next::Gone => return Ok(()),
        Next::Step(due_at, why) => {
            // Sent first: if the function is killed in between, the message of this step is delivered again.
            send(reconcile, &tenant.id, &change.run, due_at.duration_since(now)).await?;
            (change.due_at, change.problem) = (due_at, why);
        }
        Next::Done => {
            change.state = BackfillState::Done;
            mark = mark_after(tenant, &change, now);
        }
        Next::Failed(problem) => {
            (change.state, change.problem) = (BackfillState::Failed, Some(problem));
            tracing::error!(target: metrics::TARGET, BackfillsFailed = 1, tenant = %tenant.id, run = change.run, "a backfill failed");
        }
    }
    reconcile.tenants.set_backfill(&tenant.id, &change, mark).await?;
    let Backfill { run, state, calls, queued, .. } = change;
    tracing::info!(tenant = %tenant.id, run, ?state, calls, queued, "took a step of a backfill");
    Ok(())
}

/// From when on Aircall's list is compared after a run that covers where it would be compared from.
fn mark_after(tenant: &Tenant, backfill: &Backfill, now: Timestamp) -> Option<Timestamp> {
    let from = tenant.compared_from(now)?;
    (backfill.from..=backfill.until).contains(&from).then(|| from.max(backfill.until - LONGEST_CALL))
}

/// Starts a run for the time in which the webhook may have sent nothing, unless one is running: its next comparison then
/// finds what it misses.
pub(crate) async fn after_repair(reconcile: &Reconcile, known: &Tenant) -> Result<(), BackfillError> {
    let Some(backfill) = known.run_after_repair(Timestamp::now())? else { return Ok(()) };
    if reconcile.tenants.start_backfill(&known.id, &backfill).await? {
        send(reconcile, &known.id, &backfill.run, SignedDuration::ZERO).await?;
    }
    Ok(())
}

/// Sends the message of a step.
async fn send(reconcile: &Reconcile, tenant: &TenantId, run: &str, after: SignedDuration) -> Result<(), BackfillError> {
    let step = Retry::Backfill { tenant: tenant.to_string(), run: run.to_owned() };
    Ok(reconcile.retry_queue.send_after(step, Duration::try_from(after).unwrap_or_default()).await?)
}
