//! Runs a search over the records that are indexed at the time.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    haystack::Haystack,
    parse::{LIMIT, Returning, Search},
    terms::Expression,
};
use crate::{
    error::ApiError,
    query::{self, Column, Scope, SyntaxError, Test, ast::Name},
    schema::{self, OBJECTS, Object},
    state::State,
    tables::Record,
};

/// Runs a search and returns the `searchRecords`; errors quote `source`.
pub(crate) fn run(
    state: &State,
    search: &Search,
    source: &str,
    version: &str,
    now: Timestamp,
) -> Result<Vec<Value>, ApiError> {
    let everything = everything(state);
    let returning = if search.returning.is_empty() { &everything } else { &search.returning };
    let limit = match state.options.search_limit_per_object {
        limit if limit > 0 && returning.len() > 1 => limit,
        _ => LIMIT,
    };
    let mut found = Vec::with_capacity(returning.len());
    for returning in returning {
        found.push(one(state, search, returning, limit, source, version, now)?.into_iter());
    }
    // The overall limit is distributed evenly over the objects.
    let mut quotas = vec![0; found.len()];
    let mut left = search.limit;
    while left > 0 && quotas.iter().zip(&found).any(|(quota, rows)| *quota < rows.len()) {
        for (quota, rows) in quotas.iter_mut().zip(&found) {
            if *quota < rows.len() && left > 0 {
                *quota += 1;
                left -= 1;
            }
        }
    }
    Ok(found.into_iter().zip(quotas).flat_map(|(rows, quota)| rows.take(quota)).collect())
}

/// The default for `RETURNING`: the ids of all searchable objects.
fn everything(state: &State) -> Vec<Returning> {
    let searchable = OBJECTS.iter().filter(|object| object.searchable && !state.options.hides_object(object.name));
    let returning = |object: &&Object| Returning {
        object: Name { text: object.name.to_owned(), at: 0 },
        fields: Vec::new(),
        filter: None,
        order: Vec::new(),
        limit: None,
        offset: 0,
    };
    searchable.map(returning).collect()
}

/// The rows of one object: at most `limit`, of which `ORDER BY` and `LIMIT` see no more.
///
/// How Salesforce ranks by relevance is not documented. Here the records that were created first come first, so that those
/// of one phone number may crowd out those of another.
fn one(
    state: &State,
    search: &Search,
    returning: &Returning,
    limit: usize,
    source: &str,
    version: &str,
    now: Timestamp,
) -> Result<Vec<Value>, ApiError> {
    let object = searchable(state, &returning.object, source)?;
    let id = [Name { text: "Id".to_owned(), at: 0 }];
    let names = if returning.fields.is_empty() { &id[..] } else { &returning.fields };
    let columns =
        names.iter().map(|name| Column::resolve(state, object, name, source)).collect::<Result<Vec<_>, _>>()?;
    let test = returning.filter.as_ref().map(|filter| Test::resolve(state, object, filter, source, now)).transpose()?;
    let orders = query::orders(state, object, &returning.order, source)?;
    let Some(expression) = &search.expression else { return Ok(Vec::new()) };
    let hit = |record: &&Record| is_hit(state, search, object, expression, record, now);
    let hits = state.tables.rows(object).iter().filter(hit);
    let rows = hits.filter(|record| test.as_ref().is_none_or(|test| test.passes(&state.tables, record)));
    let rows = rows.take(limit).collect();
    let rows = query::arrange(&state.tables, rows, &orders, returning.offset, returning.limit);
    Ok(rows.iter().map(|record| query::project(&state.tables, version, object, &columns, record)).collect())
}

fn is_hit(
    state: &State,
    search: &Search,
    object: &Object,
    expression: &Expression,
    record: &Record,
    now: Timestamp,
) -> bool {
    query::visible(state, object, record, Scope::Live)
        && state.indexed(record, now)
        && Haystack::new(&state.options, object, record, search.group).contains(expression)
}

fn searchable(state: &State, name: &Name, source: &str) -> Result<&'static Object, ApiError> {
    schema::visible_object(&state.options, &name.text).filter(|object| object.searchable).ok_or_else(|| {
        let message = format!("sObject type '{}' is not supported.", name.text);
        ApiError::new(400, "INVALID_TYPE", SyntaxError::new(name.at, message).explain(source))
    })
}
