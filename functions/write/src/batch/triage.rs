//! Triage of a group whose work ended early: is the org at fault, one poison entry, or nobody?

use jiff::{SignedDuration, Timestamp};
use lambda::metrics::TARGET;
use org::{BatchError, Reason, connection};
use store::Tenants;

use crate::writer::Drain;

/// The retry delay for entries that are not at fault.
const SHORT_DELAY: SignedDuration = SignedDuration::from_secs(2);

/// What a [`BatchError`] means for the jobs of the group that are not finished.
pub(crate) enum Triage {
    /// The job was alone in the request and would be refused again.
    Failed(Reason),
    /// The job was alone in the request, and was refused with a code that nobody knows.
    Unknown(Reason),
    /// One of the jobs may be a poison entry that fails the request for the others.
    Bisect(SharedFailure),
    /// The org takes no requests from any group until this time.
    Defer(Deferral),
}

/// Why one group failed while other groups may succeed.
pub(crate) struct SharedFailure {
    pub(crate) reason: Reason,
    /// Whether an outage of the org would look the same.
    pub(crate) may_be_org: bool,
}

/// The org takes no requests.
#[derive(Clone)]
pub(crate) struct Deferral {
    pub(crate) reason: Reason,
    pub(crate) until: Timestamp,
}

impl Drain {
    /// Decides what an early end means. If it concerns the org, the connection state is updated.
    pub(crate) async fn triage(
        &mut self,
        tenants: &Tenants,
        error: BatchError,
        is_alone: bool,
    ) -> Result<Triage, store::Error> {
        let soon = |reason| Ok(Triage::Defer(Deferral { reason, until: Timestamp::now() + SHORT_DELAY }));
        let reason = match error {
            BatchError::Store(error) => return Err(error),
            BatchError::Refused(reason) if is_alone => return Ok(Triage::Failed(reason)),
            BatchError::Unknown(reason) if is_alone => return Ok(Triage::Unknown(reason)),
            BatchError::Refused(reason) | BatchError::Unknown(reason) => {
                return Ok(Triage::Bisect(SharedFailure { reason, may_be_org: false }));
            }
            BatchError::Pause(reason) => return self.pause(tenants, reason).await,
            BatchError::Reconnect(reason) => return self.ask_to_reconnect(tenants, reason).await,
            BatchError::RetrySoon(reason) => return soon(reason),
            BatchError::OutOfTime(reason) if self.wrote || self.org.as_ref().is_none_or(|org| org.api_calls == 0) => {
                return soon(reason);
            }
            // Nothing was written, so treat the slow org as down.
            BatchError::OutOfTime(reason)
            | BatchError::Failed(reason)
            | BatchError::TimedOut(reason)
            | BatchError::CutOff(reason) => reason,
        };
        let is_up = match &mut self.org {
            Some(org) => org.probe().await,
            None => Err(BatchError::Failed(reason.clone())),
        };
        match is_up {
            Ok(()) => Ok(Triage::Bisect(SharedFailure { reason, may_be_org: true })),
            Err(BatchError::Store(error)) => Err(error),
            Err(BatchError::Reconnect(reason)) => self.ask_to_reconnect(tenants, reason).await,
            Err(BatchError::Pause(reason)) => self.pause(tenants, reason).await,
            Err(
                BatchError::Failed(_)
                | BatchError::TimedOut(_)
                | BatchError::CutOff(_)
                | BatchError::Refused(_)
                | BatchError::Unknown(_)
                | BatchError::RetrySoon(_)
                | BatchError::OutOfTime(_),
            ) => self.pause_for_outage(tenants, reason).await.map(Triage::Defer),
        }
    }

    /// Defers everything while the org is down.
    pub(crate) async fn pause_for_outage(
        &mut self,
        tenants: &Tenants,
        reason: Reason,
    ) -> Result<Deferral, store::Error> {
        let until = connection::pause_for_outage(tenants, &mut self.tenant, &reason).await?;
        Ok(Deferral { reason, until })
    }

    async fn pause(&mut self, tenants: &Tenants, reason: Reason) -> Result<Triage, store::Error> {
        let until = connection::pause(tenants, &mut self.tenant, &reason).await?;
        Ok(Triage::Defer(Deferral { reason, until }))
    }

    async fn ask_to_reconnect(&mut self, tenants: &Tenants, reason: Reason) -> Result<Triage, store::Error> {
        let until = self.note_dead_grant(tenants, &reason).await?;
        Ok(Triage::Defer(Deferral { reason, until }))
    }

    /// Stores that the connection is dead. Returns when it is tried again.
    pub(crate) async fn note_dead_grant(
        &mut self,
        tenants: &Tenants,
        reason: &Reason,
    ) -> Result<Timestamp, store::Error> {
        let was_known = self.tenant.state.is_dead();
        let until = connection::ask_to_reconnect(tenants, &mut self.tenant, reason).await?;
        if !was_known {
            let (tenant, code) = (&self.tenant.id, &reason.code);
            tracing::warn!(target: TARGET, ReconnectsNeeded = 1, %tenant, code, "the connection to the org is dead");
        }
        Ok(until)
    }
}

/// The reason that the last two groups share. The groups have no job in common, so no single job is at fault.
pub(crate) fn org_wide<T>(shared_failures: &[(T, SharedFailure)]) -> Option<Reason> {
    let [.., (_, before), (_, last)] = shared_failures else { return None };
    let is_alike = before.reason.code == last.reason.code && before.may_be_org && last.may_be_org;
    is_alike.then(|| last.reason.clone())
}
