//! What ends a drain before its entries are settled.

use salesforce::oauth::RefreshError;
use salesforce::{Error, Kind};

/// Why a drain cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// Salesforce, or the way to it, is in trouble: the entries wait and are tried again.
    #[error("Salesforce does not answer as it should: {0}")]
    Retry(Trouble),
    /// The org takes no requests for a while.
    #[error("the org takes no requests for now: {0}")]
    Pause(Trouble),
    /// An admin has to connect the org again.
    #[error("the connection to the org is dead: {0}")]
    Reconnect(Trouble),
    /// Our own memory does not answer: the batch fails and comes again.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What Salesforce said: a code to log, and its own words to show.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}")]
pub(crate) struct Trouble {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Trouble {
    pub(crate) fn of(error: &Error) -> Self {
        let code = match error {
            Error::Unsent(_) => "UNREACHABLE".to_owned(),
            Error::Unanswered(_) => "UNANSWERED".to_owned(),
            Error::Malformed(_) => "MALFORMED_REQUEST".to_owned(),
            Error::Refused(refusal) => refusal.code().to_string(),
        };
        Self { code, message: sentence(error.to_string()) }
    }
}

/// With a full stop.
pub(crate) fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

impl From<Error> for Stop {
    /// A whole request that was refused says nothing about a single entry, so none of them fails for it.
    fn from(error: Error) -> Self {
        let trouble = Trouble::of(&error);
        match error.kind() {
            Kind::Pause => Stop::Pause(trouble),
            Kind::Reconnect => Stop::Reconnect(trouble),
            // Refused again right after a refresh: a session that ended at once, not a grant that is dead.
            Kind::Refresh
            | Kind::Retry
            | Kind::Degrade
            | Kind::RematchOnce
            | Kind::UseRecord
            | Kind::DefaultOwner
            | Kind::AlreadyLogged
            | Kind::Fail => Stop::Retry(trouble),
        }
    }
}

impl From<RefreshError> for Stop {
    fn from(error: RefreshError) -> Self {
        let message = sentence(error.to_string());
        match error {
            RefreshError::DeadGrant { .. } => Stop::Reconnect(Trouble { code: "invalid_grant".to_owned(), message }),
            RefreshError::Misconfigured { error, .. } => Stop::Reconnect(Trouble { code: error, message }),
            RefreshError::Unanswered(_) | RefreshError::Retry { .. } => {
                Stop::Retry(Trouble { code: "TOKEN_REFRESH".to_owned(), message })
            }
        }
    }
}
