//! Merging: what Salesforce's `merge()`, which the REST API does not offer, does to records.
//! <https://developer.salesforce.com/docs/platform/api/guide/sforce-api-calls-merge.html>

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Actor, derive, person, stamp_modified};
use crate::{
    schema::{self, Field, Kind, OBJECTS, Object},
    state::State,
    tables::Record,
    time,
};

/// References that are no child relationships, or of which the documentation does not say that they are changed.
const KEPT: &[&str] = &["MasterRecordId", "PersonContactId", "ConvertedContactId", "ConvertedAccountId"];

/// Moves the children of the `merged` records to `master`, and deletes the merged records. Returns the ids of the
/// moved records.
pub(crate) fn merge(
    state: &mut State,
    object: &'static Object,
    master: &str,
    merged: &[String],
    now: Timestamp,
) -> Vec<String> {
    let actor = Actor { user_id: state.identity.admin_user_id.clone(), now, allow_save: true, auto_assign: false };
    let mut moved = Vec::new();
    for loser in merged {
        // The hidden Contacts of Person Accounts first, as they follow their Accounts.
        if let Some((contact, loser, master)) = person_contacts(state, object, loser, master) {
            moved.extend(move_children(state, contact, &loser, &master, now));
            retire(state, contact, &loser, &master, &actor);
        }
        moved.extend(move_children(state, object, loser, master, now));
        retire(state, object, loser, master, &actor);
    }
    change(state, object, master, |record| stamp_modified(&mut record.fields, &actor));
    moved.sort();
    moved.dedup();
    moved
}

/// The object Contact, and the ids of the hidden Contacts of two Person Accounts.
fn person_contacts(
    state: &State,
    object: &Object,
    loser: &str,
    master: &str,
) -> Option<(&'static Object, String, String)> {
    let contact_of = |id: &str| state.tables.get(object, id)?.text("PersonContactId").map(ToOwned::to_owned);
    Some((schema::object("Contact")?, contact_of(loser)?, contact_of(master)?))
}

/// Moves the live records that refer to `from`, and returns their ids.
fn move_children(state: &mut State, object: &Object, from: &str, to: &str, now: Timestamp) -> Vec<String> {
    let mut moved = Vec::new();
    for child in OBJECTS {
        let references: Vec<&str> =
            child.fields.iter().filter(|field| is_parent(field, object)).map(|field| field.name).collect();
        let refers = |record: &&Record| {
            let hidden = child.name == "Contact" && record.flag("IsPersonAccount");
            !hidden && !record.flag("IsDeleted") && references.iter().any(|name| record.text(name) == Some(from))
        };
        let records: Vec<Record> = state.tables.rows(child).iter().filter(refers).cloned().collect();
        for mut record in records {
            let changed: Vec<&str> =
                references.iter().copied().filter(|name| record.text(name) == Some(from)).collect();
            for name in &changed {
                record.fields.insert((*name).to_owned(), json!(to));
            }
            if changed.contains(&"WhoId") || changed.contains(&"WhatId") {
                derive::activity_account(&state.tables, &mut record.fields);
            }
            record.fields.insert("SystemModstamp".to_owned(), json!(time::datetime(now)));
            moved.push(record.id().to_owned());
            state.tables.put(child, record);
        }
    }
    moved
}

/// Whether a record's field makes it a child of a record of `parent`.
fn is_parent(field: &Field, parent: &Object) -> bool {
    matches!(field.kind, Kind::Reference(targets) if targets.contains(&parent.name)) && !KEPT.contains(&field.name)
}

/// Deletes a record that was merged.
fn retire(state: &mut State, object: &'static Object, id: &str, master: &str, actor: &Actor) {
    change(state, object, id, |record| {
        record.fields.insert("MasterRecordId".to_owned(), json!(master));
        record.fields.insert("IsDeleted".to_owned(), Value::Bool(true));
        stamp_modified(&mut record.fields, actor);
    });
}

fn change(state: &mut State, object: &'static Object, id: &str, work: impl FnOnce(&mut Record)) {
    let Some(mut record) = state.tables.get(object, id).cloned() else { return };
    work(&mut record);
    state.tables.put(object, record);
    person::sync(state, object, id);
}
