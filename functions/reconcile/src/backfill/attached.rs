//! The lines whose calls an app gets: Aircall lists the calls of all lines, also of those that the admin did not choose.

use std::collections::BTreeSet;

use aircall::client::Client;
use jiff::{SignedDuration, Timestamp};
use store::{AircallAuth, Comparison, Tenant};

use super::BackfillError;
use crate::aircall::AircallError;
use crate::payload::Reconcile;

/// What Aircall says of the lines of a connection.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    /// The lines, and whether the app is switched off.
    pub(super) known: Comparison,
    /// Whether it was asked just now.
    pub(super) is_fresh: bool,
}

/// The lines of the tenant's connection, as Aircall said within `ttl`, else says now.
pub(super) async fn lines(
    reconcile: &Reconcile,
    client: &Client,
    tenant: &Tenant,
    ttl: SignedDuration,
) -> Result<Attached, BackfillError> {
    let (known, now) = (tenant.comparison.clone(), Timestamp::now());
    if tenant.aircall.as_ref().is_none_or(|connection| connection.how != AircallAuth::OAuth) {
        return Ok(Attached { known: Comparison { lines: None, is_off: false, ..known }, is_fresh: false });
    }
    if known.lines_at.is_some_and(|at| now < at + ttl) {
        return Ok(Attached { known, is_fresh: false });
    }
    let integration = client.integration().await.map_err(AircallError::from)?;
    let is_off = integration.as_ref().is_some_and(|integration| integration.active == Some(false));
    let lines: Option<BTreeSet<u64>> = integration.and_then(|integration| integration.lines).map(BTreeSet::from_iter);
    let known = Comparison { lines, is_off, lines_at: Some(now), ..known };
    reconcile.tenants.set_comparison(&tenant.id, &known, tenant.backfill_mark, None).await?;
    Ok(Attached { known, is_fresh: true })
}
