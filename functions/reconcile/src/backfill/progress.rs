//! How far a run is after a page of calls.

use std::collections::BTreeSet;

use aircall::client::{CALLS_PER_PAGE, Call, CallPage, MAX_CALLS};
use jiff::{SignedDuration, Timestamp};
use store::Backfill;

/// How long after the end of a call Aircall may still send its event, when all is well.
pub(super) const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(35);

/// Most pages of calls that start in the same second: Aircall lists no more.
const MAX_PAGES: u32 = 200;
const _: () = assert!(MAX_PAGES as usize * CALLS_PER_PAGE == MAX_CALLS);

/// The calls of a page that were not on the page before.
pub(super) fn fresh<'a>(backfill: &Backfill, page: &'a CallPage) -> Vec<&'a Call> {
    let is_fetched = |call: &&Call| start(call, backfill) == backfill.position && backfill.fetched.contains(&call.id.0);
    page.calls.iter().filter(|call| !is_fetched(call)).collect()
}

/// Notes that these calls are fetched, from `position` on.
///
/// The next request begins at the start of the last call, so that no query gets near to the most calls that Aircall lists;
/// only of calls that start in the same second the next page is requested.
pub(super) fn advance(backfill: &mut Backfill, fresh: &[&Call]) {
    let last = fresh.iter().map(|call| start(call, backfill)).max().unwrap_or(backfill.position);
    let of_last = fresh.iter().filter(|call| start(call, backfill) == last).map(|call| call.id.0);
    let of_last: BTreeSet<u64> = of_last.collect();
    if last > backfill.position {
        (backfill.position, backfill.pages, backfill.fetched) = (last, 0, of_last);
    } else {
        backfill.pages += 1;
        backfill.fetched.extend(of_last);
    }
    if !backfill.is_recheck {
        backfill.calls += fresh.len() as u64;
    }
}

/// Goes back to the calls whose own event could still arrive. Returns whether there are any.
pub(super) fn recheck(backfill: &mut Backfill) -> bool {
    let Some(from) = backfill.recheck_from.take() else { return false };
    (backfill.position, backfill.pages, backfill.is_recheck) = (from, 0, true);
    backfill.fetched.clear();
    true
}

fn start(call: &Call, backfill: &Backfill) -> Timestamp {
    call.started_at.unwrap_or(backfill.position)
}

/// Whether a page is the last one.
pub(super) fn is_last(page: &CallPage, backfill: &Backfill) -> bool {
    !page.has_next || backfill.pages >= MAX_PAGES
}

/// Whether Aircall may still send the event of a call's end by itself.
pub(super) fn is_settling(ended_at: Timestamp, now: Timestamp) -> bool {
    ended_at > now - SETTLED_AFTER
}
