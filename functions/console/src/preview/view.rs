//! What would be written, as texts by Salesforce's names: for the page and for the API.

use org::{Field, FieldValue, Place, RelatedPlace, Writes};
use rules::Settings;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::described::no_keys;
use super::{Previewed, Salesforce};
use crate::task_fields;

/// A record that the Task would be on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = PreviewedRecord)]
pub(crate) struct RecordView {
    /// `Contact`, `Lead`, `Account`, `Person Account`, `Case` or `Opportunity`.
    #[schema(example = "Contact")]
    pub(crate) kind: String,
    /// Its Salesforce id; null if it would be created.
    #[schema(required)]
    pub(crate) id: Option<String>,
    /// Its name, where that is known.
    #[schema(required)]
    pub(crate) name: Option<String>,
    /// Its fields, if it would be created.
    pub(crate) fields: Vec<FieldView>,
}

/// A field of what would be written.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = PreviewedField)]
pub(crate) struct FieldView {
    /// Salesforce's name of it.
    pub(crate) name: String,
    /// What it would hold; null for the id of a record that would be created.
    pub(crate) value: Value,
    /// What the value stands for.
    #[schema(required)]
    pub(crate) meaning: Option<String>,
}

impl FieldView {
    /// The value as people read it.
    pub(crate) fn text(&self) -> String {
        task_fields::text(&self.value)
    }
}

/// The records that the Task would be on: the Contact, Lead or Account, and the Case or Opportunity.
pub(crate) fn records(writes: &Writes) -> Vec<RecordView> {
    let record = match &writes.record {
        Place::Existing(record) => RecordView {
            kind: record.kind.to_string(),
            id: Some(record.id.clone()),
            name: Some(record.name.clone()),
            fields: Vec::new(),
        },
        Place::New { kind, name, fields } => {
            RecordView { kind: kind.to_string(), id: None, name: Some(name.clone()), fields: plain(fields) }
        }
    };
    let related = writes.related.as_ref().map(|related| match related {
        RelatedPlace::Existing(related) => {
            RecordView { kind: related.kind.to_string(), id: Some(related.id.clone()), name: None, fields: Vec::new() }
        }
        RelatedPlace::NewCase(fields) => {
            RecordView { kind: "Case".to_owned(), id: None, name: None, fields: plain(fields) }
        }
    });
    [record].into_iter().chain(related).collect()
}

/// The finished Task, field by field; without a look into Salesforce what is known without. Nothing if there is none.
pub(crate) fn task(previewed: &Previewed, settings: &Settings) -> Vec<FieldView> {
    let Ok(status) = previewed.would else { return Vec::new() };
    match &previewed.salesforce {
        Salesforce::Writes(writes) => fields(writes),
        Salesforce::NotNeeded | Salesforce::LeftOut(_) => {
            // Without a record's name the subject names the number.
            let task = previewed.interaction.task(status, settings, "");
            let fields = task_fields::task_fields(&task).into_iter();
            fields.map(|(name, value)| FieldView { name: name.to_owned(), value, meaning: None }).collect()
        }
    }
}

fn fields(writes: &Writes) -> Vec<FieldView> {
    let (kind, name, id) = match &writes.record {
        Place::Existing(record) => (record.kind, &record.name, Some(record)),
        Place::New { kind, name, .. } => (*kind, name, None),
    };
    let related = writes.related.as_ref().and_then(|related| match related {
        RelatedPlace::Existing(related) => Some(related),
        RelatedPlace::NewCase(_) => None,
    });
    let is_record = |value: &str| id.is_some_and(|record| record.who() == Some(value) || record.what() == Some(value));
    let meaning = |value: &FieldValue| match value {
        FieldValue::NewRecord => Some(format!("the new {kind} {name}")),
        FieldValue::NewCase => Some("the new Case".to_owned()),
        FieldValue::Given(value) => value.as_str().and_then(|value| {
            if is_record(value) {
                return Some(format!("the {kind} {name}"));
            }
            related.filter(|related| related.id == value).map(|related| format!("the {}", related.kind))
        }),
    };
    // A call that was only described has no id, and what is made of it is no key.
    let is_no_key = |value: &FieldValue| no_keys().map(Value::String).map(FieldValue::Given).contains(value);
    let fields = writes.task.iter().filter(|field| !is_no_key(&field.value));
    fields.map(|field| FieldView { meaning: meaning(&field.value), ..view(field) }).collect()
}

fn plain(fields: &[Field]) -> Vec<FieldView> {
    fields.iter().map(view).collect()
}

fn view(field: &Field) -> FieldView {
    let value = match &field.value {
        FieldValue::Given(value) => value.clone(),
        FieldValue::NewRecord | FieldValue::NewCase => Value::Null,
    };
    let meaning = match &field.value {
        FieldValue::Given(_) => None,
        FieldValue::NewRecord => Some("the new record".to_owned()),
        FieldValue::NewCase => Some("the new Case".to_owned()),
    };
    FieldView { name: field.name.clone(), value, meaning }
}
