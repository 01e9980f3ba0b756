//! Permission sets, their grants and assignments: the permissions needed to change them, and their validation.

use serde_json::{Value, json};

use super::{Actor, accept::Operation, stamp_created, stamp_modified};
use crate::{
    error::ApiError,
    key_field,
    schema::{self, Object},
    state::State,
    tables::{Fields, Record},
};

/// Refuses a write to a security object by a user without the permission for it.
pub(super) fn permit(state: &State, object: &Object, user_id: &str) -> Result<(), ApiError> {
    let permission = match object.name {
        "PermissionSet" | "FieldPermissions" => "PermissionsManageProfilesPermissionsets",
        "PermissionSetAssignment" => "PermissionsAssignPermissionSets",
        _ => return Ok(()),
    };
    if state.permits(user_id, permission) {
        return Ok(());
    }
    let message = "insufficient access rights on object id";
    Err(ApiError::record("INSUFFICIENT_ACCESS_OR_READONLY", message, &[]).with_status(403))
}

/// Validates a record of a security object before it is stored; `own_id` is empty for a new record.
pub(super) fn check(
    state: &State,
    object: &'static Object,
    fields: &Fields,
    operation: Operation,
    own_id: &str,
) -> Result<(), ApiError> {
    if object.name == "FieldPermissions" {
        check_field(state, fields, operation)?;
    }
    let key = unique_together(object);
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_lowercase);
    let same = |record: &&Record| {
        record.id() != own_id && key.iter().all(|name| record.text(name).map(str::to_lowercase) == text(name))
    };
    let Some(holder) = state.live(object.name).filter(|_| !key.is_empty()).find(same) else { return Ok(()) };
    let (fields, id) = (key.join(","), holder.id());
    let message = format!("duplicate value found: {fields} duplicates value on record with id: {id}");
    Err(ApiError::record("DUPLICATE_VALUE", message, &[]))
}

/// Fields whose combined values must be unique.
fn unique_together(object: &Object) -> &'static [&'static str] {
    match object.name {
        "PermissionSet" => &["Name"],
        "FieldPermissions" => &["ParentId", "Field"],
        "PermissionSetAssignment" => &["PermissionSetId", "AssigneeId"],
        _ => &[],
    }
}

/// An entry must name an existing field that field-level security can apply to, and edit access needs read access.
fn check_field(state: &State, fields: &Fields, operation: Operation) -> Result<(), ApiError> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let (sobject, field) = (text("SobjectType"), text("Field"));
    let object = schema::object(sobject).filter(|object| object.name == sobject);
    let Some(object) = object else { return Err(bad_value("SobjectType", "SObject Type Name", sobject)) };
    let name = field.strip_prefix(sobject).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
    let known = object.field(&state.options, name);
    let securable = known.is_some_and(|known| known.name == name && !known.required && object.has(name));
    if operation == Operation::Create && !securable {
        return Err(bad_value("Field", "Field Name", field));
    }
    let may = |name: &str| fields.get(name) == Some(&Value::Bool(true));
    if may("PermissionsEdit") && !may("PermissionsRead") {
        let message = "Permission Edit depends on permission(s): Read";
        return Err(ApiError::record("FIELD_INTEGRITY_EXCEPTION", message, &["PermissionsEdit"]));
    }
    Ok(())
}

/// Writes the entry of a custom field of Task or Event for the other one too, as they share it.
pub(super) fn mirror(state: &mut State, actor: &Actor, object: &'static Object, id: &str) {
    if object.name != "FieldPermissions" || !state.options.mirror_activity_permissions {
        return;
    }
    let Some(entry) = state.tables.get(object, id).cloned() else { return };
    let Some((sobject, field)) = entry.text("Field").and_then(key_field::counterpart) else { return };
    let known = state
        .live(object.name)
        .find(|other| other.text("Field") == Some(field) && other.text("ParentId") == entry.text("ParentId"));
    let mut fields = match known {
        Some(known) => known.fields.clone(),
        None if entry.flag("IsDeleted") => return,
        None => {
            let mut fields = entry.fields.clone();
            fields.extend(
                [("SobjectType", sobject), ("Field", field)].map(|(name, text)| (name.to_owned(), json!(text))),
            );
            stamp_created(&mut fields, &state.tables.mint_id(object), actor);
            fields
        }
    };
    for name in ["PermissionsRead", "PermissionsEdit", "IsDeleted"] {
        fields.insert(name.to_owned(), entry.get(name).clone());
    }
    stamp_modified(&mut fields, actor);
    state.tables.put(object, Record { fields, touched_at: actor.now.as_millisecond() });
}

fn bad_value(field: &str, label: &str, value: &str) -> ApiError {
    let message = format!("{label}: bad value for restricted picklist field: {value}");
    ApiError::record("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, &[field])
}
