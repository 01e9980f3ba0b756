//! Creating, updating and deleting records by Salesforce's rules.

mod accept;
mod activity;
mod complete;
mod derive;
mod merge;
mod person;
mod references;
mod rules;
mod seed;
mod setup;
mod triggers;
mod value;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::accept::accept;
pub(crate) use self::{
    accept::Operation,
    merge::merge,
    rules::duplicate_result,
    seed::{Indexing, seed},
    triggers::TriggerLimits,
};
use crate::{
    call::Call,
    control::record_faults,
    error::ApiError,
    locks,
    schema::{Field, Kind, Object},
    seed_data,
    state::State,
    tables::{Fields, Record},
    task_statuses, time,
};

/// The user and time of a write, and its header options.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    user_id: String,
    now: Timestamp,
    /// `Sforce-Duplicate-Rule-Header: allowSave=true`.
    allow_save: bool,
    /// Not `Sforce-Auto-Assign: FALSE`: new Leads and Cases are assigned by the active rules.
    auto_assign: bool,
}

impl From<&Call> for Actor {
    fn from(call: &Call) -> Self {
        let auto_assign = call.headers.get("Sforce-Auto-Assign").and_then(|value| value.to_str().ok());
        let allow_save = call.header_option("Sforce-Duplicate-Rule-Header", "allowSave");
        Self {
            user_id: call.user_id.clone(),
            now: call.now,
            allow_save: allow_save.is_some_and(|value| value.eq_ignore_ascii_case("true")),
            auto_assign: auto_assign.is_none_or(|value| !value.trim().eq_ignore_ascii_case("false")),
        }
    }
}

/// Creates a record and returns its id.
pub(crate) fn create(
    state: &mut State,
    actor: &Actor,
    object: &'static Object,
    body: &Fields,
) -> Result<String, ApiError> {
    require_writable(object)?;
    setup::permit(state, object, &actor.user_id)?;
    record_faults::check(state, Operation::Create, object, None, body)?;
    require_read_write(state)?;
    triggers::fire(state, object)?;
    state.atomically(|state| {
        let given = accept(state, object, body, Operation::Create)?;
        let mut fields = given.clone();
        apply_defaults(state, object, &mut fields, &actor.user_id);
        person::classify(state, object, &mut fields)?;
        require(object, &fields)?;
        references::check(state, object, &given)?;
        activity::check(object, &fields)?;
        rules::validate(&state.options, object, &fields)?;
        check_unique(state, object, &fields, "")?;
        setup::check(state, object, &fields, Operation::Create, "")?;
        let id = state.tables.mint_id(object);
        stamp_created(&mut fields, &id, actor);
        derive::derive(&mut state.tables, object, &mut fields, actor.now);
        rules::check_duplicates(state, object, &fields, actor.allow_save)?;
        if let Some(owner) = state.options.assignment_rules.owner(object.name).filter(|_| actor.auto_assign) {
            fields.insert("OwnerId".to_owned(), json!(owner));
        }
        locks::take(state, locks::rows_of_insert(object, &id, &fields))?;
        state.tables.put(object, Record { fields, touched_at: actor.now.as_millisecond() });
        person::sync(state, object, &id);
        setup::mirror(state, actor, object, &id);
        if let Some(role) = derive::primary_role(state, object, &id) {
            create(state, actor, role.0, &role.1)?;
        }
        Ok(id)
    })
}

/// Updates a record.
pub(crate) fn update(
    state: &mut State,
    actor: &Actor,
    object: &'static Object,
    id: &str,
    body: &Fields,
) -> Result<(), ApiError> {
    require_writable(object)?;
    setup::permit(state, object, &actor.user_id)?;
    references::require_shared(state, id)?;
    let before = live(state, object, id)?.clone();
    record_faults::check(state, Operation::Update, object, Some(id), body)?;
    require_read_write(state)?;
    triggers::fire(state, object)?;
    state.atomically(|state| {
        let given = accept(state, object, body, Operation::Update)?;
        if before.flag("IsConverted") {
            return Err(ApiError::record("CANNOT_UPDATE_CONVERTED_LEAD", "cannot update converted lead", &[]));
        }
        let mut fields = before.fields.clone();
        fields.extend(given.clone());
        require(object, &fields)?;
        references::check(state, object, &given)?;
        activity::check(object, &fields)?;
        rules::validate(&state.options, object, &fields)?;
        check_unique(state, object, &fields, id)?;
        setup::check(state, object, &fields, Operation::Update, id)?;
        stamp_modified(&mut fields, actor);
        derive::derive(&mut state.tables, object, &mut fields, actor.now);
        let rows = [&before.fields, &fields].map(|fields| locks::rows_of_change(object, id, fields));
        locks::take(state, rows.concat())?;
        let phone_changed = given.iter().any(|(name, value)| is_phone(object, name) && before.get(name) != value);
        let touched_at = if phone_changed { actor.now.as_millisecond() } else { before.touched_at };
        state.tables.put(object, Record { fields, touched_at });
        person::sync(state, object, id);
        setup::mirror(state, actor, object, id);
        Ok(())
    })
}

