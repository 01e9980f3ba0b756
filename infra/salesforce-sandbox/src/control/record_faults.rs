//! Faults of single records: a create or update is refused wherever it comes from, and nothing else is.

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    error::ApiError,
    schema::{self, Object},
    state::State,
    tables::Fields,
    write::{Operation, duplicate_result},
};

/// Which records are refused, how, and how often.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    record: Wanted,
    /// `POST` is a create and `PATCH` an update, whatever the request's own method; both if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<Method>,
    error: Refusal,
    #[serde(default = "super::faults::once")]
    times: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    sobject: String,
    /// A regular expression that the record's JSON must contain.
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
    /// Ids of records that a duplicate rule is said to have found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    duplicates: Vec<String>,
    /// The HTTP status where the record is not inside a collection.
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

/// The keys that only a fault of a record has.
const OWN_KEYS: &[&str] = &["record", "error"];

/// Whether a fault is one of a record.
///
/// # Errors
/// A sentence that names the key when it is one of a request as well.
pub(super) fn is_record_fault(fault: &Value) -> Result<bool, String> {
    let keys: Vec<&str> = fault.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let Some(own) = keys.iter().find(|key| OWN_KEYS.contains(key)) else { return Ok(false) };
    let shared = ["method", "times"];
    match keys.iter().find(|key| !OWN_KEYS.contains(key) && !shared.contains(key)) {
        None => Ok(true),
        Some(foreign) => Err(format!(
            "`{foreign}` is a key of a request's fault and `{own}` one of a record's: a fault is of a request or of a \
             record, so post two"
        )),
    }
}

impl RecordFault {
    /// Reads a fault, or says which key is wrong.
    pub(super) fn read(fault: Value) -> Result<Self, String> {
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

    fn fits(&self, object: &Object, operation: Operation, text: &str) -> bool {
        let method = match operation {
            Operation::Create => Method::Post,
            Operation::Update => Method::Patch,
        };
        self.rule.times > 0
            && self.object.name == object.name
            && self.rule.method.is_none_or(|wanted| wanted == method)
            && self.matches.is_match(text)
    }

    fn error(&self) -> ApiError {
        let Refusal { code, message, fields, duplicates, status } = &self.rule.error;
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let error = ApiError::record(code.clone(), message, &fields).with_status(*status);
        if duplicates.is_empty() {
            return error;
        }
        error.with_duplicate_result(duplicate_result(self.object, message, true, duplicates))
    }
}

/// Refuses the record if a fault waits for it. An update is matched with its `Id`, wherever that was sent.
pub(crate) fn meet(
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
    let Some(at) = state.record_faults.iter().position(|fault| fault.fits(object, operation, &text)) else {
        return Ok(());
    };
    let fault = &mut state.record_faults[at];
    fault.rule.times -= 1;
    let error = fault.error();
    state.record_faults.retain(|fault| fault.rule.times > 0);
    Err(error)
}
