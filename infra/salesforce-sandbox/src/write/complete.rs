//! Fields that the given fields of a seeded record imply.

use serde_json::{Value, json};

use super::person;
use crate::{schema::Object, state::State, tables::Fields, task_statuses};

/// Fills in the fields that the given ones imply.
pub(super) fn complete(state: &State, object: &Object, given: &mut Fields) {
    let person = match object.name {
        "Account" => state.options.person_accounts && person::is_person(state, given),
        _ => object.has("LastName"),
    };
    if object.name == "Account" && state.options.person_accounts {
        person::mark(state, given, person);
    }
    if person {
        split_name(given);
    }
    fill_closed_status(state, object, given);
    if let Some(date) = given.get("LastModifiedDate").cloned() {
        given.entry("SystemModstamp").or_insert(date);
    }
}

fn is_empty(fields: &Fields, name: &str) -> bool {
    fields.get(name).is_none_or(Value::is_null)
}

/// Derives missing names from `Name`: the last name is its last word, the first name the text before the last name.
fn split_name(given: &mut Fields) {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let Some(name) = text("Name") else { return };
    let last = text("LastName").unwrap_or_else(|| name.rsplit(' ').next().unwrap_or(name));
    let first = name.strip_suffix(last).map_or("", str::trim);
    let names = [("FirstName", first), ("LastName", last)].map(|(field, part)| (field.to_owned(), json!(part)));
    for (field, part) in names.into_iter().filter(|(_, part)| part != "") {
        given.entry(field).or_insert(part);
    }
}

/// Gives a closed record without a status a closed one, as the next update would otherwise open it again.
fn fill_closed_status(state: &State, object: &Object, given: &mut Fields) {
    let (field, closed) = match object.name {
        "Case" => ("Status", "Closed"),
        "Task" => ("Status", task_statuses::first_closed(&state.tables).unwrap_or_default()),
        "Opportunity" if given.get("IsWon") == Some(&json!(true)) => ("StageName", "Closed Won"),
        "Opportunity" => ("StageName", "Closed Lost"),
        _ => return,
    };
    if given.get("IsClosed") == Some(&json!(true)) && is_empty(given, field) && !closed.is_empty() {
        given.insert(field.to_owned(), json!(closed));
    }
}
