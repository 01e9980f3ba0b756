//! Validation of references.

use serde_json::Value;

use crate::{
    error::ApiError,
    schema::{self, Field, Kind, Object},
    state::State,
    tables::Fields,
};

/// Validates every reference in the given fields.
pub(super) fn check(state: &State, object: &Object, given: &Fields) -> Result<(), ApiError> {
    for field in object.fields {
        let Kind::Reference(targets) = field.kind else { continue };
        if let Some(id) = given.get(field.name).and_then(Value::as_str) {
            check_one(state, object, field, targets, id)?;
        }
    }
    Ok(())
}

fn check_one(state: &State, object: &Object, field: &Field, targets: &[&str], id: &str) -> Result<(), ApiError> {
    if !schema::object_of_id(id).is_some_and(|target| targets.contains(&target.name)) {
        let message = format!("{}: id value of incorrect type: {id}", field.label);
        return Err(ApiError::record("FIELD_INTEGRITY_EXCEPTION", message, &[field.name]));
    }
    if schema::object_of_id(id).is_some_and(|target| state.options.hides_object(target.name)) {
        return Err(no_access(id));
    }
    require_shared(state, id)?;
    let Some((target, record)) = state.tables.find(id) else {
        return Err(ApiError::record("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[]));
    };
    if record.flag("IsDeleted") {
        return Err(ApiError::record("ENTITY_IS_DELETED", "entity is deleted", &[]));
    }
    if target.name == "Lead" && record.flag("IsConverted") {
        return Err(ApiError::record("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", &[]));
    }
    if field.name == "OwnerId" && !record.flag("IsActive") {
        let message = format!(
            "operation performed with inactive user [{}] as owner of {}",
            &id[..15],
            object.name.to_lowercase()
        );
        return Err(ApiError::record("INACTIVE_OWNER_OR_USER", message, &[]));
    }
    Ok(())
}

/// Refuses a record that sharing hides from the session's user.
pub(super) fn require_shared(state: &State, id: &str) -> Result<(), ApiError> {
    let hidden = state.tables.find(id).is_some_and(|(target, record)| !state.shares(target, record));
    if hidden { Err(no_access(id)) } else { Ok(()) }
}

fn no_access(id: &str) -> ApiError {
    let message = format!("insufficient access rights on cross-reference id: {}", &id[..15]);
    ApiError::record("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, &[])
}
