//! Validation of the fields in a request body, and their declared names.

use serde_json::Value;

use super::value;
use crate::{
    error::ApiError,
    options::Options,
    schema::{Access, Feature, Object},
    state::State,
    tables::Fields,
};

/// The operation that a request performs on a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operation {
    Create,
    Update,
}

/// The body's fields under their declared names, with validated and normalised values.
pub(super) fn accept(state: &State, object: &Object, body: &Fields, operation: Operation) -> Result<Fields, ApiError> {
    let mut given = Fields::new();
    let mut unwritable = Vec::new();
    let mut rejected = None;
    for (name, value) in body.iter().filter(|(name, _)| *name != "attributes") {
        if name.eq_ignore_ascii_case("Id") {
            return Err(id_in_body(operation));
        }
        let field = object.visible_field(state, name).ok_or_else(|| no_such_column(object, name))?;
        match (field.access, operation) {
            _ if state.protects(object, field) => unwritable.push(field.name),
            (Access::CreateAndUpdate, _) | (Access::CreateOnly, Operation::Create) => {}
            (Access::ReadOnly, _) | (Access::CreateOnly, Operation::Update) => unwritable.push(field.name),
        }
        match value::accept(field, value) {
            Ok(value) => _ = given.insert(field.name.to_owned(), value),
            Err(error) => rejected = rejected.or(Some(error)),
        }
    }
    if !unwritable.is_empty() {
        return Err(cannot_write(&unwritable));
    }
    rejected.map_or(Ok(given), Err)
}

/// For seeding: the body's fields under their declared names, with validated values, whatever their access.
pub(super) fn accept_any(options: &Options, object: &Object, body: &Fields) -> Result<Fields, ApiError> {
    let fields = body.iter().filter(|(name, value)| *name != "attributes" && !value.is_null());
    fields
        .map(|(name, value): (&String, &Value)| {
            let field = object.field(options, name).ok_or_else(|| no_such_column_with_hint(object, name))?;
            Ok((field.name.to_owned(), value::accept(field, value)?))
        })
        .collect()
}

/// The error for an unknown field, with the option that would add it, if there is one.
fn no_such_column_with_hint(object: &Object, name: &str) -> ApiError {
    let missing = object.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let (feature, option) = match missing.map(|field| field.feature) {
        Some(Feature::PersonAccounts) => ("Person Accounts", "person_accounts"),
        Some(Feature::UniqueKeyField) => ("key field", "unique_key_field"),
        Some(Feature::Standard) | None => return no_such_column(object, name),
    };
    let hint = format!("this org has no {feature}; PUT {{\"{option}\": true}} to /_sandbox/options");
    ApiError::new(400, "INVALID_FIELD", format!("{}: {hint}", no_such_column_message(object, name)))
}

/// Salesforce's error for an unknown field of a record.
pub(crate) fn no_such_column(object: &Object, name: &str) -> ApiError {
    ApiError::new(400, "INVALID_FIELD", no_such_column_message(object, name))
}

fn no_such_column_message(object: &Object, name: &str) -> String {
    format!("No such column '{name}' on sobject of type {}", object.name)
}

/// Salesforce's error for fields that the user may not write.
pub(super) fn cannot_write(fields: &[&str]) -> ApiError {
    let message = format!(
        "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is \
         read/write for your profile or permission set.",
        fields.join(", ")
    );
    ApiError::record("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields)
}

fn id_in_body(operation: Operation) -> ApiError {
    match operation {
        Operation::Create => {
            ApiError::record("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", &["Id"])
        }
        Operation::Update => {
            ApiError::new(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.")
        }
    }
}
