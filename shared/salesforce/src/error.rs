//! What a caller can do about a request that did not succeed.

use crate::transport::never_sent;
use crate::{ApiUsage, Kind, Refusal, Transport};

/// A request that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request did not reach Salesforce and had no effect. Retry later.
    #[error("Salesforce could not be reached: {0}")]
    Unsent(Transport),
    /// The request may have taken effect. Find out before repeating it.
    #[error("Salesforce did not answer: {0}")]
    Unanswered(Transport),
    /// Salesforce refused the request, and says why.
    #[error("{0}")]
    Refused(Refusal),
    /// The request breaks a rule of the API and was not sent: a bug in this program.
    #[error("the request cannot be sent: {0}")]
    Malformed(String),
}

impl Error {
    /// What the caller can do.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unsent(_) | Self::Unanswered(_) => Kind::Retry,
            Self::Refused(refusal) => refusal.kind(),
            Self::Malformed(_) => Kind::Fail,
        }
    }

    /// Salesforce's refusal, if there was one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Unsent(_) | Self::Unanswered(_) | Self::Malformed(_) => None,
        }
    }

    /// The org's API calls so far, if Salesforce answered and reported them.
    pub fn usage(&self) -> Option<ApiUsage> {
        self.refusal().and_then(Refusal::usage)
    }

    pub(crate) fn from_send(error: reqwest::Error) -> Self {
        if never_sent(&error) {
            Self::Unsent(Transport::from_reqwest(error))
        } else {
            Self::Unanswered(Transport::from_reqwest(error))
        }
    }

    pub(crate) fn unreadable() -> Self {
        Self::Unanswered(Transport::Unreadable)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
