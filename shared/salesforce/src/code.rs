//! Salesforce's error codes and what each of them asks for: the one table of faults.
//!
//! Beside it, a message may say more than its code ([`crate::Fault::kind`]), and a status more than a code that is not
//! known ([`crate::Refusal::kind`]). Whatever shape an error comes in, it is read into these codes.
//!
//! Meanings: <https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.md> and the SOAP API's list of
//! status codes, which REST shares.

use std::fmt;

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The same request can succeed later: back off and repeat.
    Retry,
    /// No request of this org can succeed for a while: leave the org alone, keep what waits.
    Pause,
    /// No request can succeed until an admin connects the org anew or changes its policy.
    Reconnect,
    /// The access token has expired: refresh it once and repeat once.
    Refresh,
    /// A field is unknown to the org or closed to the user: leave it out, and tell the admin which.
    Degrade,
    /// A record that the request refers to is gone, merged or converted: look it up anew, once.
    RematchOnce,
    /// The org says that the record exists already: use the one it names.
    UseRecord,
    /// The chosen owner cannot own it: the connecting user does, once.
    DefaultOwner,
    /// A unique field holds the value already: if it is that of our key ([`crate::Refusal::duplicates`]), the work is
    /// done.
    AlreadyLogged,
    /// The request itself is refused and would be again: show it.
    Fail,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal => $kind:ident,)+) => {
        /// A code that Salesforce gives an error.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(
                $(#[$doc])*
                #[doc = concat!("\n\n`", $name, "`, [`Kind::", stringify!($kind), "`].")]
                $variant,
            )+
            /// A code that this crate does not know.
            Other(String),
            /// No code at all, only this HTTP status: a page of a proxy, an empty body.
            Http(u16),
        }

        impl ErrorCode {
            /// Every code that is known by name.
            pub const KNOWN: &[Self] = &[$(Self::$variant,)+];

            /// The code of this name.
            pub fn from_name(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }

            /// The name as Salesforce writes it; empty when there was none.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(name) => name,
                    Self::Http(_) => "",
                }
            }

            /// What the code asks for, before its message is looked at (see [`crate::Fault::kind`]).
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$variant => Kind::$kind,)+
                    Self::Other(_) => Kind::Fail,
                    Self::Http(status) => kind_of_status(*status),
                }
            }
        }
    };
}

