//! Columns: dotted paths that are resolved against the schema.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{ast::Name, lexer::SyntaxError};
use crate::{
    call::{DATA, record_url},
    error::ApiError,
    schema::{self, Field, Kind, Object},
    state::State,
    tables::{Record, Tables},
};

/// One step of a path, from a record to the record that it refers to.
#[derive(Clone, Copy, Debug)]
struct Hop {
    field: &'static Field,
    relationship: &'static str,
    /// Whether the reference can point to several objects.
    polymorphic: bool,
}

/// For example `Opportunity.Account.Name`: two references and a field.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    hops: Vec<Hop>,
    /// The object of the field.
    object: &'static Object,
    pub(crate) field: &'static Field,
}

impl Column {
    /// Resolves a path from `object`.
    ///
    /// # Errors
    /// Salesforce's error about the unknown relationship or column.
    pub(crate) fn resolve(state: &State, object: &'static Object, name: &Name, source: &str) -> Result<Self, ApiError> {
        let invalid =
            |message: String| ApiError::new(400, "INVALID_FIELD", SyntaxError::new(name.at, message).explain(source));
        let mut path: Vec<&str> = name.text.split('.').collect();
        // A path may start with the object's own name.
        if path.len() > 1 && path[0].eq_ignore_ascii_case(object.name) && relationship(state, object, path[0]).is_none()
        {
            path.remove(0);
        }
        let last = path.pop().unwrap_or_default();
        let mut at = object;
        let mut hops = Vec::new();
        for step in path {
            let hop = relationship(state, at, step).ok_or_else(|| invalid(unknown_relationship(step)))?;
            at = hop.1;
            hops.push(hop.0);
        }
        let field = at.visible_field(state, last).ok_or_else(|| invalid(unknown_column(last, at.name)))?;
        Ok(Self { hops, object: at, field })
    }

    /// Refuses a column that cannot be `used`, which is `filtered` or `sorted`.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub(super) fn require_usable(&self, state: &State, used: &str) -> Result<(), ApiError> {
        if state.options.can_filter(self.object.name, self.field) {
            return Ok(());
        }
        let message = format!("field '{}' can not be {used} in a query call", self.field.name);
        Err(ApiError::new(400, "INVALID_FIELD", message))
    }

    /// The value of the column for a record; null if a reference on the path is empty.
    pub(crate) fn value<'a>(&self, tables: &'a Tables, record: &'a Record) -> Cow<'a, Value> {
        let mut at = record;
        let mut object = None;
        for hop in &self.hops {
            let Some(found) = at.text(hop.field.name).and_then(|id| tables.find(id)) else {
                return Cow::Owned(Value::Null);
            };
            (object, at) = (Some(found.0), found.1);
        }
        match object {
            Some(object) if self.field.name == "Type" && self.hops.last().is_some_and(|hop| hop.polymorphic) => {
                Cow::Owned(json!(object.name))
            }
            _ => Cow::Borrowed(at.get(self.field.name)),
        }
    }

    /// Writes the value at its path in `into`, and creates the objects on the path.
    fn write(&self, tables: &Tables, version: &str, record: &Record, into: &mut Map<String, Value>) {
        let mut at = record;
        let mut target = into;
        for hop in &self.hops {
            let found = at.text(hop.field.name).and_then(|id| tables.find(id));
            let Some((object, next)) = found else {
                target.insert(hop.relationship.to_owned(), Value::Null);
                return;
            };
            let mut attributes = attributes(version, object, next);
            if hop.polymorphic {
                attributes["type"] = json!("Name");
            }
            let entry = target.entry(hop.relationship).or_insert_with(|| json!({"attributes": attributes}));
            let Value::Object(inner) = entry else { return };
            (at, target) = (next, inner);
        }
        target.insert(self.field.name.to_owned(), self.value(tables, record).into_owned());
    }
}

/// The reference of a relationship name, and the object it points to.
fn relationship(state: &State, object: &Object, name: &str) -> Option<(Hop, &'static Object)> {
    let named = |field: &&Field| field.relationship.is_some_and(|relationship| relationship.eq_ignore_ascii_case(name));
    let field = object.visible_fields(state).find(named)?;
    let Kind::Reference(targets) = field.kind else { return None };
    let polymorphic = targets.len() > 1;
    let target = if polymorphic { schema::NAME } else { schema::visible_object(&state.options, targets.first()?)? };
    Some((Hop { field, relationship: field.relationship?, polymorphic }, target))
}

/// A record's `attributes`.
pub(crate) fn attributes(version: &str, object: &Object, record: &Record) -> Value {
    let url = match object {
        _ if record.id().is_empty() => format!("{DATA}/v{version}/sobjects/{}", object.name),
        _ if object.is_tooling() => format!("{DATA}/v{version}/tooling/sobjects/{}/{}", object.name, record.id()),
        _ => record_url(version, object.name, record.id()),
    };
    json!({"type": object.name, "url": url})
}

/// A record as a query or search returns it.
pub(crate) fn project(tables: &Tables, version: &str, object: &Object, columns: &[Column], record: &Record) -> Value {
    let mut row = Map::new();
    row.insert("attributes".to_owned(), attributes(version, object, record));
    for column in columns {
        column.write(tables, version, record, &mut row);
    }
    Value::Object(row)
}

fn unknown_column(name: &str, entity: &str) -> String {
    format!(
        "No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append \
         the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
    )
}

fn unknown_relationship(name: &str) -> String {
    format!(
        "Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, be \
         sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call \
         for the appropriate names."
    )
}
