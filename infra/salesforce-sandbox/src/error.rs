//! A Salesforce error, in the two JSON shapes that Salesforce uses.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::{language, options::Language};

/// An error with its HTTP status and Salesforce's code, message and fields.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    code: Cow<'static, str>,
    message: String,
    fields: Option<Vec<String>>,
    duplicate_result: Option<Box<Value>>,
    /// Whether the message was written by an admin or a test, and not by Salesforce.
    foreign: bool,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            fields: None,
            duplicate_result: None,
            foreign: false,
        }
    }

    /// A rejected record: HTTP 400 and, unlike a rejected request, a `fields` list.
    pub(crate) fn record(code: impl Into<Cow<'static, str>>, message: impl Into<String>, fields: &[&str]) -> Self {
        let fields = Some(fields.iter().map(ToString::to_string).collect());
        Self { fields, ..Self::new(400, code, message) }
    }

    /// Adds the records that a duplicate rule found.
    pub(crate) fn with_duplicate_result(self, result: Value) -> Self {
        Self { duplicate_result: Some(Box::new(result)), ..self }
    }

    /// Marks the message as the words of an admin or a test, which have no translation.
    pub(crate) fn in_foreign_words(self) -> Self {
        Self { foreign: true, ..self }
    }

    /// The resource or record does not exist.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// The body is JSON, but does not have the shape that the resource expects.
    pub(crate) fn malformed_body(message: impl Into<String>) -> Self {
        Self::new(400, "JSON_PARSER_ERROR", message)
    }

    /// The same error with another status: an error that is 404 for a resource is 400 inside a record.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The shape that resources return inside an array, with `errorCode`.
    pub(crate) fn to_json(&self, language: Language) -> Value {
        self.shape("errorCode", language)
    }

    /// The shape that collections return inside `errors`, with `statusCode` and always with `fields`.
    pub(crate) fn to_collection_json(&self, language: Language) -> Value {
        let mut error = self.shape("statusCode", language);
        if error.get("fields").is_none() {
            error["fields"] = json!([]);
        }
        error
    }

    fn shape(&self, code_key: &str, language: Language) -> Value {
        let message = match language {
            Language::French if !self.foreign => language::french(&self.code, &self.message),
            Language::English | Language::French => self.message.clone(),
        };
        let mut error = json!({code_key: self.code, "message": message});
        if let Some(fields) = &self.fields {
            error["fields"] = json!(fields);
        }
        if let Some(result) = &self.duplicate_result {
            error["duplicateResult"] = Value::clone(result);
            error["duplicateResult"]["errorMessage"] = json!(message);
        }
        error
    }
}
