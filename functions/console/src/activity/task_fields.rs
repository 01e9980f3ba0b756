//! A Task's fields by their Salesforce names, in reading order.

use rules::{Direction, Task};
use serde_json::{Value, json};

/// The fields that the integration writes to a Task, except its records (`WhoId`, `WhatId`) and its owner.
pub(crate) fn task_fields(task: &Task) -> Vec<(&'static str, Value)> {
    let direction = task.direction.map(|direction| match direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
    });
    let mut fields = vec![
        ("Subject", json!(task.subject)),
        ("Status", json!(task.status.as_str())),
        ("ActivityDate", json!(task.activity_date.to_string())),
    ];
    fields.extend(direction.map(|direction| ("CallType", json!(direction))));
    fields.extend(task.talk_seconds.map(|seconds| ("CallDurationInSeconds", json!(seconds))));
    fields.extend(task.call_disposition.as_ref().map(|tags| ("CallDisposition", json!(tags))));
    fields.push(("Description", json!(task.description)));
    fields
}

/// A field's value for display: strings without quotes.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
