//! Salesforce's error codes and what the caller can do about each.
//!
//! The one table of faults is `codes.tsv`: the status codes and exception codes of the SOAP API's version 68, which REST
//! shares, and those of REST alone that were seen, each with its kind and its meaning. The codes that this program names are
//! variants of [`ErrorCode`], with the same kinds.
//!
//! In addition, an error's message may override its code ([`crate::Fault::kind`]), and the HTTP status decides for an
//! unknown code ([`crate::Refusal::kind`]). Errors of every shape are parsed into these codes.
//!
//! Meanings: <https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.md> and the SOAP API's list of
//! status codes, which REST shares.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The same request may succeed later: retry with backoff.
    Retry,
    /// No request of this org can succeed for a while: pause the org, and keep pending work.
    Pause,
    /// No request can succeed until an admin reconnects the org or changes its policy.
    Reconnect,
    /// The access token has expired: refresh it once and retry once.
    Refresh,
    /// A field does not exist in the org or is hidden from the user: leave it out, and report it to the admin.
    Degrade,
    /// A record that the request references is deleted, merged or converted: look it up again, once.
    RematchOnce,
    /// The org says that the record already exists: use the one it names.
    UseRecord,
    /// The chosen owner cannot own the record: retry once with the connecting user.
    DefaultOwner,
    /// The value of a unique field already exists: if the field is our key ([`crate::Refusal::duplicates`]), the work
    /// is done.
    AlreadyLogged,
    /// The request itself was refused and would be refused again: show the error.
    Fail,
    /// The code is in no list: the same request may succeed later, or never. Retry for an hour, then show the error.
    Unknown,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal => $kind:ident,)+) => {
        /// An error code of Salesforce.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(
                $(#[$doc])*
                #[doc = concat!("\n\n`", $name, "`, [`Kind::", stringify!($kind), "`].")]
                $variant,
            )+
            /// A code that this crate has no name for.
            Other(String),
            /// No code, only this HTTP status: for instance a page of a proxy, or an empty body.
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

            /// The name as Salesforce writes it; empty if there was none.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(name) => name,
                    Self::Http(_) => "",
                }
            }

            /// What the caller can do, going by the code alone; the message may override it ([`crate::Fault::kind`]).
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$variant => Kind::$kind,)+
                    Self::Other(name) => listed(name).unwrap_or(Kind::Unknown),
                    Self::Http(status) => kind_of_status(*status),
                }
            }
        }
    };
}

// The codes that this program names: the meaning of each, its name, and what the caller can do.
codes! {
    /// The access token is expired or revoked, or a policy rejects it ([`crate::Fault::kind`]).
    InvalidSessionId = "INVALID_SESSION_ID" => Refresh,
    /// OAuth: the refresh token is dead. [`crate::oauth`] handles tokens; API requests get this code only through a
    /// proxy.
    InvalidGrant = "invalid_grant" => Reconnect,
    /// The daily allowance is used up, or too many long requests run at once.
    RequestLimitExceeded = "REQUEST_LIMIT_EXCEEDED" => Pause,
    /// Another limit of the org. The record is not at fault, and the limit can be fixed without reconnecting.
    LimitExceeded = "LIMIT_EXCEEDED" => Pause,
    /// The org's data storage is full.
    StorageLimitExceeded = "STORAGE_LIMIT_EXCEEDED" => Pause,
    /// A transaction security policy blocks the request.
    TxnSecurityMeteringError = "TXN_SECURITY_METERING_ERROR" => Pause,
    /// Another transaction held a row for too long.
    UnableToLockRow = "UNABLE_TO_LOCK_ROW" => Retry,
    /// Overload or maintenance.
    ServerUnavailable = "SERVER_UNAVAILABLE" => Retry,
    /// An error inside Salesforce.
    UnknownException = "UNKNOWN_EXCEPTION" => Retry,
    /// A query ran for too long.
    QueryTimeout = "QUERY_TIMEOUT" => Fail,
    /// The value of a unique field already exists.
    DuplicateValue = "DUPLICATE_VALUE" => AlreadyLogged,
    /// A duplicate rule of the org found a match.
    DuplicatesDetected = "DUPLICATES_DETECTED" => UseRecord,
    /// The same external id twice in one request, or on several records.
    DuplicateExternalId = "DUPLICATE_EXTERNAL_ID" => Fail,
    /// A field that the org requires is empty.
    RequiredFieldMissing = "REQUIRED_FIELD_MISSING" => Fail,
    /// A validation rule; the message is the admin's.
    FieldCustomValidationException = "FIELD_CUSTOM_VALIDATION_EXCEPTION" => Fail,
    /// A trigger or a flow failed. If it waited for a lock, it is retried ([`crate::Fault::kind`]).
    CannotInsertUpdateActivateEntity = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" => Fail,
    /// A flow failed.
    CannotExecuteFlowTrigger = "CANNOT_EXECUTE_FLOW_TRIGGER" => Fail,
    /// A text longer than its field.
    StringTooLong = "STRING_TOO_LONG" => Fail,
    /// An e-mail address that Salesforce does not accept.
    InvalidEmailAddress = "INVALID_EMAIL_ADDRESS" => Fail,
    /// No such field, or no field-level security for it.
    InvalidField = "INVALID_FIELD" => Degrade,
    /// The field cannot be written, or not in this state of the record.
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
    /// The user may not use a record that is referenced.
    InsufficientAccessOnCrossReferenceEntity = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" => Fail,
    /// The owner of the record is inactive.
    InactiveOwnerOrUser = "INACTIVE_OWNER_OR_USER" => DefaultOwner,
    /// The owner may not see records of this object.
    TransferRequiresRead = "TRANSFER_REQUIRES_READ" => DefaultOwner,
    /// The owner is of a kind that may not own records, such as a Chatter user.
    OpWithInvalidUserType = "OP_WITH_INVALID_USER_TYPE_EXCEPTION" => DefaultOwner,
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
    /// No such object, or no access to it. The objects that this crate knows can be left out ([`crate::Fault::kind`]).
    InvalidType = "INVALID_TYPE" => Fail,
    /// No such resource, record or key field.
    NotFound = "NOT_FOUND" => Fail,
    /// Not processed because another part failed: retry once that is resolved.
    ProcessingHalted = "PROCESSING_HALTED" => Retry,
    /// Rolled back because another record of the same request failed: retry once that is resolved.
    AllOrNoneOperationRolledBack = "ALL_OR_NONE_OPERATION_ROLLED_BACK" => Retry,
}

