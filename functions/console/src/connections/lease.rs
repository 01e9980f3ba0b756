//! Work under a lease on the tenant, so that two requests never do it at once.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use store::{Acquired, LeaseKind, Tenant, TenantId};

use super::{ConnectionError, lease_holder};
use crate::console::Console;

/// How often a lease is asked for while another request holds it.
const POLL: Duration = Duration::from_millis(250);

/// How a lease is taken.
pub(super) struct Lease {
    pub(super) kind: LeaseKind,
    /// How long a request waits for another one that holds it.
    pub(super) wait: Duration,
    /// When it expires if its holder was killed: later than the work ends.
    pub(super) lasts: SignedDuration,
}

/// Runs `work` under a lease, with the tenant as of that moment.
///
/// # Errors
/// As `work`; [`ConnectionError::Busy`] if another request holds the lease for longer than this one waits, and
/// [`ConnectionError::NotConnected`] if there is no such tenant.
pub(super) async fn with_lease<T>(
    console: &Console,
    tenant: &TenantId,
    Lease { kind, wait, lasts }: Lease,
    work: impl AsyncFnOnce(Tenant) -> Result<T, ConnectionError>,
) -> Result<T, ConnectionError> {
    let (started, holder) = (Instant::now(), lease_holder());
    let known = loop {
        let now = Timestamp::now();
        match console.tenants.acquire(tenant, kind, &holder, now, now + lasts).await? {
            Acquired::Held(known) => break known,
            Acquired::Taken { .. } if started.elapsed() < wait => tokio::time::sleep(POLL).await,
            Acquired::Taken { .. } => return Err(ConnectionError::Busy),
            Acquired::NoTenant => return Err(ConnectionError::NotConnected("Salesforce")),
        }
    };
    let result = work(*known).await;
    // If this fails, the lease expires.
    let _ = console.tenants.release(tenant, kind, &holder, None).await;
    result
}
