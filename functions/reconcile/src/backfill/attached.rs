//! The lines whose calls an app gets: Aircall lists the calls of all lines, also of those that the admin did not choose.

use std::collections::BTreeSet;

use aircall::client::Client;
use jiff::{SignedDuration, Timestamp};
use store::{AircallAuth, Comparison, LONGEST_CALL, Tenant};

use super::BackfillError;
use crate::aircall::AircallError;
use crate::payload::Reconcile;

/// How long an app is taken to be switched off: what it missed is fetched soon after it is switched on.
const OFF_TTL: SignedDuration = SignedDuration::from_mins(55);

/// Asks Aircall for the lines of the tenant's connection, and whether the app is switched off, unless it was asked within
/// `ttl`. Returns whether it was.
///
/// The calls of a line that was added meanwhile are compared again.
pub(super) async fn refresh(
    reconcile: &Reconcile,
    client: &Client,
    tenant: &mut Tenant,
    ttl: SignedDuration,
    now: Timestamp,
) -> Result<bool, BackfillError> {
    if tenant.aircall.as_ref().is_none_or(|connection| connection.how != AircallAuth::OAuth) {
        (tenant.comparison.lines, tenant.comparison.is_off) = (None, false);
        return Ok(false);
    }
    let known = &tenant.comparison;
    let ttl = if known.is_off { ttl.min(OFF_TTL) } else { ttl };
    if known.lines_at.is_some_and(|at| now < at + ttl) {
        return Ok(false);
    }
    let integration = client.integration().await.map_err(AircallError::from)?;
    let is_off = integration.as_ref().is_some_and(|integration| integration.active == Some(false));
    let lines: Option<BTreeSet<u64>> = integration.and_then(|integration| integration.lines).map(BTreeSet::from_iter);
    let asked_before = known.lines_at.filter(|_| has_more(known.lines.as_ref(), lines.as_ref()));
    let mark = asked_before.map(|at| at - LONGEST_CALL).filter(|at| tenant.backfill_mark.is_none_or(|mark| *at < mark));
    let comparison = Comparison { lines, is_off, lines_at: Some(now), ..known.clone() };
    if reconcile.tenants.set_comparison(&tenant.id, &comparison, tenant.backfill_mark, mark).await? {
        tenant.backfill_mark = mark.or(tenant.backfill_mark);
    }
    tenant.comparison = comparison;
    Ok(true)
}

/// Whether `lines` has one that was not among the former; none are all lines.
fn has_more(former: Option<&BTreeSet<u64>>, lines: Option<&BTreeSet<u64>>) -> bool {
    former.is_some_and(|former| lines.is_none_or(|lines| !lines.is_subset(former)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(former: Option<&[u64]>, lines: Option<&[u64]>, expected: bool) {
        let set = |lines: &[u64]| lines.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(has_more(former.map(set).as_ref(), lines.map(set).as_ref()), expected);
    }

    #[test]
    fn a_line_that_was_added_is_noticed() {
        check(Some(&[1, 2]), Some(&[1, 3]), true);
        check(Some(&[1]), None, true);
        check(Some(&[1, 2]), Some(&[2]), false);
        check(None, Some(&[2]), false);
        check(None, None, false);
    }
}