// The table of faults: what the code means, its name, and what it asks for.
codes! {
    /// The access token is expired or revoked; or a policy keeps it out ([`crate::Fault::kind`]).
    InvalidSessionId = "INVALID_SESSION_ID" => Refresh,
    /// OAuth: the refresh token is dead. Tokens come by [`crate::oauth`]; here it may only appear through a proxy.
    InvalidGrant = "invalid_grant" => Reconnect,
    /// The daily allowance is used up, or too many long requests run at once.
    RequestLimitExceeded = "REQUEST_LIMIT_EXCEEDED" => Pause,
    /// Another limit of the org. Nothing is wrong with the record, and the org can be mended without connecting anew.
    LimitExceeded = "LIMIT_EXCEEDED" => Pause,
    /// The org's data storage is full.
    StorageLimitExceeded = "STORAGE_LIMIT_EXCEEDED" => Pause,
    /// A transaction security policy counts and blocks.
    TxnSecurityMeteringError = "TXN_SECURITY_METERING_ERROR" => Pause,
    /// Another transaction held a row for too long.
    UnableToLockRow = "UNABLE_TO_LOCK_ROW" => Retry,
    /// Overload or maintenance.
    ServerUnavailable = "SERVER_UNAVAILABLE" => Retry,
    /// An error inside Salesforce.
    UnknownException = "UNKNOWN_EXCEPTION" => Retry,
    /// A query ran for too long.
    QueryTimeout = "QUERY_TIMEOUT" => Fail,
    /// A unique field holds the value already.
    DuplicateValue = "DUPLICATE_VALUE" => AlreadyLogged,
    /// A duplicate rule of the org found a match.
    DuplicatesDetected = "DUPLICATES_DETECTED" => UseRecord,
    /// The same external id twice in one request, or on several records.
    DuplicateExternalId = "DUPLICATE_EXTERNAL_ID" => Fail,
    /// A field that the org requires is empty.
    RequiredFieldMissing = "REQUIRED_FIELD_MISSING" => Fail,
    /// A validation rule; the message is the admin's.
    FieldCustomValidationException = "FIELD_CUSTOM_VALIDATION_EXCEPTION" => Fail,
    /// A trigger or a flow threw. One that waited for a lock is retried ([`crate::Fault::kind`]).
    CannotInsertUpdateActivateEntity = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" => Fail,
    /// A flow failed.
    CannotExecuteFlowTrigger = "CANNOT_EXECUTE_FLOW_TRIGGER" => Fail,
    /// A text longer than its field.
    StringTooLong = "STRING_TOO_LONG" => Fail,
    /// An e-mail address that Salesforce does not take.
    InvalidEmailAddress = "INVALID_EMAIL_ADDRESS" => Fail,
    /// No such field, or no field-level security for it.
    InvalidField = "INVALID_FIELD" => Degrade,
    /// The field cannot be written, or not at this moment of the record's life.
    InvalidFieldForInsertUpdate = "INVALID_FIELD_FOR_INSERT_UPDATE" => Degrade,
    /// A value that a restricted picklist does not have.
    InvalidOrNullForRestrictedPicklist = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" => Fail,
    /// An id of the wrong object, or a combination that is not allowed.
    FieldIntegrityException = "FIELD_INTEGRITY_EXCEPTION" => Fail,
    /// An id that is not found or not visible.
    InvalidCrossReferenceKey = "INVALID_CROSS_REFERENCE_KEY" => RematchOnce,
    /// The record is in the recycle bin or merged away.
    EntityIsDeleted = "ENTITY_IS_DELETED" => RematchOnce,
    /// The Lead became a Contact.
    CannotUpdateConvertedLead = "CANNOT_UPDATE_CONVERTED_LEAD" => RematchOnce,
    /// The user may not write the record.
    InsufficientAccessOrReadonly = "INSUFFICIENT_ACCESS_OR_READONLY" => Fail,
    /// The user may not use a record that is referred to.
    InsufficientAccessOnCrossReferenceEntity = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" => Fail,
    /// The owner of the record is inactive.
    InactiveOwnerOrUser = "INACTIVE_OWNER_OR_USER" => DefaultOwner,
    /// The connecting user is inactive.
    OperationWithInactiveUserException = "OPERATION_WITH_INACTIVE_USER_EXCEPTION" => Reconnect,
    /// The org's edition has no API.
    ApiDisabledForOrg = "API_DISABLED_FOR_ORG" => Pause,
    /// The API is switched off.
    ApiCurrentlyDisabled = "API_CURRENTLY_DISABLED" => Pause,
    /// Not SOQL.
    MalformedQuery = "MALFORMED_QUERY" => Fail,
    /// Not SOSL.
    MalformedSearch = "MALFORMED_SEARCH" => Fail,
    /// Not an id.
    MalformedId = "MALFORMED_ID" => Fail,
    /// Not the JSON that was expected.
    JsonParserError = "JSON_PARSER_ERROR" => Fail,
    /// No such object, or no right to it. One of ours can be done without ([`crate::Fault::kind`]).
    InvalidType = "INVALID_TYPE" => Fail,
    /// No such resource, record or key field.
    NotFound = "NOT_FOUND" => Fail,
    /// Not done because another part failed: once that is dealt with, this one can go again.
    ProcessingHalted = "PROCESSING_HALTED" => Retry,
    /// Undone because another record of the same request failed: the same goes for it.
    AllOrNoneOperationRolledBack = "ALL_OR_NONE_OPERATION_ROLLED_BACK" => Retry,
}

impl ErrorCode {
    /// Whether it only says that something else went wrong.
    pub fn is_consequence(&self) -> bool {
        matches!(self, Self::ProcessingHalted | Self::AllOrNoneOperationRolledBack)
    }
}

/// What a bare HTTP status asks for. No answer of the API comes without a code, so the edge in front of Salesforce said
/// it: 400, 406, 420 and 429 when it is busy or mistaken. A redirect, 404, 410 or 421 says that the org has moved, and a
/// refresh names its new address. 414 and 431 are too long at any time.
pub(crate) fn kind_of_status(status: u16) -> Kind {
    match status {
        401 | 404 | 410 | 421 | 300..=399 => Kind::Refresh,
        403 => Kind::Pause,
        400 | 406 | 408 | 409 | 420 | 425 | 429 | 500.. => Kind::Retry,
        0..=299 | 402 | 405 | 407 | 411..=419 | 422..=424 | 426..=428 | 430..=499 => Kind::Fail,
    }
}

/// What the status of an answer of the API asks for, if its code is not known: here 400, 404 and 410 are about the
/// request.
pub(crate) fn kind_of_unknown(status: u16) -> Kind {
    match status {
        400 | 404 | 410 => Kind::Fail,
        _ => kind_of_status(status),
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(status) => write!(f, "HTTP {status}"),
            named => f.write_str(named.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_survives_its_name() {
        for code in ErrorCode::KNOWN {
            assert_eq!(&ErrorCode::from_name(code.name()), code);
        }
        assert_eq!(ErrorCode::from_name("NEW_CODE"), ErrorCode::Other("NEW_CODE".to_owned()));
    }
}