/// Moves a record to the Recycle Bin.
pub(crate) fn delete(state: &mut State, actor: &Actor, object: &'static Object, id: &str) -> Result<(), ApiError> {
    require_writable(object)?;
    setup::permit(state, object, &actor.user_id)?;
    references::require_shared(state, id)?;
    let mut record = live(state, object, id)?.clone();
    require_read_write(state)?;
    triggers::fire(state, object)?;
    locks::take(state, locks::rows_of_change(object, id, &record.fields))?;
    record.fields.insert("IsDeleted".to_owned(), json!(true));
    stamp_modified(&mut record.fields, actor);
    state.tables.put(object, record);
    person::sync(state, object, id);
    setup::mirror(state, actor, object, id);
    Ok(())
}

/// The record, unless it is missing, deleted, or one that sharing hides from the session's user.
pub(crate) fn live<'a>(state: &'a State, object: &Object, id: &str) -> Result<&'a Record, ApiError> {
    match state.tables.get(object, id).filter(|record| state.shares(object, record)) {
        Some(record) if record.flag("IsDeleted") => {
            Err(ApiError::record("ENTITY_IS_DELETED", "entity is deleted", &[]).with_status(404))
        }
        Some(record) => Ok(record),
        None => Err(ApiError::not_found()),
    }
}

fn require_writable(object: &Object) -> Result<(), ApiError> {
    let refused = || {
        let message = format!("entity type cannot be inserted: {}", object.label);
        ApiError::record("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, &[])
    };
    object.writable.then_some(()).ok_or_else(refused)
}

/// Refuses every write while the org is read-only.
/// <https://help.salesforce.com/s/articleView?id=xcloud.setup_maintenance_mode_overview.htm>
pub(crate) fn require_read_write(state: &State) -> Result<(), ApiError> {
    if !state.options.read_only {
        return Ok(());
    }
    let message = "Updates can't be made during maintenance. Try again when maintenance is complete.";
    Err(ApiError::record("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", message, &[]))
}

/// Fills empty fields: declared defaults, `false`, the API user as owner, the standard profile of a user.
fn apply_defaults(state: &State, object: &Object, fields: &mut Fields, user_id: &str) {
    for field in object.fields(&state.options) {
        let empty = fields.get(field.name).is_none_or(Value::is_null);
        let default = match (field.kind, declared_default(state, object, field)) {
            (Kind::Boolean, default) => json!(default == Some("true")),
            (_, Some(text)) => json!(text),
            _ if field.name == "OwnerId" => json!(user_id),
            _ if field.name == "ProfileId" => json!(seed_data::profile_id(state, seed_data::STANDARD_PROFILE)),
            _ => continue,
        };
        if empty {
            fields.insert(field.name.to_owned(), default);
        }
    }
}

/// The field's own default; that of a Task's status is the org's.
fn declared_default<'a>(state: &'a State, object: &Object, field: &Field) -> Option<&'a str> {
    let org_default = task_statuses::are_values_of(object, field).then(|| task_statuses::default(&state.tables));
    org_default.flatten().or(field.default)
}

fn require(object: &Object, fields: &Fields) -> Result<(), ApiError> {
    let person = fields.get("IsPersonAccount") == Some(&json!(true)) && object.name == "Account";
    let required = object.fields.iter().filter(|field| match field.name {
        "Name" if person => false,
        "LastName" if person => true,
        _ => field.required,
    });
    let missing: Vec<&str> =
        required.map(|field| field.name).filter(|name| fields.get(*name).is_none_or(Value::is_null)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", missing.join(", "));
    Err(ApiError::record("REQUIRED_FIELD_MISSING", message, &missing))
}

fn check_unique(state: &State, object: &Object, fields: &Fields, own_id: &str) -> Result<(), ApiError> {
    for field in object.unique_fields() {
        let Some(value) = fields.get(field.name).and_then(Value::as_str) else { continue };
        if let Some(holder) = state.tables.holder(object, field.name, value).filter(|&holder| holder != own_id) {
            let message = format!("duplicate value found: {} duplicates value on record with id: {holder}", field.name);
            return Err(ApiError::record("DUPLICATE_VALUE", message, &[]));
        }
    }
    Ok(())
}

fn is_phone(object: &Object, name: &str) -> bool {
    object.fields.iter().any(|field| field.name == name && field.kind == Kind::Phone)
}

fn stamp_created(fields: &mut Fields, id: &str, actor: &Actor) {
    fields.insert("Id".to_owned(), json!(id));
    fields.insert("CreatedDate".to_owned(), json!(time::datetime(actor.now)));
    fields.insert("CreatedById".to_owned(), json!(actor.user_id));
    stamp_modified(fields, actor);
}

fn stamp_modified(fields: &mut Fields, actor: &Actor) {
    let now = json!(time::datetime(actor.now));
    fields.insert("LastModifiedDate".to_owned(), now.clone());
    fields.insert("SystemModstamp".to_owned(), now);
    fields.insert("LastModifiedById".to_owned(), json!(actor.user_id));
}
