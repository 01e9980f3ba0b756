//! What a tenant is connected to: its Salesforce org and its Aircall account. Pages and API change both through here.
//!
//! Every change is a row of steps in an order that leaves nothing half-done: whoever is killed between two of them does
//! harm to nothing, and doing the change again ends it. Where two admins at once could undo each other, a lease of the
//! tenant's lets one of them wait or try again.

pub(crate) mod aircall;
pub(crate) mod salesforce;
pub(crate) mod view;

use jiff::{SignedDuration, Timestamp};
use org::{Stop, Trouble};

use self::aircall::AircallError;
use crate::error::ApiError;
use crate::error_code::ErrorCode;
use crate::random;

/// How long a lease lasts that nobody gives back: longer than a request to the console can take.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Why a connection was not changed, or not looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    /// There is nothing connected to change.
    #[error("{0} is not connected. Connect it first.")]
    NotConnected(&'static str),
    /// Somebody else is at it.
    #[error(
        "Somebody else is changing this connection, or was cut off while changing it. Nothing was done; try again in a \
         minute."
    )]
    Busy,
    /// Aircall does not do it.
    #[error(transparent)]
    Aircall(#[from] AircallError),
    /// The org does not do it, in its own words.
    #[error("{0}")]
    Salesforce(String),
    /// The org is left alone for a while, in its own words.
    #[error("{0}")]
    SalesforcePaused(String),
    /// The org does not do it now, in its own words.
    #[error("{0}")]
    SalesforceLater(String),
    /// Our own memory does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<::aircall::client::Error> for ConnectionError {
    fn from(error: ::aircall::client::Error) -> Self {
        ConnectionError::Aircall(error.into())
    }
}

impl From<Stop> for ConnectionError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Trouble(Trouble { message, .. })
            | Stop::TimedOut(Trouble { message, .. })
            | Stop::OutOfTime(Trouble { message, .. })
            | Stop::Soon(Trouble { message, .. }) => ConnectionError::SalesforceLater(message),
            Stop::Pause(Trouble { message, .. }) => ConnectionError::SalesforcePaused(message),
            Stop::Refused(Trouble { message, .. }) | Stop::Reconnect(Trouble { message, .. }) => {
                ConnectionError::Salesforce(message)
            }
            Stop::Store(error) => ConnectionError::Store(error),
        }
    }
}

impl From<ConnectionError> for ApiError {
    fn from(error: ConnectionError) -> Self {
        let code = match error {
            ConnectionError::NotConnected(_) => ErrorCode::NotConnected,
            ConnectionError::Busy => ErrorCode::Busy,
            ConnectionError::Aircall(ref error) => error.code(),
            ConnectionError::Salesforce(_) => ErrorCode::SalesforceRefused,
            ConnectionError::SalesforcePaused(_) => ErrorCode::SalesforcePaused,
            ConnectionError::SalesforceLater(_) => ErrorCode::SalesforceUnavailable,
            ConnectionError::Store(error) => return ApiError::Store(error),
        };
        ApiError::Connection { code, message: error.to_string() }
    }
}

/// Names a run where leases are taken; no two are equal.
fn holder() -> String {
    random::text()
}

/// When a lease ends that is taken now.
fn until(now: Timestamp) -> Timestamp {
    now + LEASE
}
