//! Errors of the stores, classified by what the caller can do.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use rules::messages::redact_key;

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Throttled, timed out or unreachable: the same call may succeed later.
    #[error("{operation}: {cause}; it may succeed later")]
    Retry {
        /// The AWS operation.
        operation: &'static str,
        /// The error of AWS or of the transport.
        cause: String,
    },
    /// A table, a secret or a permission is missing: the deployment has to be changed.
    #[error("{operation}: {cause}; the deployment is at fault")]
    Misconfigured {
        /// The AWS operation.
        operation: &'static str,
        /// The error of AWS.
        cause: String,
    },
    /// An item that this version cannot read.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

/// An item that this version cannot read, because another version or a person wrote it.
///
/// Names the attribute but not its value, which may be a person's phone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: the attribute {attribute:?} is missing or unreadable", redact_key(key))]
pub struct Corrupt {
    /// Key of the item: the entry's key, the key of the console's item, else the tenant's id or the secret's name.
    pub key: String,
    /// The first attribute that cannot be read.
    pub attribute: &'static str,
}

/// Error codes after which the same call may succeed later.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
const TRANSIENT: [&str; 9] = [
    "InternalServerError",
    "InternalServiceError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Classifies an SDK error by what the caller can do.
pub(crate) fn from_sdk<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> Error {
    let cause = match error {
        SdkError::ServiceError(refusal) => {
            let code = refusal.err().code().unwrap_or("no code");
            let cause = format!("{code}: {}", refusal.err().message().unwrap_or("no message"));
            // A response without a code does not come from the service itself but from a proxy, or it is damaged.
            if refusal.err().code().is_some_and(|code| !TRANSIENT.contains(&code)) {
                return Error::Misconfigured { operation, cause };
            }
            cause
        }
        SdkError::ConstructionFailure(_) => {
            return Error::Misconfigured { operation, cause: "the request cannot be built".to_owned() };
        }
        SdkError::TimeoutError(_) => "timed out".to_owned(),
        SdkError::DispatchFailure(_) => "not reached".to_owned(),
        _ => "the response cannot be read".to_owned(),
    };
    Error::Retry { operation, cause }
}
