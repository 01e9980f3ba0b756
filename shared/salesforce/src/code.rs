//! Salesforce's error codes and what each of them asks for.
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
    /// The unique key is there already: the work is done.
    AlreadyLogged,
    /// The request itself is refused and would be again: show it.
    Fail,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// A code that Salesforce gives an error.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
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
        }
    };
}

codes! {
    /// The access token is expired or revoked.
    InvalidSessionId = "INVALID_SESSION_ID",
    /// OAuth: the refresh token is dead. Tokens come by [`crate::oauth`]; here it may only appear through a proxy.
    InvalidGrant = "invalid_grant",
    /// The daily allowance is used up, or too many long requests run at once.
    RequestLimitExceeded = "REQUEST_LIMIT_EXCEEDED",
    /// Another limit of the org.
    LimitExceeded = "LIMIT_EXCEEDED",
    /// The org's data storage is full.
    StorageLimitExceeded = "STORAGE_LIMIT_EXCEEDED",
    /// A transaction security policy counts and blocks.
    TxnSecurityMeteringError = "TXN_SECURITY_METERING_ERROR",
    /// Another transaction held a row for too long.
    UnableToLockRow = "UNABLE_TO_LOCK_ROW",
    /// Overload or maintenance.
    ServerUnavailable = "SERVER_UNAVAILABLE",
    /// An error inside Salesforce.
    UnknownException = "UNKNOWN_EXCEPTION",
    /// A query ran for too long.
    QueryTimeout = "QUERY_TIMEOUT",
    /// A unique field holds the value already.
    DuplicateValue = "DUPLICATE_VALUE",
    /// A duplicate rule of the org found a match.
    DuplicatesDetected = "DUPLICATES_DETECTED",
    /// The same external id twice in one request, or on several records.
    DuplicateExternalId = "DUPLICATE_EXTERNAL_ID",
    /// A field that the org requires is empty.
    RequiredFieldMissing = "REQUIRED_FIELD_MISSING",
    /// A validation rule; the message is the admin's.
    FieldCustomValidationException = "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    /// A trigger or a flow threw.
    CannotInsertUpdateActivateEntity = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    /// A flow failed.
    CannotExecuteFlowTrigger = "CANNOT_EXECUTE_FLOW_TRIGGER",
    /// A text longer than its field.
    StringTooLong = "STRING_TOO_LONG",
    /// An e-mail address that Salesforce does not take.
    InvalidEmailAddress = "INVALID_EMAIL_ADDRESS",
    /// No such field, or no field-level security for it.
    InvalidField = "INVALID_FIELD",
    /// The field cannot be written, or not at this moment of the record's life.
    InvalidFieldForInsertUpdate = "INVALID_FIELD_FOR_INSERT_UPDATE",
    /// A value that a restricted picklist does not have.
    InvalidOrNullForRestrictedPicklist = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    /// An id of the wrong object, or a combination that is not allowed.
    FieldIntegrityException = "FIELD_INTEGRITY_EXCEPTION",
    /// An id that is not found or not visible.
    InvalidCrossReferenceKey = "INVALID_CROSS_REFERENCE_KEY",
    /// The record is in the recycle bin or merged away.
    EntityIsDeleted = "ENTITY_IS_DELETED",
    /// The Lead became a Contact.
    CannotUpdateConvertedLead = "CANNOT_UPDATE_CONVERTED_LEAD",
    /// The user may not write the record.
    InsufficientAccessOrReadonly = "INSUFFICIENT_ACCESS_OR_READONLY",
    /// The user may not use a record that is referred to.
    InsufficientAccessOnCrossReferenceEntity = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    /// The owner of the record is inactive.
    InactiveOwnerOrUser = "INACTIVE_OWNER_OR_USER",
    /// The connecting user is inactive.
    OperationWithInactiveUserException = "OPERATION_WITH_INACTIVE_USER_EXCEPTION",
    /// The org's edition has no API.
    ApiDisabledForOrg = "API_DISABLED_FOR_ORG",
    /// The API is switched off.
    ApiCurrentlyDisabled = "API_CURRENTLY_DISABLED",
    /// Not SOQL.
    MalformedQuery = "MALFORMED_QUERY",
    /// Not SOSL.
    MalformedSearch = "MALFORMED_SEARCH",
    /// Not an id.
    MalformedId = "MALFORMED_ID",
    /// Not the JSON that was expected.
    JsonParserError = "JSON_PARSER_ERROR",
    /// No such object, or no right to it.
    InvalidType = "INVALID_TYPE",
    /// No such resource, record or key field.
    NotFound = "NOT_FOUND",
    /// Not done because another part failed.
    ProcessingHalted = "PROCESSING_HALTED",
    /// Undone because another record of the same request failed.
    AllOrNoneOperationRolledBack = "ALL_OR_NONE_OPERATION_ROLLED_BACK",
}

