//! What would be written to Salesforce, by its field names, for the page and the API.

use org::{Field, FieldValue, Place, RelatedPlace, Writes};
use rules::{SalesforceId, Settings};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::made_up::placeholder_keys;
use super::{Previewed, Salesforce};
use crate::activity::task_fields;

/// A record that the Task would be related to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = PreviewedRecord)]
pub(crate) struct RecordView {
    /// `Contact`, `Lead`, `Account`, `Person Account`, `Case` or `Opportunity`.
    #[schema(example = "Contact")]
    pub(crate) kind: String,
    /// Its Salesforce ID; null if it would be created.
    #[schema(required)]
    pub(crate) id: Option<String>,
    /// Its name; null if unknown.
    #[schema(required)]
    pub(crate) name: Option<String>,
    /// Its fields if it would be created; otherwise empty.
    pub(crate) fields: Vec<FieldView>,
}

/// A field that would be written.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = PreviewedField)]
pub(crate) struct FieldView {
    /// The field's name in Salesforce.
    pub(crate) name: String,
    /// Its value; null for the ID of a record that would be created.
    pub(crate) value: Value,
    /// What the value refers to, such as `the new Case`; null if it needs no explanation.
    #[schema(required)]
    pub(crate) meaning: Option<String>,
}

impl FieldView {
    /// The value for display.
    pub(crate) fn text(&self) -> String {
        task_fields::text(&self.value)
    }
}

/// The records that the Task would be related to: the Contact, Lead or Account, and the Case or Opportunity.
pub(crate) fn records(writes: &Writes) -> Vec<RecordView> {
    let record = match &writes.record {
        Place::Existing(record) => RecordView {
            kind: record.kind.to_string(),
            id: record.id.map(String::from),
            name: Some(record.name.clone()),
            fields: Vec::new(),
        },
        Place::New { kind, name, fields } => {
            RecordView { kind: kind.to_string(), id: None, name: Some(name.clone()), fields: plain(fields) }
        }
    };
    let related = writes.related.as_ref().map(|related| match related {
        RelatedPlace::Existing(related) => RecordView {
            kind: related.kind.to_string(),
            id: Some(related.id.to_string()),
            name: None,
            fields: Vec::new(),
        },
        RelatedPlace::NewCase(fields) => {
            RecordView { kind: "Case".to_owned(), id: None, name: None, fields: plain(fields) }
        }
    });
    [record].into_iter().chain(related).collect()
}

/// The fields of the Task. Without a look-up in Salesforce, only those that are known without it. Empty if there would
/// be no Task.
pub(crate) fn task(previewed: &Previewed, settings: &Settings) -> Vec<FieldView> {
    let Ok(status) = previewed.would else { return Vec::new() };
    match &previewed.salesforce {
        Salesforce::Writes(writes) => fields(writes),
        Salesforce::NotNeeded | Salesforce::LeftOut(_) => {
            // Without a record's name, the subject contains the phone number.
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
    let is_record = |value: SalesforceId| id.is_some_and(|record| [record.who(), record.what()].contains(&Some(value)));
    let meaning = |value: &FieldValue| match value {
        FieldValue::NewRecord => Some(format!("the new {kind} {name}")),
        FieldValue::NewCase => Some("the new Case".to_owned()),
        FieldValue::NewAccount => Some("the new Account".to_owned()),
        FieldValue::Given(value) => value.as_str().and_then(|value| {
            let value = SalesforceId::parse(value).ok()?;
            if is_record(value) {
                return Some(format!("the {kind} {name}"));
            }
            related.filter(|related| related.id == value).map(|related| format!("the {}", related.kind))
        }),
    };
    // A made-up call has no ID, so the key made from its placeholder is left out.
    let is_placeholder =
        |value: &FieldValue| placeholder_keys().map(Value::String).map(FieldValue::Given).contains(value);
    let fields = writes.task.iter().filter(|field| !is_placeholder(&field.value));
    fields.map(|field| FieldView { meaning: meaning(&field.value), ..view(field) }).collect()
}

fn plain(fields: &[Field]) -> Vec<FieldView> {
    fields.iter().map(view).collect()
}

fn view(field: &Field) -> FieldView {
    let value = match &field.value {
        FieldValue::Given(value) => value.clone(),
        FieldValue::NewRecord | FieldValue::NewCase | FieldValue::NewAccount => Value::Null,
    };
    let meaning = match &field.value {
        FieldValue::Given(_) => None,
        FieldValue::NewRecord => Some("the new record".to_owned()),
        FieldValue::NewCase => Some("the new Case".to_owned()),
        FieldValue::NewAccount => Some("the new Account".to_owned()),
    };
    FieldView { name: field.name.clone(), value, meaning }
}
