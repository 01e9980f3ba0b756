//! The hourly comparison: whether each call that Aircall lists has a complete entry. If one has not, a run is started.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lambda::{Retry, metrics};
use rules::FetchCause;
use store::{
    AircallState, Backfill, Comparison, LONGEST_CALL, Tenant, TenantId, WEBHOOK_SILENT, checks_silent_webhooks,
};
use tokio::time::Instant;

use super::listing::{self, Scope};
use super::progress::{self, SETTLED_AFTER};
use super::{BackfillError, attached, send};
use crate::access;
use crate::aircall::AircallError;
use crate::payload::Reconcile;
use crate::tenants::{Worked, all_pages, each};

/// The most requests of a tenant and day, while all is well: one an hour, and some more for many calls. With those for an
/// app's lines and for the own lines, these are at most thirty.
const DAILY_REQUESTS: u32 = 25;
/// The most pages of one comparison.
const MAX_PAGES: u32 = 10;
/// How long the lines that an app gets are taken to be the same.
const LINES_TTL: SignedDuration = SignedDuration::from_hours(12);
/// How far behind a comparison may be before a run takes its place.
const MAX_LAG: SignedDuration = SignedDuration::from_hours(12);
/// How long after it was due the message of a step is taken to be lost: SQS delivers that of a killed one again.
const OVERDUE: SignedDuration = SignedDuration::from_mins(5);
/// The pause before those are compared that the time was not enough for: Aircall or a table may be slow.
const PAUSE: Duration = Duration::from_secs(10);
/// The time from one comparison to the next.
const SCHEDULE: SignedDuration = SignedDuration::from_hours(1);
const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// The number of tenants with an Aircall account, by what became of their comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    /// All calls that were listed have an entry, or a run goes on.
    pub(crate) well: usize,
    /// A run was started.
    pub(crate) started: usize,
    /// Aircall or a store did not answer.
    pub(crate) failed: usize,
    /// The time was up before.
    pub(crate) not_reached: usize,
}

/// Compares the calls of all tenants that have an Aircall account and were not compared after `since`, until the deadline.
/// If that is not enough, a message of the retries queue has the function go on.
///
/// # Errors
/// When the tenants cannot be listed, or the message cannot be sent.
pub(crate) async fn compare_all(
    reconcile: &Reconcile,
    since: Timestamp,
    deadline: Instant,
) -> Result<Compared, BackfillError> {
    let ids = all_pages(async |from| reconcile.tenants.not_compared_after(since, from).await).await?;
    let compare = async |id: &TenantId| compare_one(reconcile, id, Timestamp::now()).await;
    let failure = "Aircall's list of calls was not compared";
    let Worked { done, failed, not_reached } = each(ids, deadline, failure, compare).await;
    // The schedule does what is left after that.
    if not_reached > 0 && Timestamp::now() < since + SCHEDULE - OVERDUE {
        let go_on = Retry::Compare { since: since.as_second() };
        reconcile.retry_queue.send_after(go_on, PAUSE).await?;
    }
    let started = done.iter().filter(|is_started| **is_started).count();
    Ok(Compared { well: done.len() - started, started, failed, not_reached })
}

/// Compares a tenant's calls. Returns whether a run was started.
pub(crate) async fn compare_one(reconcile: &Reconcile, id: &TenantId, now: Timestamp) -> Result<bool, BackfillError> {
    let Some(tenant) = reconcile.tenants.get(id).await? else { return Ok(false) };
    // If its time is up in between, it is not compared again before the next hour.
    reconcile.tenants.begin_comparison(id, now).await?;
    let (connection, unheard_since) = (tenant.aircall.clone(), tenant.aircall_unheard_since(now));
    let compared = compare(reconcile, tenant, now).await;
    if let (Err(BackfillError::Aircall(AircallError::Refused)), Some(connection)) = (&compared, &connection) {
        access::refused(&reconcile.tenants, id, connection, &reconcile.aircall.client(id).await?).await?;
    }
    let is_refused = connection.is_some_and(|connection| connection.refused_since.is_some());
    let has_answered = matches!(compared, Ok(Some(_)) | Err(BackfillError::Aircall(AircallError::Refused)));
    if let Some(since) = unheard_since.filter(|_| !has_answered && !is_refused) {
        tracing::warn!(target: metrics::TARGET, AircallAccountsUnheard = 1, tenant = %id, %since, "Aircall neither sends events nor answers");
    }
    Ok(compared?.unwrap_or_default())
}