impl ErrorCode {
    /// What the code asks for, before its message is looked at (see [`crate::Fault::kind`]).
    pub fn kind(&self) -> Kind {
        match self {
            Self::InvalidSessionId => Kind::Refresh,
            Self::InvalidGrant | Self::OperationWithInactiveUserException => Kind::Reconnect,
            // Nothing is wrong with the record, and what is wrong with the org can be mended without connecting anew.
            Self::RequestLimitExceeded
            | Self::LimitExceeded
            | Self::StorageLimitExceeded
            | Self::TxnSecurityMeteringError
            | Self::ApiDisabledForOrg
            | Self::ApiCurrentlyDisabled => Kind::Pause,
            // The last two: once the part that failed is dealt with, this one can go again.
            Self::UnableToLockRow
            | Self::ServerUnavailable
            | Self::UnknownException
            | Self::ProcessingHalted
            | Self::AllOrNoneOperationRolledBack => Kind::Retry,
            Self::DuplicateValue => Kind::AlreadyLogged,
            Self::DuplicatesDetected => Kind::UseRecord,
            Self::InactiveOwnerOrUser => Kind::DefaultOwner,
            Self::InvalidField | Self::InvalidFieldForInsertUpdate => Kind::Degrade,
            Self::InvalidCrossReferenceKey | Self::EntityIsDeleted | Self::CannotUpdateConvertedLead => {
                Kind::RematchOnce
            }
            Self::QueryTimeout
            | Self::DuplicateExternalId
            | Self::RequiredFieldMissing
            | Self::FieldCustomValidationException
            | Self::CannotInsertUpdateActivateEntity
            | Self::CannotExecuteFlowTrigger
            | Self::StringTooLong
            | Self::InvalidEmailAddress
            | Self::InvalidOrNullForRestrictedPicklist
            | Self::FieldIntegrityException
            | Self::InsufficientAccessOrReadonly
            | Self::InsufficientAccessOnCrossReferenceEntity
            | Self::MalformedQuery
            | Self::MalformedSearch
            | Self::MalformedId
            | Self::JsonParserError
            | Self::InvalidType
            | Self::NotFound
            | Self::Other(_) => Kind::Fail,
            Self::Http(status) => kind_of_status(*status),
        }
    }

    /// Whether it only says that something else went wrong.
    pub fn is_consequence(&self) -> bool {
        matches!(self, Self::ProcessingHalted | Self::AllOrNoneOperationRolledBack)
    }
}

/// What a bare HTTP status asks for. 406, 420 and 429 come from the edge in front of Salesforce when it is busy; a
/// redirect or 421 says that the org has moved, and a refresh names its new address.
pub(crate) fn kind_of_status(status: u16) -> Kind {
    match status {
        401 | 421 | 300..=399 => Kind::Refresh,
        403 => Kind::Pause,
        406 | 408 | 409 | 420 | 425 | 429 | 500.. => Kind::Retry,
        0..=299 | 400 | 402 | 404 | 405 | 407 | 410..=419 | 422..=424 | 426..=428 | 430..=499 => Kind::Fail,
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

    #[track_caller]
    fn check(name: &str, expect: Kind) {
        assert_eq!(ErrorCode::from_name(name).kind(), expect, "{name}");
    }

    #[test]
    fn codes_ask_for_what_can_be_done() {
        check("INVALID_SESSION_ID", Kind::Refresh);
        check("REQUEST_LIMIT_EXCEEDED", Kind::Pause);
        check("UNABLE_TO_LOCK_ROW", Kind::Retry);
        check("SERVER_UNAVAILABLE", Kind::Retry);
        check("DUPLICATE_VALUE", Kind::AlreadyLogged);
        check("DUPLICATES_DETECTED", Kind::UseRecord);
        check("INACTIVE_OWNER_OR_USER", Kind::DefaultOwner);
        check("INVALID_FIELD", Kind::Degrade);
        check("INVALID_FIELD_FOR_INSERT_UPDATE", Kind::Degrade);
        check("INVALID_CROSS_REFERENCE_KEY", Kind::RematchOnce);
        check("ENTITY_IS_DELETED", Kind::RematchOnce);
        check("CANNOT_UPDATE_CONVERTED_LEAD", Kind::RematchOnce);
        check("OPERATION_WITH_INACTIVE_USER_EXCEPTION", Kind::Reconnect);
        check("FIELD_CUSTOM_VALIDATION_EXCEPTION", Kind::Fail);
        check("STRING_TOO_LONG", Kind::Fail);
        check("NEW_CODE", Kind::Fail);
    }

    #[test]
    fn a_bare_status_asks_for_something_too() {
        for (status, expect) in [
            (302, Kind::Refresh),
            (400, Kind::Fail),
            (401, Kind::Refresh),
            (403, Kind::Pause),
            (404, Kind::Fail),
            (406, Kind::Retry),
            (420, Kind::Retry),
            (429, Kind::Retry),
            (500, Kind::Retry),
            (503, Kind::Retry),
        ] {
            assert_eq!(ErrorCode::Http(status).kind(), expect, "{status}");
        }
    }
}
