//! Validation and normalisation of field values.

use serde_json::{Value, json};

use crate::{
    error::ApiError,
    id,
    schema::{Field, Kind},
    time,
};

/// The value as it is stored: trimmed text, empty text as null, ids with 18 characters, instants in UTC.
pub(super) fn accept(field: &Field, value: &Value) -> Result<Value, ApiError> {
    match (field.kind, value) {
        (Kind::Boolean, Value::Null) => Ok(json!(false)),
        (_, Value::Null) => Ok(Value::Null),
        (Kind::Boolean, Value::Bool(_)) | (Kind::Number, Value::Number(_)) => Ok(value.clone()),
        (Kind::Boolean, _) => Err(wrong_type("boolean", value.clone())),
        (Kind::Int, _) => int(field, value),
        (Kind::Number, _) => Err(wrong_type("double", value.clone())),
        (_, Value::String(text)) => from_text(field, text),
        _ => Err(wrong_type("string", value.clone())),
    }
}

fn from_text(field: &Field, text: &str) -> Result<Value, ApiError> {
    let text = if field.kind == Kind::LongText { text } else { text.trim() };
    if text.is_empty() {
        return Ok(Value::Null);
    }
    match field.kind {
        Kind::Id | Kind::Reference(_) => {
            id::normalise(text).map(Value::String).ok_or_else(|| malformed_id(field, text))
        }
        Kind::Date => {
            time::parse_date(text).map(|date| json!(date.to_string())).ok_or_else(|| wrong_type("date", text))
        }
        Kind::DateTime => time::parse_datetime(text)
            .map(|instant| json!(time::datetime(instant)))
            .ok_or_else(|| wrong_type("datetime", text)),
        _ => limited(field, text),
    }
}

/// The length of `text` in UTF-16 code units; an emoji counts as two.
///
/// Salesforce documents lengths in "characters" and runs on Java, whose strings are counted that way; the
/// stricter interpretation is our decision.
fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn limited(field: &Field, text: &str) -> Result<Value, ApiError> {
    if field.length > 0 && length(text) > field.length {
        let message = format!("{}: data value too large: {text} (max length={})", field.label, field.length);
        return Err(ApiError::record("STRING_TOO_LONG", message, &[field.name]));
    }
    if field.restricted && !field.values.contains(&text) {
        let message = format!("{}: bad value for restricted picklist field: {text}", field.label);
        return Err(ApiError::record("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, &[field.name]));
    }
    if field.kind == Kind::Email && !is_email(text) {
        let message = format!("{}: invalid email address: {text}", field.label);
        return Err(ApiError::record("INVALID_EMAIL_ADDRESS", message, &[field.name]));
    }
    Ok(json!(text))
}

fn int(field: &Field, value: &Value) -> Result<Value, ApiError> {
    let number = value.as_i64().ok_or_else(|| wrong_type("int", value.clone()))?;
    if field.length > 0 && number.unsigned_abs().to_string().len() > field.length {
        let message = format!("{}: value outside of valid range on numeric field: {number}", field.label);
        return Err(ApiError::record("NUMBER_OUTSIDE_VALID_RANGE", message, &[field.name]));
    }
    Ok(json!(number))
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@').filter(|(user, domain)| !user.is_empty() && !domain.contains('@'));
    parts.is_some_and(|(_, domain)| domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty()))
        && !text.contains(char::is_whitespace)
}

fn malformed_id(field: &Field, text: &str) -> ApiError {
    ApiError::record("MALFORMED_ID", format!("{}: id value of incorrect type: {text}", field.label), &[field.name])
}

/// Salesforce deserializes JSON into typed fields, and returns the message of its parser.
fn wrong_type(expected: &str, value: impl Into<Value>) -> ApiError {
    let value = value.into();
    let found = match value {
        Value::String(_) => "VALUE_STRING",
        Value::Bool(_) => "VALUE_BOOLEAN",
        Value::Number(_) => "VALUE_NUMBER",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) | Value::Null => "START_OBJECT",
    };
    ApiError::malformed_body(format!(
        "Cannot deserialize instance of {expected} from {found} value {} or request may be missing a required field",
        value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
    ))
}