/// Compares the calls. Returns whether a run was started; `None` if Aircall was not asked.
async fn compare(reconcile: &Reconcile, mut tenant: Tenant, now: Timestamp) -> Result<Option<bool>, BackfillError> {
    let id = &tenant.id.clone();
    let running = tenant.backfill.as_ref().filter(|run| run.is_running());
    if let Some(run) = running {
        // The message of its next step is lost.
        if run.due_at.max(run.held_until.unwrap_or_default()) + OVERDUE < now {
            send(reconcile, id, &run.run, SignedDuration::ZERO).await?;
        }
    }
    // A run after a repair is of all that is missing, but what an admin imports may be of other days.
    let is_importing = running.is_some_and(|run| run.cause == FetchCause::Requested);
    if running.is_some() && !is_importing {
        return Ok(None);
    }
    if may_wait(&tenant, now) {
        // The webhook is checked with the request of this hour.
        let comparison = with_requests(&tenant.comparison, 1, now);
        reconcile.tenants.set_comparison(id, &comparison, tenant.backfill_mark, None).await?;
        return Ok(None);
    }
    let client = reconcile.aircall.client(id).await?;
    attached::refresh(reconcile, &client, &mut tenant, LINES_TTL, now).await?;
    if tenant.comparison.is_off {
        return Ok(Some(false));
    }
    let Some(from) = tenant.compared_from(now) else { return Ok(None) };
    let scope = Scope::new(FetchCause::Compared, &tenant);
    // Its cursor is that of a run that is not stored.
    let mut cursor = Backfill::new(FetchCause::Compared, from, now, now)?;
    let is_off = tenant.aircall.as_ref().is_some_and(|at| matches!(at.state, AircallState::Deactivated { .. }));
    let mut in_progress: Option<Timestamp> = None;
    let mut is_incomplete = false;
    let (mut requests, allowed) = (0, allowed(&tenant.comparison, now));
    let (mark, complete_until) = loop {
        let page = client.call_page(cursor.position, now, cursor.pages + 1).await.map_err(AircallError::from)?;
        requests += 1;
        let fresh = progress::fresh(&cursor, &page);
        let lacking = listing::lacking(&reconcile.calls, id, &fresh, &scope, now).await?;
        // The event of a call that has just ended is still on its way, unless no event of it has arrived at all.
        let first = lacking.iter().find(|lacking| !lacking.is_settling || lacking.is_unknown || is_off);
        is_incomplete |= first.is_some();
        match first {
            Some(first) if !is_importing => {
                let due_at = if first.is_settling { now + SETTLED_AFTER } else { now };
                let run = Backfill { due_at, ..Backfill::new(FetchCause::Compared, from, now, now)? };
                let started = start(reconcile, id, run, "calls of Aircall's list have no complete entry").await?;
                check_webhook(reconcile, id, now).await;
                return Ok(Some(started));
            }
            // A tenant has one run at a time. Those that settle are found the next time.
            _ => {
                let settled: Vec<_> = lacking.iter().filter(|it| !it.is_settling).map(|it| it.call).collect();
                listing::enqueue(&reconcile.event_queue, id, &cursor, &settled, now).await?;
            }
        }
        let settling = lacking.iter().filter(|lacking| lacking.is_settling).map(|lacking| lacking.call);
        let open = fresh.iter().copied().filter(|call| call.ended_at.is_none());
        let starts = open.chain(settling).filter_map(|call| call.started_at);
        in_progress = in_progress.into_iter().chain(starts.filter(|start| *start > now - LONGEST_CALL)).min();
        let is_last = progress::is_last(&page, &cursor);
        progress::advance(&mut cursor, &fresh);
        if is_last {
            // Calls that go on are found the next time.
            break (now - LONGEST_CALL, now - SETTLED_AFTER);
        }
        if requests >= allowed {
            let reached = in_progress.map_or(cursor.position, |start| start.min(cursor.position));
            break (reached, reached);
        }
    };
    let comparison = Comparison {
        at: Some(now),
        complete_until: Some(complete_until),
        ..with_requests(&tenant.comparison, requests, now)
    };
    reconcile.tenants.set_comparison(id, &comparison, tenant.backfill_mark, Some(mark)).await?;
    if is_incomplete {
        check_webhook(reconcile, id, now).await;
    }
    if mark < now - MAX_LAG {
        let run = Backfill::new(FetchCause::Compared, mark, now, now)?;
        return start(reconcile, id, run, "the comparison cannot keep up").await.map(Some);
    }
    Ok(Some(false))
}

