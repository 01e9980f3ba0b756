//! A tenant's connections: its Salesforce org and its Aircall account. Pages and API both change them through this
//! module.
//!
//! Every change is a sequence of steps. A crash between two steps leaves a consistent state; running the change again
//! completes it. Where two admins at once could undo each other's change, a lease on the tenant serializes them: the
//! second one waits or is asked to try again.

pub(crate) mod aircall;
pub(crate) mod salesforce;
pub(crate) mod view;

use jiff::{SignedDuration, Timestamp};
use org::{BatchError, Reason};

use self::aircall::AircallError;
use crate::error::ApiError;
use crate::error_code::ErrorCode;
use crate::random;

/// How long a lease lasts if it is not released: longer than a request to the console can take.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Why a connection could not be changed or checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    /// There is no connection to change or check.
    #[error("{0} is not connected. Connect it first.")]
    NotConnected(&'static str),
    /// Another request holds the lease.
    #[error(
        "Somebody else is changing this connection, or an earlier change was interrupted. Nothing was changed. Try \
         again in a minute."
    )]
    Busy,
    /// Aircall refused the request or did not answer.
    #[error(transparent)]
    Aircall(#[from] AircallError),
    /// The org refused the request; its own message.
    #[error("{0}")]
    SalesforceRefused(String),
    /// The org is paused and gets no requests for now; the reason.
    #[error("{0}")]
    SalesforcePaused(String),
    /// The org cannot answer now; a later try may succeed. Its own message.
    #[error("{0}")]
    SalesforceUnavailable(String),
    /// One of our own stores does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<::aircall::client::Error> for ConnectionError {
    fn from(error: ::aircall::client::Error) -> Self {
        ConnectionError::Aircall(error.into())
    }
}

impl From<BatchError> for ConnectionError {
    fn from(stop: BatchError) -> Self {
        match stop {
            BatchError::Failed(Reason { message, .. })
            | BatchError::TimedOut(Reason { message, .. })
            | BatchError::OutOfTime(Reason { message, .. })
            | BatchError::RetrySoon(Reason { message, .. }) => ConnectionError::SalesforceUnavailable(message),
            BatchError::Pause(Reason { message, .. }) => ConnectionError::SalesforcePaused(message),
            BatchError::Refused(Reason { message, .. }) | BatchError::Reconnect(Reason { message, .. }) => {
                ConnectionError::SalesforceRefused(message)
            }
            BatchError::Store(error) => ConnectionError::Store(error),
        }
    }
}

impl From<ConnectionError> for ApiError {
    fn from(error: ConnectionError) -> Self {
        let code = match error {
            ConnectionError::NotConnected(_) => ErrorCode::NotConnected,
            ConnectionError::Busy => ErrorCode::Busy,
            ConnectionError::Aircall(ref error) => error.code(),
            ConnectionError::SalesforceRefused(_) => ErrorCode::SalesforceRefused,
            ConnectionError::SalesforcePaused(_) => ErrorCode::SalesforcePaused,
            ConnectionError::SalesforceUnavailable(_) => ErrorCode::SalesforceUnavailable,
            ConnectionError::Store(error) => return ApiError::Store(error),
        };
        ApiError::Connection { code, message: error.to_string() }
    }
}

/// A unique name for the holder of a lease.
fn lease_holder() -> String {
    random::text()
}

/// When a lease that is acquired `now` expires.
fn lease_end(now: Timestamp) -> Timestamp {
    now + LEASE
}
