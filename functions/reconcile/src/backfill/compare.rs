//! The hourly comparison: whether each call that Aircall lists has a complete entry. If one has not, a run is started.

use jiff::{SignedDuration, Timestamp};
use rules::FetchCause;
use store::{
    AircallState, Backfill, Comparison, LONGEST_CALL, Tenant, TenantId, WEBHOOK_SILENT, checks_silent_webhooks,
};
use tokio::time::Instant;

use super::listing::{self, Scope};
use super::progress::{self, SETTLED_AFTER};
use super::{BackfillError, attached, send};
use crate::aircall::AircallError;
use crate::lines::with_aircall;
use crate::payload::Reconcile;
use crate::tenants::{Worked, each};

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

/// Compares all tenants that have an Aircall account, until the deadline.
///
/// # Errors
/// When the tenants cannot be listed.
pub(crate) async fn compare_all(reconcile: &Reconcile, deadline: Instant) -> Result<Compared, store::Error> {
    let ids = with_aircall(&reconcile.tenants).await?;
    let compare = async |id: &TenantId| compare(reconcile, id, Timestamp::now()).await;
    let failure = "Aircall's list of calls was not compared";
    let Worked { done, failed, not_reached } = each(ids, deadline, failure, compare).await;
    let started = done.iter().filter(|is_started| **is_started).count();
    Ok(Compared { well: done.len() - started, started, failed, not_reached })
}

/// Compares a tenant's calls. Returns whether a run was started.
async fn compare(reconcile: &Reconcile, id: &TenantId, now: Timestamp) -> Result<bool, BackfillError> {
    let Some(tenant) = reconcile.tenants.get(id).await? else { return Ok(false) };
    let Some(from) = tenant.compared_from(now) else { return Ok(false) };
    if let Some(backfill) = tenant.backfill.as_ref().filter(|backfill| backfill.is_running()) {
        // The message of its next step is lost.
        if backfill.due_at.max(backfill.held_until.unwrap_or_default()) + OVERDUE < now {
            send(reconcile, id, &backfill.run, SignedDuration::ZERO).await?;
        }
        return Ok(false);
    }
    if may_wait(&tenant, now) {
        return Ok(false);
    }
    let client = reconcile.aircall.client(id).await?;
    let attached = attached::lines(reconcile, &client, &tenant, LINES_TTL).await?;
    if attached.known.is_off {
        return Ok(false);
    }
    let scope = Scope::new(FetchCause::Compared, &tenant, attached.known.lines.clone());
    // Its cursor is that of a run that is not stored.
    let mut cursor = Backfill::new(FetchCause::Compared, from, now, now)?;
    let is_off = tenant.aircall.as_ref().is_some_and(|at| matches!(at.state, AircallState::Deactivated { .. }));
    let mut in_progress: Option<Timestamp> = None;
    let (mut requests, allowed) = (0, allowed(&tenant.comparison, now));
    let mark = loop {
        let page = client.call_page(cursor.position, now, cursor.pages + 1).await.map_err(AircallError::from)?;
        requests += 1;
        let fresh = progress::fresh(&cursor, &page);
        let lacking = listing::lacking(&reconcile.calls, id, &fresh, &scope, now).await?;
        // The event of a call that has just ended is still on its way, unless no event of it has arrived at all.
        if let Some(first) = lacking.iter().find(|lacking| !lacking.is_settling || lacking.is_unknown || is_off) {
            let due_at = if first.is_settling { now + SETTLED_AFTER } else { now };
            let run = Backfill { due_at, ..Backfill::new(FetchCause::Compared, from, now, now)? };
            let started = start(reconcile, id, run).await?;
            // Events are missing, so perhaps the webhook does not send.
            if let Err(error) = Box::pin(reconcile.health.check(reconcile, id)).await {
                tracing::warn!(tenant = %id, %error, "the webhook was not checked");
            }
            return Ok(started);
        }
        let open = fresh.iter().filter(|call| call.ended_at.is_none()).filter_map(|call| call.started_at);
        in_progress = in_progress.into_iter().chain(open.filter(|start| *start > now - LONGEST_CALL)).min();
        let is_last = progress::is_last(&page, &cursor);
        progress::advance(&mut cursor, &fresh);
        if is_last {
            // Calls that go on are found the next time.
            break now - LONGEST_CALL;
        }
        if requests >= allowed {
            break in_progress.map_or(cursor.position, |start| start.min(cursor.position));
        }
    };
    let today = now.as_second() / DAY;
    let former = if tenant.comparison.day == today { tenant.comparison.requests } else { 0 };
    let comparison = Comparison { day: today, requests: former + requests, ..attached.known };
    reconcile.tenants.set_comparison(id, &comparison, tenant.backfill_mark, Some(mark)).await?;
    if mark < now - MAX_LAG {
        return start(reconcile, id, Backfill::new(FetchCause::Compared, mark, now, now)?).await;
    }
    Ok(false)
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
async fn start(reconcile: &Reconcile, id: &TenantId, backfill: Backfill) -> Result<bool, BackfillError> {
    if !reconcile.tenants.start_backfill(id, &backfill).await? {
        return Ok(false);
    }
    tracing::warn!(tenant = %id, run = backfill.run, "calls of Aircall's list have no complete entry: started a backfill");
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
