//! Admin-defined rules: validation rules and duplicate rules.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value, json};

use crate::{
    call,
    error::ApiError,
    options::{DuplicateAction, DuplicateRule, Options, ValidationRule},
    schema::{self, Field, Kind, Object},
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
        let compared = rule.fields.iter().map(|name| object.field(&state.options, name)).collect::<Option<Vec<_>>>();
        let Some(compared) = compared else { continue };
        let values = compared.iter().map(|field| comparable(field, fields)).collect::<Option<Vec<_>>>();
        let Some(values) = values else { continue };
        let same = |record: &&Record| {
            let theirs = compared.iter().map(|field| comparable(field, &record.fields));
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
fn comparable(field: &Field, fields: &Fields) -> Option<String> {
    match fields.get(field.name)? {
        Value::Null => None,
        Value::String(text) if field.kind == Kind::Phone => Some(text.chars().filter(char::is_ascii_digit).collect()),
        Value::String(text) => Some(text.to_lowercase()),
        other => Some(other.to_string()),
    }
}

fn duplicates_detected(object: &Object, rule: &DuplicateRule, matches: &[&Record]) -> ApiError {
    let message = match rule.action {
        DuplicateAction::Alert => "Use one of these records?",
        DuplicateAction::Block => {
            "You're creating a duplicate record. We recommend you use an existing record instead."
        }
    };
    let named = matches.iter().filter(|_| rule.names_record);
    let ids: Vec<String> = named.map(|record| record.id().to_owned()).collect();
    let found = duplicate_result(object, message, rule.action == DuplicateAction::Alert, &ids);
    // Unlike that of other rejected records, this error has no `fields` outside a collection.
    ApiError::new(400, "DUPLICATES_DETECTED", message).with_duplicate_result(found)
}

/// The `duplicateResult` of a duplicate rule of `object`; the records it found may be of other objects. Without ids, it
/// found records of `object` that it does not name.
pub(crate) fn duplicate_result(object: &Object, message: &str, allow_save: bool, ids: &[String]) -> Value {
    let rule_name = format!("Sandbox_{}_Rule", object.name);
    let mut by_object: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    if ids.is_empty() {
        by_object.insert(object.name, Vec::new());
    }
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
