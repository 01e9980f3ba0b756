//! Admin-defined rules: validation rules and duplicate rules.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value, json};

use crate::{
    call,
    error::ApiError,
    options::{DuplicateAction, DuplicateRule, Options, ValidationRule},
    schema::{self, Kind, Object},
    state::State,
    tables::{Fields, Record},
};

/// Runs the validation rules of the object.
pub(super) fn validate(options: &Options, object: &Object, fields: &Fields) -> Result<(), ApiError> {
    let mut rules = options.validation_rules.iter().filter(|rule| rule.sobject.eq_ignore_ascii_case(object.name));
    rules.find(|rule| violates(rule, fields)).map_or(Ok(()), |rule| {
        let error = ApiError::record("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message.clone(), &[&rule.field]);
        Err(error.in_foreign_words())
    })
}

fn violates(rule: &ValidationRule, fields: &Fields) -> bool {
    let value = fields.get(&rule.field).unwrap_or(&Value::Null);
    let text =
        value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, Into::into);
    let matches = rule.regex.as_ref().map(|pattern| Regex::new(pattern).is_ok_and(|regex| regex.is_match(&text)));
    let equals = rule.equals.as_ref().map(|expected| expected == value);
    matches.is_some() | equals.is_some() && matches.unwrap_or(true) && equals.unwrap_or(true)
}

/// Runs the duplicate rules of the object on a new record.
pub(super) fn check_duplicates(
    state: &State,
    object: &Object,
    fields: &Fields,
    allow_save: bool,
) -> Result<(), ApiError> {
    for rule in &state.options.duplicate_rules {
        let active = rule.sobject.eq_ignore_ascii_case(object.name);
        if !active || (rule.action == DuplicateAction::Alert && allow_save) {
            continue;
        }
        let Some(values) = rule.fields.iter().map(|name| comparable(object, fields, name)).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let same = |record: &&Record| {
            let theirs = rule.fields.iter().map(|name| comparable(object, &record.fields, name));
            !record.flag("IsDeleted") && theirs.zip(&values).all(|(theirs, ours)| theirs.as_ref() == Some(ours))
        };
        let matches: Vec<&Record> = state.tables.rows(object).iter().filter(same).collect();
        if !matches.is_empty() {
            return Err(duplicates_detected(object, rule, &matches));
        }
    }
    Ok(())
}

/// The value as duplicate rules compare it: text in lower case, phone numbers as digits; `None` if empty.
fn comparable(object: &Object, fields: &Fields, name: &str) -> Option<String> {
    let text = fields.get(name)?.as_str()?;
    let phone = object.fields.iter().any(|field| field.name == name && field.kind == Kind::Phone);
    Some(if phone { text.chars().filter(char::is_ascii_digit).collect() } else { text.to_lowercase() })
}

fn duplicates_detected(object: &Object, rule: &DuplicateRule, matches: &[&Record]) -> ApiError {
    let message = match rule.action {
        DuplicateAction::Alert => "Use one of these records?",
        DuplicateAction::Block => {
            "You're creating a duplicate record. We recommend you use an existing record instead."
        }
    };
    let ids: Vec<String> = matches.iter().map(|record| record.id().to_owned()).collect();
    let found = duplicate_result(object, message, rule.action == DuplicateAction::Alert, &ids);
    ApiError::record("DUPLICATES_DETECTED", message, &[]).with_duplicate_result(found)
}

/// The `duplicateResult` of a duplicate rule of `object`; the records it found may be of other objects.
pub(crate) fn duplicate_result(object: &Object, message: &str, allow_save: bool, ids: &[String]) -> Value {
    let rule_name = format!("Sandbox_{}_Rule", object.name);
    let mut by_object: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for id in ids {
        let found = schema::object_of_id(id).map_or(object.name, |object| object.name);
        let attributes = json!({"type": found, "url": call::record_url("66.0", found, id)});
        let record = json!({"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
            "record": {"attributes": attributes, "Id": id}});
        by_object.entry(found).or_default().push(record);
    }
    let results = by_object.into_iter().map(|(found, records)| {
        json!({"entityType": found, "errors": [], "matchEngine": "ExactMatchEngine", "rule": rule_name,
            "size": records.len(), "success": true, "matchRecords": records})
    });
    json!({
        "allowSave": allow_save,
        "duplicateRule": rule_name,
        "duplicateRuleEntityType": object.name,
        "errorMessage": message,
        "matchResults": results.collect::<Vec<_>>(),
    })
}
