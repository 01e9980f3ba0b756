//! `@{ref.id}`: references to values in the responses of earlier subrequests.

use std::{collections::HashMap, sync::LazyLock};

use regex::Regex;
use serde_json::Value;

use crate::error::ApiError;

static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"@\{([A-Za-z0-9_]+)((?:[.\[][^}]*)?)\}").expect("the pattern is valid"));

/// Response bodies of successful subrequests, by `referenceId`.
#[derive(Debug, Default)]
pub(super) struct References(HashMap<String, Value>);

impl References {
    pub(super) fn insert(&mut self, reference_id: &str, body: Value) {
        self.0.insert(reference_id.to_owned(), body);
    }

    /// The value with every reference replaced.
    pub(super) fn fill(&self, value: &Value) -> Result<Value, ApiError> {
        match value {
            Value::String(text) => self.fill_text(text),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(fields) => {
                let filled = fields.iter().map(|(name, value)| Ok((name.clone(), self.fill(value)?)));
                filled.collect::<Result<_, _>>().map(Value::Object)
            }
            other => Ok(other.clone()),
        }
    }

    /// Replaces the references in a text. A text that is a single reference becomes its JSON value; otherwise values
    /// are inserted as text.
    pub(super) fn fill_text(&self, text: &str) -> Result<Value, ApiError> {
        let mut filled = String::new();
        let mut rest = 0;
        for found in REFERENCE.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            let value = self.lookup(&found[1], &found[2])?;
            if whole.as_str() == text {
                return Ok(value.clone());
            }
            filled.push_str(&text[rest..whole.start()]);
            match value {
                Value::String(value) => filled.push_str(value),
                Value::Null => {}
                other => filled.push_str(&other.to_string()),
            }
            rest = whole.end();
        }
        filled.push_str(&text[rest..]);
        Ok(Value::String(filled))
    }

    fn lookup(&self, reference_id: &str, path: &str) -> Result<&Value, ApiError> {
        let missing = || {
            let message = format!(
                "Invalid reference specified. No value for {reference_id}{path} found in {reference_id}. \
                 Provided references are the referenceIds of subrequests that succeeded."
            );
            ApiError::new(400, "PROCESSING_HALTED", message)
        };
        let body = self.0.get(reference_id).ok_or_else(missing)?;
        let steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty());
        let found = steps.into_iter().try_fold(body, |at, step| match at {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            Value::Object(fields) => fields.get(step),
            _ => None,
        });
        found.ok_or_else(missing)
    }
}

/// The `referenceId`s that a text refers to.
pub(super) fn referenced(text: &str) -> impl Iterator<Item = &str> {
    REFERENCE.captures_iter(text).filter_map(|found| found.get(1).map(|id| id.as_str()))
}