/// After further requests.
fn with_requests(comparison: &Comparison, requests: u32, now: Timestamp) -> Comparison {
    let day = now.as_second() / DAY;
    let former = if comparison.day == day { comparison.requests } else { 0 };
    Comparison { day, requests: former + requests, ..comparison.clone() }
}

/// Events are missing, so perhaps the webhook does not send.
async fn check_webhook(reconcile: &Reconcile, id: &TenantId, now: Timestamp) {
    if let Err(error) = Box::pin(reconcile.health.check(reconcile, id, now)).await {
        tracing::warn!(tenant = %id, %error, "the webhook was not checked");
    }
}

/// Whether this is an hour in which the webhook itself is checked instead, as no event came in the last one.
fn may_wait(tenant: &Tenant, now: Timestamp) -> bool {
    let Some(connection) = &tenant.aircall else { return true };
    let last_sign = tenant.last_event_at.unwrap_or_default().max(connection.connected_at);
    let is_checked = last_sign <= now - WEBHOOK_SILENT && connection.state == AircallState::Active;
    is_checked && checks_silent_webhooks(now)
}

/// How many pages may be requested now: one, and more if enough requests of the day are left for its other hours.
fn allowed(comparison: &Comparison, now: Timestamp) -> u32 {
    let (day, hour) = (now.as_second() / DAY, now.as_second() % DAY / HOUR);
    let used = if comparison.day == day { comparison.requests } else { 0 };
    let later = u32::try_from(23 - hour).unwrap_or_default();
    DAILY_REQUESTS.saturating_sub(used + later).clamp(1, MAX_PAGES)
}

/// Starts a run, unless one is running.
async fn start(
    reconcile: &Reconcile,
    id: &TenantId,
    backfill: Backfill,
    why: &'static str,
) -> Result<bool, BackfillError> {
    if !reconcile.tenants.start_backfill(id, &backfill).await? {
        return Ok(false);
    }
    tracing::warn!(tenant = %id, run = backfill.run, why, "started a backfill");
    send(reconcile, id, &backfill.run, backfill.due_at.duration_since(Timestamp::now()).max(SignedDuration::ZERO))
        .await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(hour: i64, used: u32, expected: u32) {
        let now = Timestamp::from_second(20_000 * DAY + hour * HOUR).unwrap();
        let comparison = Comparison { day: 20_000, requests: used, ..Comparison::default() };
        assert_eq!(allowed(&comparison, now), expected);
        let of_yesterday = Comparison { day: 19_999, requests: 28, ..Comparison::default() };
        assert_eq!(allowed(&of_yesterday, now), allowed(&Comparison::default(), now));
    }

    #[test]
    fn each_hour_has_a_request_and_what_is_left_of_the_day_can_be_used_early() {
        check(0, 0, 2);
        check(1, 2, 1);
        check(12, 12, 2);
        check(12, 27, 1);
        check(23, 0, 10);
        check(23, 23, 2);
        check(23, 200, 1);
    }

    #[test]
    fn a_day_of_many_calls_stays_within_its_requests() {
        let mut comparison = Comparison { day: 20_000, ..Comparison::default() };
        for hour in 0..24 {
            comparison.requests += allowed(&comparison, Timestamp::from_second(20_000 * DAY + hour * HOUR).unwrap());
        }
        assert_eq!(comparison.requests, DAILY_REQUESTS);
    }
}
