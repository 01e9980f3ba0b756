//! A "no" of Salesforce: the faults it names, and which of them matters.

use std::fmt;

use crate::code::kind_of_unknown;
use crate::{ApiUsage, ErrorCode, Kind, SObject, SalesforceId};

/// One error of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub code: ErrorCode,
    /// Salesforce's own words, for an admin; never the text of the query that failed.
    pub message: String,
    /// API names of the fields it is about, as listed or as found in the message; of a unique value, those that hold it.
    pub fields: Vec<String>,
    /// The existing records it names: those a duplicate rule found, best match first, or the one that holds a unique
    /// value.
    pub records: Vec<SalesforceId>,
}

/// What Salesforce answers with 401 when a policy keeps the token out, and a new token would not help.
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
            // What one of our objects holds can be done without, where an org does not show it.
            ErrorCode::InvalidType if self.missing_object().is_some() => Kind::Degrade,
            _ => self.code.kind(),
        }
    }

    /// The object in `sObject type 'Lead' is not supported. …`.
    fn missing_object(&self) -> Option<SObject> {
        if self.code != ErrorCode::InvalidType {
            return None;
        }
        let (_, rest) = self.message.split_once("sObject type '")?;
        let (name, rest) = rest.split_once('\'')?;
        SObject::from_name(name).filter(|_| rest.starts_with(" is not supported"))
    }

    /// The object in `No such column 'X' on entity 'Lead'` and in `No such column 'X' on sobject of type Lead`.
    fn entity(&self) -> Option<SObject> {
        if !matches!(self.code, ErrorCode::InvalidField | ErrorCode::InvalidFieldForInsertUpdate) {
            return None;
        }
        let (_, rest) = self.message.split_once("No such column '")?;
        let (_, rest) = rest.split_once('\'')?;
        let rest = rest.strip_prefix(" on entity '").or_else(|| rest.strip_prefix(" on sobject of type "))?;
        SObject::from_name(rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?)
    }
}

/// Salesforce refused a request, one record of a collection, or one part of a composite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    /// Never empty; the one that matters comes first.
    faults: Vec<Fault>,
    usage: Option<ApiUsage>,
}

impl Refusal {
    /// `faults` in the order of the answer; none means that only the status is known.
    pub(crate) fn new(status: u16, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| fault.code.is_consequence());
        if faults.is_empty() {
            let code = ErrorCode::Http(status);
            faults.push(Fault { code, message: String::new(), fields: Vec::new(), records: Vec::new() });
        }
        Self { status, faults, usage: None }
    }

    pub(crate) fn with_usage(mut self, usage: Option<ApiUsage>) -> Self {
        self.usage = usage;
        self
    }

    /// The HTTP status: of the answer, or of the part. A record of a collection has its collection's.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The error that matters.
    pub fn cause(&self) -> &Fault {
        &self.faults[0]
    }

    /// The code that matters: the word to log.
    pub fn code(&self) -> &ErrorCode {
        &self.cause().code
    }

    /// The fields without which the same request may succeed; none if that is not what it takes.
    pub fn fields_to_leave_out(&self) -> Option<&[String]> {
        let fields = &self.cause().fields;
        (self.kind() == Kind::Degrade && !fields.is_empty()).then_some(fields)
    }

    /// The object whose field is refused: which of several that have a field of this name. None if it does not say, or
    /// if the object is none of ours.
    pub fn entity(&self) -> Option<SObject> {
        self.cause().entity()
    }

    /// Whether a record exists that holds the value of this unique field. A `DUPLICATE_VALUE` that names no field, as in
    /// a race of two writers, may be of any: then too. False if it names another, or is not about a unique field at all.
    pub fn duplicates(&self, field: &str) -> bool {
        let Fault { code, fields, .. } = self.cause();
        *code == ErrorCode::DuplicateValue
            && (fields.is_empty() || fields.iter().any(|named| named.eq_ignore_ascii_case(field)))
    }

    /// The object that the org does not have or does not show to the user; none if that is not what it says.
    pub fn missing_object(&self) -> Option<SObject> {
        self.cause().missing_object()
    }

    /// Every error of the answer, the one that matters first.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The API calls used, if the answer that it came in had the header.
    pub fn usage(&self) -> Option<ApiUsage> {
        self.usage
    }

    /// Whether it only says that another part or record failed.
    pub fn is_consequence(&self) -> bool {
        self.code().is_consequence()
    }

    /// What the caller can do.
    pub fn kind(&self) -> Kind {
        match self.code() {
            // A code nobody has met: its status still says whether to come back, or that a new token helps.
            ErrorCode::Other(_) => match kind_of_unknown(self.status) {
                kind @ (Kind::Retry | Kind::Refresh) => kind,
                _ => Kind::Fail,
            },
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
