//! Fields that Salesforce derives.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    schema::{self, Object},
    state::State,
    tables::{Fields, Record, Tables},
    task_statuses, time,
};

/// Sets the derived fields of a record that is about to be stored.
pub(super) fn derive(tables: &mut Tables, object: &Object, fields: &mut Fields, now: Timestamp) {
    match object.name {
        "Task" => {
            task(tables, fields, now);
            activity_account(tables, fields);
        }
        "Event" => activity_account(tables, fields),
        "Contact" | "Lead" | "User" => full_name(fields),
        "Account" if fields.get("IsPersonAccount") == Some(&json!(true)) => full_name(fields),
        "Case" => case(tables, fields, now),
        "Opportunity" => opportunity(fields),
        "FieldPermissions" => field_permissions(fields),
        _ => {}
    }
}

fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

fn set(fields: &mut Fields, name: &str, value: Value) {
    fields.insert(name.to_owned(), value);
}

fn task(tables: &Tables, fields: &mut Fields, now: Timestamp) {
    let closed = text(fields, "Status").is_some_and(|status| task_statuses::is_closed(tables, status));
    let high = text(fields, "Priority") == Some("High");
    set(fields, "IsClosed", json!(closed));
    set(fields, "IsHighPriority", json!(high));
    closing_time(fields, "CompletedDateTime", closed, now);
}

/// Sets the time when the record closes, keeps it while it stays closed, and clears it when the record is reopened.
fn closing_time(fields: &mut Fields, name: &str, closed: bool, now: Timestamp) {
    if !closed {
        set(fields, name, Value::Null);
    } else if text(fields, name).is_none() {
        set(fields, name, json!(time::datetime(now)));
    }
}

/// Sets `AccountId`: the account of `WhatId` if that is an Account or Opportunity, else that of the Contact in `WhoId`.
pub(super) fn activity_account(tables: &Tables, fields: &mut Fields) {
    let account_of = |id: &str| {
        let (object, record) = tables.find(id)?;
        match object.name {
            "Account" => Some(id.to_owned()),
            "Opportunity" | "Contact" => record.text("AccountId").map(ToOwned::to_owned),
            _ => None,
        }
    };
    let account = text(fields, "WhatId").and_then(account_of).or_else(|| text(fields, "WhoId").and_then(account_of));
    set(fields, "AccountId", json!(account));
}

fn full_name(fields: &mut Fields) {
    let parts = ["FirstName", "LastName"].iter().filter_map(|name| text(fields, name));
    let name = parts.collect::<Vec<_>>().join(" ");
    if !name.is_empty() {
        set(fields, "Name", json!(name));
    }
}

fn case(tables: &mut Tables, fields: &mut Fields, now: Timestamp) {
    if text(fields, "CaseNumber").is_none() {
        set(fields, "CaseNumber", json!(tables.next_case_number()));
    }
    let contact = text(fields, "ContactId").and_then(|id| tables.find(id));
    let account = contact.and_then(|(_, contact)| contact.text("AccountId")).map(ToOwned::to_owned);
    if let Some(account) = account.filter(|_| text(fields, "AccountId").is_none()) {
        set(fields, "AccountId", json!(account));
    }
    let closed = text(fields, "Status") == Some("Closed");
    set(fields, "IsClosed", json!(closed));
    closing_time(fields, "ClosedDate", closed, now);
}

fn opportunity(fields: &mut Fields) {
    let stage = text(fields, "StageName").unwrap_or_default().to_owned();
    set(fields, "IsClosed", json!(matches!(stage.as_str(), "Closed Won" | "Closed Lost")));
    set(fields, "IsWon", json!(stage == "Closed Won"));
}

/// Deletes an entry that grants nothing.
fn field_permissions(fields: &mut Fields) {
    let grants = fields.get("PermissionsRead") == Some(&json!(true));
    set(fields, "IsDeleted", json!(!grants));
}

/// The primary contact role of an Opportunity that was created with `ContactId`.
pub(super) fn primary_role(state: &State, object: &Object, id: &str) -> Option<(&'static Object, Fields)> {
    let contact = (object.name == "Opportunity").then(|| state.tables.get(object, id)).flatten();
    let contact_id = contact.and_then(|record: &Record| record.text("ContactId"))?;
    let role = json!({"OpportunityId": id, "ContactId": contact_id, "IsPrimary": true});
    Some((schema::object("OpportunityContactRole")?, role.as_object().cloned()?))
}
