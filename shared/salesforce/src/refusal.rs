//! A refusal by Salesforce: the faults that it names, and which of them is the cause.

use std::fmt;

use crate::error_code::kind_of_unknown;
use crate::{ApiUsage, ErrorCode, Kind, SObject, SalesforceId, words};

/// One error of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub code: ErrorCode,
    /// Salesforce's own words, for an admin; never the text of the query that failed.
    pub message: String,
    /// API names of the fields that it concerns, as listed or as found in the message. For a duplicate value, the
    /// unique fields.
    pub fields: Vec<String>,
    /// The existing records that it names: those that a duplicate rule found, best match first, or the one that has the
    /// unique value.
    pub records: Vec<SalesforceId>,
    /// The duplicate rule that refused, if one did.
    pub duplicate_rule: Option<DuplicateRule>,
}

/// A duplicate rule of the org, as its refusal describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateRule {
    /// Its name; empty if Salesforce does not say it.
    pub name: String,
    /// The name of the matching rule by which it found the records; empty if Salesforce does not say it.
    pub matched_by: String,
    /// Whether the record is saved if that is asked for: the rule only alerts.
    pub allows_save: bool,
}

/// Messages of a 401 by which a policy rejects the token, so that a new token would not help.
const POLICY: [&str; 2] = ["not valid for use with the REST API", "Connected app is not attached to Agent"];

impl Fault {
    /// What the caller can do.
    pub fn kind(&self) -> Kind {
        match self.code {
            ErrorCode::InvalidSessionId if POLICY.iter().any(|policy| self.message.contains(policy)) => Kind::Reconnect,
            // A trigger or flow that waited for a lock names the lock's code in its message.
            ErrorCode::CannotInsertUpdateActivateEntity | ErrorCode::CannotExecuteFlowTrigger
                if self.message.contains(ErrorCode::UnableToLockRow.name()) =>
            {
                Kind::Retry
            }
            // If an org hides one of our objects, its records can be left out.
            ErrorCode::InvalidType if self.missing_object().is_some() => Kind::Degrade,
            _ => self.code.kind(),
        }
    }

    /// The object in `sObject type 'Lead' is not supported. …`, in any language.
    fn missing_object(&self) -> Option<SObject> {
        let names = Some(&self.message).filter(|_| self.code == ErrorCode::InvalidType);
        names.and_then(|message| words::quoted(message).into_iter().find_map(SObject::from_name))
    }

    /// The object in `No such column 'X' on entity 'Lead'` and in `No such column 'X' on sobject of type Lead`, in any
    /// language.
    fn entity(&self) -> Option<SObject> {
        let is_of_field = matches!(self.code, ErrorCode::InvalidField | ErrorCode::InvalidFieldForInsertUpdate);
        words::object_of_field(&self.message).filter(|_| is_of_field)
    }
}

/// Salesforce refused a request, one record of a collection, or one part of a composite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    /// Never empty; the cause comes first.
    faults: Vec<Fault>,
    usage: Option<ApiUsage>,
}

impl Refusal {
    /// `faults` are in the order of the response. If empty, only the status is known.
    pub(crate) fn new(status: u16, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| fault.code.is_consequence());
        if faults.is_empty() {
            let code = ErrorCode::Http(status);
            faults.push(Fault {
                code,
                message: String::new(),
                fields: Vec::new(),
                records: Vec::new(),
                duplicate_rule: None,
            });
        }
        Self { status, faults, usage: None }
    }

    pub(crate) fn with_usage(mut self, usage: Option<ApiUsage>) -> Self {
        self.usage = usage;
        self
    }

    /// The HTTP status of the response or the part. A record of a collection has the status of the collection.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The error that caused the refusal.
    pub fn cause(&self) -> &Fault {
        &self.faults[0]
    }

    /// The code of the cause, which is safe to log.
    pub fn code(&self) -> &ErrorCode {
        &self.cause().code
    }

    /// The fields without which the same request may succeed; `None` if leaving out fields would not help.
    pub fn fields_to_leave_out(&self) -> Option<&[String]> {
        let fields = &self.cause().fields;
        (self.kind() == Kind::Degrade && !fields.is_empty()).then_some(fields)
    }

    /// The object whose field is refused, as several objects may have a field of this name. `None` if it is not named,
    /// or if this crate does not know the object.
    pub fn entity(&self) -> Option<SObject> {
        self.cause().entity()
    }

    /// Whether a record with the value of this unique field already exists. Also true for a `DUPLICATE_VALUE` that
    /// names no field, as in a race of two writers: it may concern any field. False if it names another field or is no
    /// `DUPLICATE_VALUE`.
    pub fn duplicates(&self, field: &str) -> bool {
        let Fault { code, fields, .. } = self.cause();
        *code == ErrorCode::DuplicateValue
            && (fields.is_empty() || fields.iter().any(|named| named.eq_ignore_ascii_case(field)))
    }

    /// The object that the org lacks or hides from the user; `None` if the refusal is not about that.
    pub fn missing_object(&self) -> Option<SObject> {
        self.cause().missing_object()
    }

    /// Every error of the response, the cause first.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The org's API usage, if the response had the header.
    pub fn usage(&self) -> Option<ApiUsage> {
        self.usage
    }

    /// Whether the record was modified after it was read, so that a conditional update did not change it.
    pub fn was_modified(&self) -> bool {
        self.status == 412
    }

    /// Whether it concerns the record of a request for a single record: not the session, the org or the edge in front
    /// of it.
    pub(crate) fn concerns_record(&self) -> bool {
        self.was_modified() || matches!(self.status, 400 | 404) && !matches!(self.code(), ErrorCode::Http(_))
    }

    /// Whether automation of the org failed that may succeed for fewer records at once: a trigger or flow, or a limit on what
    /// one transaction may do, which an exception of that name reports in every language.
    pub fn concerns_automation(&self) -> bool {
        self.is_governor_limit() || self.code().is_of_automation() && self.kind() == Kind::Fail
    }

    /// Whether automation of the org did more than one transaction may do.
    pub fn is_governor_limit(&self) -> bool {
        self.cause().message.contains("System.LimitException")
    }

    /// Whether it is only a consequence of another part's or record's failure.
    pub fn is_consequence(&self) -> bool {
        self.code().is_consequence()
    }

    /// What the caller can do.
    pub fn kind(&self) -> Kind {
        match self.code() {
            // Of a code that this program does not name, the status may say more: whether to retry, or that a new token helps.
            ErrorCode::Other(_) => {
                let (kind, by_status) = (self.cause().kind(), kind_of_unknown(self.status));
                let says_more = matches!(by_status, Kind::Retry | Kind::Refresh);
                if says_more && matches!(kind, Kind::Fail | Kind::Unknown) { by_status } else { kind }
            }
            _ => self.cause().kind(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            match (&fault.code, fault.message.as_str()) {
                (ErrorCode::Http(status), _) => write!(f, "Salesforce answered HTTP {status} without an error code")?,
                (code, "") => write!(f, "{code}")?,
                (code, message) => write!(f, "{message} ({code})")?,
            }
        }
        Ok(())
    }
}
