//! What a caller can do about a request that did not succeed.

use std::time::Duration;

use super::Transport;

/// A request that did not succeed. Its words are for an admin: they may quote what was sent, so log the variant only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Aircall does not take the credentials, or not for this: an admin must connect again.
    #[error("Aircall refuses the credentials: {message}")]
    Refused {
        /// Aircall's own words, else the status.
        message: String,
    },
    /// The same request may succeed later.
    #[error("{reason}")]
    Retry {
        /// How long to wait at least, where Aircall says so: from a second to an hour.
        after: Option<Duration>,
        /// What was in the way.
        reason: Reason,
    },
    /// Aircall will not do this, however often it is asked.
    #[error("Aircall does not accept the request: {message} (HTTP {status})")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// Aircall's own words, else the status.
        message: String,
    },
}

/// Why a request is to be sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The company has used up its requests.
    #[error("Aircall takes no more requests of this company for now")]
    RateLimited,
    /// Aircall is in trouble, with this HTTP status.
    #[error("Aircall answered HTTP {0}")]
    Trouble(u16),
    /// Nothing reached Aircall.
    #[error("Aircall could not be reached: {0}")]
    Unsent(Transport),
    /// No answer came that can be read.
    #[error("Aircall did not answer: {0}")]
    Unanswered(Transport),
}

impl Error {
    /// Whether the request may have taken effect all the same: look before something is created again.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Retry { reason: Reason::Trouble(_) | Reason::Unanswered(_), .. } => true,
            Self::Retry { reason: Reason::RateLimited | Reason::Unsent(_), .. }
            | Self::Refused { .. }
            | Self::Rejected { .. } => false,
        }
    }

    pub(super) fn of_send(error: reqwest::Error) -> Self {
        // Only an access token can make a request that cannot be written.
        if error.is_builder() {
            return Self::Refused { message: "the access token holds characters that no token has".to_owned() };
        }
        let is_unsent = error.is_connect();
        let transport = Transport::from_reqwest(error);
        let reason = if is_unsent { Reason::Unsent(transport) } else { Reason::Unanswered(transport) };
        Self::Retry { after: None, reason }
    }

    pub(super) fn unanswered(transport: Transport) -> Self {
        Self::Retry { after: None, reason: Reason::Unanswered(transport) }
    }
}
