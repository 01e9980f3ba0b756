//! The org's own list of Task statuses, which says which of them are closed: the rows of `TaskStatus`.

use serde_json::{Value, json};

use crate::{
    options::{Options, TaskStatus},
    schema::{self, Field, Object},
    state::State,
    tables::{Record, Tables},
    write,
};

/// The list of a new org: `Not Started` is the default, and only `Completed` is closed.
const STANDARD: [&str; 5] = ["Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"];

fn rows(tables: &Tables) -> &[Record] {
    schema::object("TaskStatus").map(|object| tables.rows(object)).unwrap_or_default()
}

/// Whether the field's values are those of the list.
pub(crate) fn are_values_of(object: &Object, field: &Field) -> bool {
    object.name == "Task" && field.name == "Status"
}

/// Whether a Task with this status is closed; with one that the list does not have, it is open.
pub(crate) fn is_closed(tables: &Tables, status: &str) -> bool {
    rows(tables).iter().any(|row| row.flag("IsClosed") && row.text("ApiName") == Some(status))
}

/// The status of a Task that is created without one: the default of the list, else its first.
pub(crate) fn default(tables: &Tables) -> Option<&str> {
    let rows = rows(tables);
    rows.iter().find(|row| row.flag("IsDefault")).or(rows.first())?.text("ApiName")
}

/// The first status of the list that is closed.
pub(crate) fn first_closed(tables: &Tables) -> Option<&str> {
    rows(tables).iter().find(|row| row.flag("IsClosed"))?.text("ApiName")
}

/// The list as `describe` shows it.
pub(crate) fn picklist_values(tables: &Tables) -> Vec<Value> {
    let value = |row: &Record| {
        json!({"active": true, "defaultValue": row.flag("IsDefault"), "label": row.get("MasterLabel"),
            "value": row.get("ApiName")})
    };
    rows(tables).iter().map(value).collect()
}

/// The rows of the options' list.
pub(crate) fn records(options: &Options) -> Vec<Value> {
    let list = options.task_statuses.clone().unwrap_or_else(|| STANDARD.map(standard).to_vec());
    let record = |(order, TaskStatus { api_name, master_label, is_closed, is_default }): (i32, TaskStatus)| {
        json!({"ApiName": api_name, "MasterLabel": master_label.unwrap_or_else(|| api_name.clone()),
            "SortOrder": order, "IsClosed": is_closed, "IsDefault": is_default})
    };
    (1..).zip(list).map(record).collect()
}

fn standard(name: &str) -> TaskStatus {
    TaskStatus {
        api_name: name.to_owned(),
        master_label: None,
        is_closed: name == "Completed",
        is_default: name == "Not Started",
    }
}

/// Replaces the list by that of the options. Tasks whose status was open and is now closed are closed, and vice versa.
pub(crate) fn replace(state: &mut State) {
    let (Some(object), Some(task)) = (schema::object("TaskStatus"), schema::object("Task")) else { return };
    let before = closed_tasks(state, task);
    state.tables.retain(object, |_| false);
    for record in records(&state.options) {
        write::seed(state, object, &record, write::Indexing::AtOnce).expect("a status fits the schema");
    }
    state.tables.commit();
    let after = closed_tasks(state, task);
    for (_, (id, closed)) in before.iter().zip(&after).filter(|(before, after)| before != after) {
        state.tables.amend(task, id, "IsClosed", json!(closed));
        if !closed {
            state.tables.amend(task, id, "CompletedDateTime", Value::Null);
        }
    }
}

/// The id of each Task, and whether its status is closed.
fn closed_tasks(state: &State, task: &Object) -> Vec<(String, bool)> {
    let closed = |record: &Record| {
        (record.id().to_owned(), record.text("Status").is_some_and(|status| is_closed(&state.tables, status)))
    };
    state.tables.rows(task).iter().map(closed).collect()
}
