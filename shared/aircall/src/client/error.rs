//! Errors of requests, classified by what the caller can do.

use std::time::Duration;

use super::Transport;

/// A failed request. Its message is for an admin and may quote the request, so log only the variant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Aircall refuses the credentials, in general or for this request: an admin has to reconnect.
    #[error("Aircall refuses the credentials: {message}")]
    Refused {
        /// Aircall's own words, else the status.
        message: String,
    },
    /// The same request may succeed later.
    #[error("{reason}")]
    Retry {
        /// Least time to wait, if Aircall gave one: between a second and an hour.
        after: Option<Duration>,
        /// Why the request failed.
        reason: Reason,
    },
    /// Aircall does not accept the request. A retry does not help.
    #[error("Aircall does not accept the request: {message} (HTTP {status})")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// Aircall's own words, else the status.
        message: String,
    },
}

/// Why a request may be retried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The company's rate limit is exceeded.
    #[error("Aircall's rate limit for this company is exceeded")]
    RateLimited,
    /// A temporary failure at Aircall, with this HTTP status.
    #[error("Aircall answered HTTP {0}")]
    Trouble(u16),
    /// The request did not reach Aircall.
    #[error("Aircall could not be reached: {0}")]
    Unsent(Transport),
    /// There was no readable response.
    #[error("Aircall did not answer: {0}")]
    Unanswered(Transport),
}

impl Error {
    /// Whether the request may have taken effect despite the error: check before creating something again.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Retry { reason: Reason::Trouble(_) | Reason::Unanswered(_), .. } => true,
            Self::Retry { reason: Reason::RateLimited | Reason::Unsent(_), .. }
            | Self::Refused { .. }
            | Self::Rejected { .. } => false,
        }
    }

    pub(super) fn from_send(error: reqwest::Error) -> Self {
        // Only an access token can make a request invalid.
        if error.is_builder() {
            return Self::Refused { message: "the access token contains invalid characters".to_owned() };
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
