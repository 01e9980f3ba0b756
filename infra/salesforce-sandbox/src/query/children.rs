//! Child subqueries: `(SELECT … FROM Contacts)` in a select list.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    ast::{Item, Select},
    column::{Column, project},
    condition::Test,
    lexer::SyntaxError,
    run::{Orders, Scope, arrange, columns, orders, visible},
};
use crate::{
    error::ApiError,
    schema::{self, ChildRelationship, Object},
    state::State,
    tables::Record,
};

/// A subquery resolved against the schema.
#[derive(Debug)]
pub(super) struct Children<'a> {
    relationship: &'static ChildRelationship,
    object: &'static Object,
    select: &'a Select,
    columns: Vec<Column>,
    test: Option<Test>,
    orders: Orders,
}

impl<'a> Children<'a> {
    /// Resolves the subqueries of a query on `parent`.
    pub(super) fn resolve_all(
        state: &State,
        parent: &Object,
        select: &'a Select,
        source: &str,
        now: Timestamp,
    ) -> Result<Vec<Self>, ApiError> {
        let inner =
            select.items.iter().filter_map(|item| if let Item::Children(inner) = item { Some(inner) } else { None });
        inner.map(|inner| Self::resolve(state, parent, inner, source, now)).collect()
    }

    fn resolve(
        state: &State,
        parent: &Object,
        select: &'a Select,
        source: &str,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let name = &select.from;
        let unknown = || {
            let message = format!("Didn't understand relationship '{}' in FROM part of query call.", name.text);
            ApiError::new(400, "INVALID_TYPE", SyntaxError::new(name.at, message).explain(source))
        };
        let relationship = schema::child_relationships(parent)
            .find(|relationship| relationship.name.eq_ignore_ascii_case(&name.text))
            .ok_or_else(unknown)?;
        let object = schema::visible_object(&state.options, relationship.child).ok_or_else(unknown)?;
        if select.items.iter().any(|item| !matches!(item, Item::Field(_) | Item::AllFields)) {
            let message = "only fields can be selected in a subquery of this kind";
            return Err(ApiError::new(400, "MALFORMED_QUERY", message));
        }
        let filter = select.filter.as_ref();
        Ok(Self {
            relationship,
            object,
            select,
            columns: columns(state, object, select, source)?,
            test: filter.map(|filter| Test::resolve(state, object, filter, source, now)).transpose()?,
            orders: orders(state, object, &select.order, source)?,
        })
    }

    /// Adds the children of `parent` to its row: null without children, else a nested query result.
    pub(super) fn add(&self, state: &State, version: &str, parent: &Record, row: &mut Value) {
        let rows = state.tables.rows(self.object).iter().filter(|record| {
            record.text(self.relationship.field) == Some(parent.id())
                && visible(state, self.object, record, Scope::Live)
                && self.test.as_ref().is_none_or(|test| test.passes(&state.tables, record))
        });
        let rows = arrange(&state.tables, rows.collect(), &self.orders, self.select.offset, self.select.limit);
        let rows = rows.iter().map(|record| project(&state.tables, version, self.object, &self.columns, record));
        let records: Vec<Value> = rows.collect();
        row[self.relationship.name] = if records.is_empty() {
            Value::Null
        } else {
            json!({"totalSize": records.len(), "done": true, "records": records})
        };
    }
}
