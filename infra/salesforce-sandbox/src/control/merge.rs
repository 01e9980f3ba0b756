//! `/_sandbox/merge`: merges records, which in Salesforce an admin does.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use sandbox_kit::JsonBody;
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::{
    Org, id,
    schema::{self, Object},
    state, write,
};

/// The objects whose records can be merged.
const MERGEABLE: [&str; 3] = ["Contact", "Lead", "Account"];
/// Maximum number of records that are merged into another one.
const MAX_MERGED: usize = 2;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Merge {
    sobject: String,
    /// The id of the record that stays.
    master: String,
    /// The id of the record that is merged into it, or a list of at most two.
    merged: Value,
}

/// A status and a sentence that names the field.
type Refused = (StatusCode, String);

pub(super) async fn merge(State(org): State<Org>, JsonBody(body): JsonBody<Merge>) -> Response {
    let mut state = org.lock();
    let (object, master, merged) = match check(&state, &body) {
        Ok(checked) => checked,
        Err((status, why)) => return refused(status, why),
    };
    let moved = write::merge(&mut state, object, &master, &merged, Timestamp::now());
    state.tables.commit();
    Json(json!({"id": master, "mergedRecordIds": merged, "updatedRelatedIds": moved})).into_response()
}

/// The object and the ids of the records, if they can be merged.
fn check(state: &state::State, body: &Merge) -> Result<(&'static Object, String, Vec<String>), Refused> {
    let object = schema::object(&body.sobject);
    let object = object.ok_or_else(|| (StatusCode::NOT_FOUND, format!("sobject: no object {}", body.sobject)))?;
    if !MERGEABLE.contains(&object.name) {
        return Err(invalid("sobject: only Contact, Lead and Account can be merged"));
    }
    let master = check_record(state, object, "master", &body.master)?;
    let given = ids(&body.merged).ok_or_else(|| invalid("merged: an id, or a list of one or two ids"))?;
    let mut merged = Vec::new();
    for id in given {
        let id = check_record(state, object, "merged", id)?;
        if id == master {
            return Err(invalid(format!("merged: {id} is the master")));
        }
        if merged.contains(&id) {
            return Err(invalid(format!("merged: {id} is given twice")));
        }
        check_pair(state, object, &master, &id)?;
        merged.push(id);
    }
    Ok((object, master, merged))
}

fn ids(merged: &Value) -> Option<Vec<&str>> {
    let ids = match merged {
        Value::String(id) => vec![id.as_str()],
        Value::Array(ids) => ids.iter().map(Value::as_str).collect::<Option<_>>()?,
        _ => return None,
    };
    (1..=MAX_MERGED).contains(&ids.len()).then_some(ids)
}

/// The id in its long form, if its record exists and can be merged.
fn check_record(state: &state::State, object: &Object, field: &str, id: &str) -> Result<String, Refused> {
    let record = id::normalise(id).and_then(|id| state.tables.get(object, &id));
    let record = record.ok_or_else(|| (StatusCode::NOT_FOUND, format!("{field}: no {} {id}", object.name)))?;
    let id = record.id();
    if record.flag("IsDeleted") {
        return Err(invalid(format!("{field}: {id} is deleted")));
    }
    if record.flag("IsConverted") {
        return Err(invalid(format!("{field}: {id} is a converted Lead")));
    }
    if object.name == "Contact" && record.flag("IsPersonAccount") {
        return Err(invalid(format!("{field}: {id} belongs to a Person Account, which is merged instead")));
    }
    Ok(id.to_owned())
}

/// Refuses to merge a Person Account with another Account, and an Account with one below it.
fn check_pair(state: &state::State, object: &Object, master: &str, merged: &str) -> Result<(), Refused> {
    let person = |id| state.tables.get(object, id).is_some_and(|record| record.flag("IsPersonAccount"));
    if person(master) != person(merged) {
        return Err(invalid(format!("merged: {merged} and the master are not both Person Accounts")));
    }
    let parent = |id: &String| state.tables.get(object, id)?.text("ParentId").map(ToOwned::to_owned);
    let mut parents = std::iter::successors(parent(&master.to_owned()), parent).take(state.tables.rows(object).len());
    if object.name == "Account" && parents.any(|parent| parent == merged) {
        return Err(invalid(format!("merged: {merged} is above the master in the hierarchy of Accounts")));
    }
    Ok(())
}

fn invalid(why: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, why.into())
}
