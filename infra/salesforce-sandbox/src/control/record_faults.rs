//! Record faults: refuse the create or update of single records, through whichever resource it is requested.

use regex::Regex;
use sandbox_kit::faults::take_first;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    error::ApiError,
    schema::{self, Object},
    state::State,
    tables::Fields,
    write::{Operation, duplicate_result},
};

/// A record fault, the records it refuses, and how often.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    record: RecordFilter,
    /// `POST` is a create and `PATCH` an update, whatever the request's own method. Both if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<Method>,
    error: Refusal,
    #[serde(default = "sandbox_kit::faults::once")]
    times: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RecordFilter {
    sobject: String,
    /// A regular expression that must match somewhere in the record's JSON.
    #[serde(default)]
    matches: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Method {
    Post,
    Patch,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    fields: Vec<String>,
    /// Ids of the records that the error's `duplicateResult` names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    duplicates: Vec<String>,
    /// The HTTP status, except inside a collection.
    #[serde(default = "bad_request")]
    status: u16,
}

fn bad_request() -> u16 {
    400
}

/// A fault that has not been used up.
#[derive(Clone, Debug)]
pub(crate) struct RecordFault {
    pub(super) rule: Rule,
    object: &'static Object,
    matches: Regex,
}

/// The keys that only record faults have.
const RECORD_KEYS: &[&str] = &["record", "error"];

/// Whether a fault is a record fault.
///
/// # Errors
/// A sentence that names the key when the fault also has keys of a request fault.
pub(super) fn is_record_fault(fault: &Value) -> Result<bool, String> {
    let keys: Vec<&str> = fault.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let Some(own) = keys.iter().find(|key| RECORD_KEYS.contains(key)) else { return Ok(false) };
    let shared = ["method", "times"];
    match keys.iter().find(|key| !RECORD_KEYS.contains(key) && !shared.contains(key)) {
        None => Ok(true),
        Some(foreign) => Err(format!(
            "`{foreign}` is a key of a request's fault and `{own}` one of a record's: a fault is of a request or of a \
             record, so post two"
        )),
    }
}

impl RecordFault {
    /// Parses a fault.
    ///
    /// # Errors
    /// A sentence that names the invalid key.
    pub(super) fn parse(fault: Value) -> Result<Self, String> {
        let rule: Rule = serde_json::from_value(fault).map_err(|error| error.to_string())?;
        let matches = Regex::new(&rule.record.matches).map_err(|error| format!("`record.matches`: {error}"))?;
        let object = schema::object(&rule.record.sobject);
        let object = object.ok_or_else(|| format!("`record.sobject`: no object {}", rule.record.sobject))?;
        if !(400..600).contains(&rule.error.status) {
            return Err(format!("`error.status`: {} is not the status of an error", rule.error.status));
        }
        if let Some(id) = rule.error.duplicates.iter().find(|id| schema::object_of_id(id).is_none()) {
            return Err(format!("`error.duplicates`: {id} is not the id of a record"));
        }
        Ok(Self { rule, object, matches })
    }

    fn matches(&self, object: &Object, operation: Operation, text: &str) -> bool {
        let method = match operation {
            Operation::Create => Method::Post,
            Operation::Update => Method::Patch,
        };
        self.object.name == object.name
            && self.rule.method.is_none_or(|wanted| wanted == method)
            && self.matches.is_match(text)
    }

    fn error(&self) -> ApiError {
        let Refusal { code, message, fields, duplicates, status } = &self.rule.error;
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let error = ApiError::record(code.clone(), message, &fields).with_status(*status).in_foreign_words();
        if duplicates.is_empty() {
            return error;
        }
        error.with_duplicate_result(duplicate_result(self.object, message, true, duplicates))
    }
}

/// Refuses the record if a fault matches it. The JSON of an update includes its `Id`, wherever that was sent.
///
/// # Errors
/// The error of the fault.
pub(crate) fn check(
    state: &mut State,
    operation: Operation,
    object: &Object,
    id: Option<&str>,
    body: &Fields,
) -> Result<(), ApiError> {
    if state.record_faults.is_empty() {
        return Ok(());
    }
    let mut sent = body.clone();
    if let Some(id) = id {
        sent.insert("Id".to_owned(), Value::from(id));
    }
    let text = Value::Object(sent).to_string();
    let matches = |fault: &RecordFault| fault.matches(object, operation, &text);
    match take_first(&mut state.record_faults, |fault| &mut fault.rule.times, matches) {
        Some(fault) => Err(fault.error()),
        None => Ok(()),
    }
}