/// The codes of the table with their kinds.
static LISTED: LazyLock<BTreeMap<&str, Kind>> = LazyLock::new(|| rows().map(|(name, kind, _)| (name, kind)).collect());

/// The rows of the table: the code, its kind, and its meaning.
fn rows() -> impl Iterator<Item = (&'static str, Kind, &'static str)> {
    include_str!("codes.tsv").lines().map(|line| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().expect("three cells");
        let (name, kind, meaning) = (cell(), cell(), cell());
        (name, Kind::from_name(kind).expect("a kind"), meaning)
    })
}

/// The kind of a code of the table.
fn listed(name: &str) -> Option<Kind> {
    LISTED.get(name).copied()
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::Retry,
        Self::Pause,
        Self::Reconnect,
        Self::Refresh,
        Self::Degrade,
        Self::RematchOnce,
        Self::UseRecord,
        Self::DefaultOwner,
        Self::AlreadyLogged,
        Self::Fail,
        Self::Unknown,
    ];

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| format!("{kind:?}") == name)
    }
}

impl ErrorCode {
    /// Whether the error is only a consequence of another one.
    pub fn is_consequence(&self) -> bool {
        matches!(self, Self::ProcessingHalted | Self::AllOrNoneOperationRolledBack)
    }

    /// Whether automation of the org failed: a trigger, a flow, or what they call.
    pub fn is_of_automation(&self) -> bool {
        match self {
            Self::CannotInsertUpdateActivateEntity | Self::CannotExecuteFlowTrigger => true,
            Self::Other(name) => {
                ["APEX_ERROR", "APEX_FAILED", "CUSTOM_APEX_ERROR", "FLOW_EXCEPTION"].contains(&&**name)
            }
            _ => false,
        }
    }
}

/// What the caller can do about an HTTP status without an error code. The API itself always returns a code, so the edge
/// in front of Salesforce answered: 400, 406, 420 and 429 mean that it is busy or mistaken. A redirect, 404, 410 or 421
/// means that the org has moved, and a refresh returns its new address. 414 and 431 mean that the request is too long,
/// now and later.
pub(crate) fn kind_of_status(status: u16) -> Kind {
    match status {
        401 | 404 | 410 | 421 | 300..=399 => Kind::Refresh,
        403 => Kind::Pause,
        400 | 406 | 408 | 409 | 420 | 425 | 429 | 500.. => Kind::Retry,
        0..=299 | 402 | 405 | 407 | 411..=419 | 422..=424 | 426..=428 | 430..=499 => Kind::Fail,
    }
}

/// What the caller can do about an API response whose error code is unknown, by its status: here 400, 404 and 410
/// concern the request.
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
    fn every_known_code_is_parsed_from_its_name() {
        for code in ErrorCode::KNOWN {
            assert_eq!(&ErrorCode::from_name(code.name()), code);
        }
        assert_eq!(ErrorCode::from_name("NEW_CODE"), ErrorCode::Other("NEW_CODE".to_owned()));
    }

    #[test]
    fn the_table_is_sorted_and_says_what_each_code_means() {
        let names: Vec<&str> = rows().map(|(name, ..)| name).collect();
        assert!(names.is_sorted() && names.len() == LISTED.len() && names.len() > 900, "{}", names.len());
        for (name, kind, meaning) in rows() {
            assert!(kind != Kind::Unknown && meaning.ends_with('.') && !meaning.contains('\t'), "{name}");
        }
    }

    #[test]
    fn the_codes_that_are_named_have_the_kinds_of_the_table() {
        for code in ErrorCode::KNOWN {
            assert_eq!(listed(code.name()), Some(code.kind()), "{code}");
        }
        assert_eq!(ErrorCode::from_name("ORG_IN_MAINTENANCE").kind(), Kind::Pause);
        assert_eq!(ErrorCode::from_name("NEW_CODE").kind(), Kind::Unknown);
    }
}
