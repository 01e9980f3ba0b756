//! What ends the work on a group of entries before all outcomes are known.

use salesforce::oauth::RefreshError;
use salesforce::{Error, ErrorCode, Kind, Refusal, Transport};

/// Why the work cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// A whole request failed temporarily. Either the org is down or the request is at fault; a probe finds out.
    #[error("Salesforce does not answer as it should: {0}")]
    Failed(Reason),
    /// A whole request timed out. Salesforce may still be processing it, and it may take effect minutes later.
    #[error("Salesforce does not answer in time: {0}")]
    TimedOut(Reason),
    /// The connection was cut off while the request ran. It may take effect moments later.
    #[error("the connection to Salesforce was cut off: {0}")]
    CutOff(Reason),
    /// A whole request was refused and would be refused again: one of its entries is a poison entry.
    #[error("Salesforce refuses the request: {0}")]
    Refused(Reason),
    /// A whole request was refused with a code that nobody knows: one of its entries may be a poison entry.
    #[error("Salesforce refuses the request with an unknown code: {0}")]
    Unknown(Reason),
    /// The org takes no requests for a while.
    #[error("the org takes no requests for now: {0}")]
    Pause(Reason),
    /// An admin has to connect the org again.
    #[error("the connection to the org is dead: {0}")]
    Reconnect(Reason),
    /// The session is being renewed by another run, or there is no time to renew it. Retry soon; nothing is wrong.
    #[error("to be retried soon: {0}")]
    RetrySoon(Reason),
    /// No time is left before the deadline.
    #[error("no time is left: {0}")]
    OutOfTime(Reason),
    /// Our own tables or secrets do not answer: the batch fails and is retried.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What Salesforce said: a code to log, and its own words to show.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}")]
pub struct Reason {
    /// Salesforce's error code, or our own.
    pub code: String,
    /// A sentence, in Salesforce's own words where it has some.
    pub message: String,
}

impl Reason {
    /// Reason that we detected ourselves.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    /// The trouble of a refusal.
    pub fn refused(refusal: &Refusal) -> Self {
        Self { code: refusal.code().to_string(), message: sentence(refusal.to_string()) }
    }

    fn from_error(error: &Error) -> Self {
        let code = match error {
            Error::Unsent(_) => "UNREACHABLE",
            Error::Unanswered(_) => "UNANSWERED",
            Error::Malformed(_) => "MALFORMED_REQUEST",
            Error::Refused(refusal) => return Self::refused(refusal),
        };
        Self::new(code, sentence(error.to_string()))
    }
}

/// Adds a full stop if there is no final punctuation.
fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

impl From<Error> for BatchError {
    fn from(error: Error) -> Self {
        let trouble = Reason::from_error(&error);
        match error.kind() {
            Kind::Pause => BatchError::Pause(trouble),
            Kind::Reconnect => BatchError::Reconnect(trouble),
            _ if has_timed_out(&error) => BatchError::TimedOut(trouble),
            _ if matches!(error, Error::Unanswered(_)) => BatchError::CutOff(trouble),
            // `Refresh` here means refused again right after a refresh: the session ended at once, but the grant is not
            // dead.
            Kind::Refresh | Kind::Retry => BatchError::Failed(trouble),
            Kind::Unknown => BatchError::Unknown(trouble),
            Kind::Degrade
            | Kind::RematchOnce
            | Kind::UseRecord
            | Kind::DefaultOwner
            | Kind::AlreadyLogged
            | Kind::Fail => BatchError::Refused(trouble),
        }
    }
}

/// Whether we, or the edge in front of Salesforce, stopped waiting for a response.
fn has_timed_out(error: &Error) -> bool {
    match error {
        Error::Unanswered(transport) => *transport == Transport::TimedOut,
        Error::Refused(refusal) => *refusal.code() == ErrorCode::Http(504),
        Error::Unsent(_) | Error::Malformed(_) => false,
    }
}

impl From<RefreshError> for BatchError {
    fn from(error: RefreshError) -> Self {
        let message = sentence(error.to_string());
        match error {
            RefreshError::DeadGrant { .. } => BatchError::Reconnect(Reason::new("invalid_grant", message)),
            RefreshError::Misconfigured { error, .. } => BatchError::Reconnect(Reason::new(&error, message)),
            RefreshError::Unanswered(_) | RefreshError::Retry { .. } => {
                BatchError::Failed(Reason::new("TOKEN_REFRESH", message))
            }
        }
    }
}
