//! Seeding: stores records for tests and demos directly, without the API's rules.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Actor, accept::accept_any, apply_defaults, check_unique, complete::complete, derive, person, stamp_created,
};
use crate::{error::ApiError, id, schema::Object, state::State, tables::Record};

/// When search finds a seeded record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Indexing {
    /// Immediately, as if it had existed for a long time.
    AtOnce,
    /// After the org's index lag, like any new record.
    AfterLag,
}

/// Stores a record with the given fields, including system and derived fields, and fills in the rest.
///
/// Fields must exist and have the right type, ids must be of this object, and unique keys stay unique.
pub(crate) fn seed(
    state: &mut State,
    object: &'static Object,
    record: &Value,
    indexing: Indexing,
) -> Result<String, ApiError> {
    let body = record.as_object().ok_or_else(|| ApiError::malformed_body("a record is a JSON object"))?;
    let mut given = accept_any(&state.options, object, body)?;
    complete(state, object, &mut given);
    let now = Timestamp::now();
    let mut fields = given.clone();
    let admin = state.identity.admin_user_id.clone();
    apply_defaults(state, object, &mut fields, &admin);
    check_unique(state, object, &fields, "")?;
    let given_id = given.get("Id").and_then(|id| id.as_str()).and_then(id::normalise);
    let record_id = given_id.unwrap_or_else(|| state.tables.mint_id(object));
    if !record_id.starts_with(object.prefix) || state.tables.get(object, &record_id).is_some() {
        return Err(ApiError::record("MALFORMED_ID", "the id is taken or of another object", &["Id"]));
    }
    stamp_created(&mut fields, &record_id, &Actor { user_id: admin, now, allow_save: true, auto_assign: false });
    derive::derive(&mut state.tables, object, &mut fields, now);
    // Given fields override derived ones.
    fields.extend(given);
    fields.insert("Id".to_owned(), json!(record_id));
    let touched_at = match indexing {
        Indexing::AtOnce => 0,
        Indexing::AfterLag => now.as_millisecond(),
    };
    state.tables.put(object, Record { fields, touched_at });
    person::sync(state, object, &record_id);
    if let Some((role, body)) = derive::primary_role(state, object, &record_id) {
        seed(state, role, &Value::Object(body), indexing)?;
    }
    Ok(record_id)
}
