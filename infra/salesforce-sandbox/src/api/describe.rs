//! `…/sobjects` and `…/sobjects/<S>/describe`.

use axum::http::Method;
use serde_json::{Value, json};

use super::require_method;
use crate::{
    call::{ApiResponse, Call, DATA},
    error::ApiError,
    schema::{self, Access, ChildRelationship, Field, Key, Kind, OBJECTS, Object},
    state::State,
    task_statuses,
};

pub(super) fn global(state: &State, call: &Call) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::GET)?;
    let visible = OBJECTS.iter().filter(|object| !state.options.hides_object(object.name));
    let sobjects: Vec<Value> = visible.map(|object| basics(&call.version, object)).collect();
    Ok(ApiResponse::ok(json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": sobjects})))
}

pub(super) fn one(state: &State, call: &Call, object: &Object) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::GET)?;
    let mut description = basics(&call.version, object);
    description["fields"] = object.visible_fields(state).map(|known| field(state, object, known)).collect();
    description["childRelationships"] = schema::child_relationships(object).map(child_relationship).collect();
    description["recordTypeInfos"] = json!(state.record_type_infos(&call.version, object));
    Ok(ApiResponse::ok(description))
}

/// The properties of an object that the global describe lists.
pub(super) fn basics(version: &str, object: &Object) -> Value {
    let url = format!("{DATA}/v{version}/sobjects/{}", object.name);
    let writable = object.writable;
    let prefix = Some(object.prefix).filter(|prefix| *prefix != Object::NO_PREFIX);
    json!({
        "name": object.name, "label": object.label, "labelPlural": object.label, "keyPrefix": prefix,
        "custom": object.name.ends_with("__c"), "createable": writable, "updateable": writable, "deletable": writable,
        "queryable": true, "retrieveable": true, "searchable": object.searchable, "undeletable": false,
        "layoutable": writable, "triggerable": writable,
        "urls": {"sobject": url, "describe": format!("{url}/describe"), "rowTemplate": format!("{url}/{{ID}}")},
    })
}

fn field(state: &State, object: &Object, field: &Field) -> Value {
    let writable = object.writable && !state.protects(object, field);
    let text_length = if field.kind == Kind::Int { 0 } else { field.length };
    let digits = if field.kind == Kind::Int { field.length } else { 0 };
    let filterable = state.options.can_filter(object.name, field);
    let mandatory = field.required || matches!(field.kind, Kind::Boolean | Kind::Id);
    let reference = if let Kind::Reference(targets) = field.kind { targets } else { &[] };
    let name_field = if object.has("Name") { "Name" } else { "Subject" };
    json!({
        "name": field.name, "label": field.label, "type": type_name(field.kind), "length": text_length, "digits": digits,
        "createable": writable && field.access != Access::ReadOnly,
        "updateable": writable && field.access == Access::CreateAndUpdate,
        "nillable": !mandatory, "defaultedOnCreate": field.default.is_some() || field.kind == Kind::Boolean,
        "unique": field.key == Key::UniqueExternalId, "externalId": field.key != Key::No,
        "idLookup": field.key != Key::No || field.kind == Kind::Id, "caseSensitive": field.case_sensitive(),
        "filterable": filterable, "sortable": filterable, "groupable": filterable,
        "restrictedPicklist": field.restricted, "picklistValues": picklist_values(state, object, field),
        "referenceTo": reference, "relationshipName": field.relationship, "polymorphicForeignKey": reference.len() > 1,
        "custom": field.name.ends_with("__c"), "calculated": false, "autoNumber": field.name == "CaseNumber",
        "nameField": field.name == name_field,
    })
}

fn picklist_values(state: &State, object: &Object, field: &Field) -> Vec<Value> {
    if task_statuses::are_values_of(object, field) {
        return task_statuses::picklist_values(&state.tables);
    }
    let value = |value: &&str| {
        let default = field.default == Some(*value);
        json!({"active": true, "defaultValue": default, "label": value, "value": value})
    };
    field.values.iter().map(value).collect()
}

fn child_relationship(relationship: &ChildRelationship) -> Value {
    json!({"relationshipName": relationship.name, "childSObject": relationship.child, "field": relationship.field,
        "cascadeDelete": false, "restrictedDelete": false, "deprecatedAndHidden": false})
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "id",
        Kind::Text => "string",
        Kind::Combobox => "combobox",
        Kind::LongText => "textarea",
        Kind::Picklist => "picklist",
        Kind::Phone => "phone",
        Kind::Email => "email",
        Kind::Url => "url",
        Kind::Date => "date",
        Kind::DateTime => "datetime",
        Kind::Boolean => "boolean",
        Kind::Int => "int",
        Kind::Number => "double",
        Kind::Reference(_) => "reference",
    }
}
