//! The state of a tenant's connection: whether the org may receive requests, and how failures change that.

use jiff::{SignedDuration, Timestamp};
use store::{ConnectionState, Tenant, Tenants};

use crate::backoff;
use crate::batch_error::{BatchError, Reason};

/// The wait for the next attempt after the org hits a limit, or while its connection is dead.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// Checks whether the tenant's org may receive requests `now`.
///
/// # Errors
/// Why it may not: [`BatchError::Pause`] or [`BatchError::Reconnect`]. It may again once the pause is over, or the next attempt
/// on a dead connection is due.
pub fn is_open(tenant: &Tenant, now: Timestamp) -> Result<(), BatchError> {
    match &tenant.state {
        ConnectionState::Paused { until, reason, .. } if now < *until => {
            Err(BatchError::Pause(Reason::new("PAUSED", reason.clone())))
        }
        ConnectionState::ReconnectNeeded { try_at, reason, .. } if now < *try_at => {
            Err(BatchError::Reconnect(Reason::new("RECONNECT_NEEDED", reason.clone())))
        }
        ConnectionState::Connected | ConnectionState::Paused { .. } | ConnectionState::ReconnectNeeded { .. } => Ok(()),
    }
}

/// Stores that the org answers.
///
/// # Errors
/// When the table does not answer.
pub async fn mark_connected(tenants: &Tenants, tenant: &mut Tenant) -> Result<(), store::Error> {
    set_state(tenants, tenant, ConnectionState::Connected).await
}

/// Pauses an org that has hit a limit. Returns until when.
///
/// # Errors
/// When the table does not answer.
pub async fn pause(tenants: &Tenants, tenant: &mut Tenant, reason: &Reason) -> Result<Timestamp, store::Error> {
    pause_for(tenants, tenant, reason, PAUSE).await
}

/// Pauses an org that is down, for as long as it has been down. Returns until when.
///
/// # Errors
/// When the table does not answer.
pub async fn pause_for_outage(
    tenants: &Tenants,
    tenant: &mut Tenant,
    reason: &Reason,
) -> Result<Timestamp, store::Error> {
    let now = Timestamp::now();
    let down_for = now.duration_since(tenant.state.unavailable_since().unwrap_or(now));
    let pause = backoff::outage_pause(down_for, tenant.id.as_str());
    pause_for(tenants, tenant, reason, pause).await
}

/// Stores that an admin has to reconnect the org. Returns when it is tried again all the same.
///
/// # Errors
/// When the table does not answer.
pub async fn ask_to_reconnect(
    tenants: &Tenants,
    tenant: &mut Tenant,
    reason: &Reason,
) -> Result<Timestamp, store::Error> {
    let now = Timestamp::now();
    let (since, try_at) = (tenant.state.unavailable_since().unwrap_or(now), now + PAUSE);
    let state = ConnectionState::ReconnectNeeded { reason: reason.message.clone(), since, try_at };
    // Else a grant that is found dead would end one that replaced it meanwhile.
    tenants.set_state_of_connection(tenant, &state).await?;
    tenant.state = state;
    Ok(try_at)
}

async fn pause_for(
    tenants: &Tenants,
    tenant: &mut Tenant,
    reason: &Reason,
    pause: SignedDuration,
) -> Result<Timestamp, store::Error> {
    let now = Timestamp::now();
    let (since, until) = (tenant.state.unavailable_since().unwrap_or(now), now + pause);
    let state = match &tenant.state {
        // A connection that was dead is so until a request succeeds, whatever else the org refuses meanwhile.
        ConnectionState::ReconnectNeeded { reason, .. } => {
            ConnectionState::ReconnectNeeded { reason: reason.clone(), since, try_at: until }
        }
        ConnectionState::Connected | ConnectionState::Paused { .. } => {
            ConnectionState::Paused { since, until, reason: reason.message.clone() }
        }
    };
    set_state(tenants, tenant, state).await?;
    Ok(until)
}

/// Stores the state, if it changed.
async fn set_state(tenants: &Tenants, tenant: &mut Tenant, state: ConnectionState) -> Result<(), store::Error> {
    if tenant.state != state {
        tenants.set_state(&tenant.id, &state).await?;
        tenant.state = state;
    }
    Ok(())
}
