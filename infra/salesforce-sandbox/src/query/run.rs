//! Evaluation of queries.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    ast::{Item, Name, Order, Select},
    children::Children,
    column::{Column, project},
    condition::Test,
    key::Key,
    lexer::SyntaxError,
};
use crate::{
    error::ApiError,
    schema::{self, Object},
    state::State,
    tables::{Record, Tables},
};

/// The records that a query sees.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scope {
    /// Records that are not deleted.
    Live,
    /// `queryAll`: deleted records, too.
    All,
    /// The Tooling API's objects.
    Tooling,
}

/// The result of a query.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) records: Vec<Value>,
    /// The `totalSize`, which is the only result of `COUNT()`.
    pub(crate) total: usize,
}

/// Runs `select`; errors quote `source`, the text it was parsed from.
pub(crate) fn run(
    state: &State,
    select: &Select,
    source: &str,
    scope: Scope,
    version: &str,
    now: Timestamp,
) -> Result<Found, ApiError> {
    let object = entity(state, &select.from, source, scope)?;
    let test = select.filter.as_ref().map(|filter| Test::resolve(state, object, filter, source, now)).transpose()?;
    if select.offset > 2000 {
        return Err(ApiError::new(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"));
    }
    let columns = columns(state, object, select, source)?;
    let children = Children::resolve_all(state, object, select, source, now)?;
    let rows = state.rows(object);
    let candidates = rows.iter().filter(|record| visible(state, object, record, scope));
    let found = candidates.filter(|record| test.as_ref().is_none_or(|test| test.passes(&state.tables, record)));
    match select.items.first() {
        Some(Item::Count) => Ok(Found { records: Vec::new(), total: found.count() }),
        Some(Item::CountOf(_)) => {
            let count = found.filter(|record| !columns[0].value(&state.tables, record).is_null()).count();
            Ok(Found { records: vec![json!({"attributes": {"type": "AggregateResult"}, "expr0": count})], total: 1 })
        }
        _ => {
            let order = orders(state, object, &select.order, source)?;
            let rows = arrange(&state.tables, found.collect(), &order, select.offset, select.limit);
            let row = |record: &&Record| {
                let mut row = project(&state.tables, version, object, &columns, record);
                for children in &children {
                    children.add(state, version, record, &mut row);
                }
                row
            };
            let records: Vec<Value> = rows.iter().map(row).collect();
            let total = records.len();
            Ok(Found { records, total })
        }
    }
}

/// Whether a query sees the record: only what sharing lets the user see, deleted records only with `queryAll`, and the
/// person record type only in orgs with Person Accounts.
pub(crate) fn visible(state: &State, object: &Object, record: &Record, scope: Scope) -> bool {
    let person_type = object.name == "RecordType" && record.flag("IsPersonType");
    (scope == Scope::All || !record.flag("IsDeleted"))
        && (state.options.person_accounts || !person_type)
        && state.shares(object, record)
}

fn entity(state: &State, name: &Name, source: &str, scope: Scope) -> Result<&'static Object, ApiError> {
    let object = match scope {
        Scope::Live | Scope::All => schema::visible_object(&state.options, &name.text),
        Scope::Tooling => schema::tooling_object(&name.text),
    };
    object.ok_or_else(|| {
        let message = format!(
            "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the \
             '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
            name.text
        );
        ApiError::new(400, "INVALID_TYPE", SyntaxError::new(name.at, message).explain(source))
    })
}

pub(super) fn columns(
    state: &State,
    object: &'static Object,
    select: &Select,
    source: &str,
) -> Result<Vec<Column>, ApiError> {
    let mut columns = Vec::new();
    for item in &select.items {
        match item {
            Item::Field(name) | Item::CountOf(name) => {
                columns.push(Column::resolve(state, object, name, source)?);
            }
            Item::AllFields => {
                for field in object.visible_fields(state) {
                    let name = Name { text: field.name.to_owned(), at: 0 };
                    columns.push(Column::resolve(state, object, &name, source)?);
                }
            }
            Item::Count | Item::Children(_) => {}
        }
    }
    let counts = select.items.iter().any(|item| matches!(item, Item::Count | Item::CountOf(_)));
    if counts && select.items.len() > 1 {
        return Err(ApiError::new(400, "MALFORMED_QUERY", "COUNT must be the only element of the select list here"));
    }
    if select.items.iter().any(|item| matches!(item, Item::AllFields)) && select.limit.is_none_or(|limit| limit > 200) {
        let message = "The SOQL FIELDS function must have a LIMIT of at most 200";
        return Err(ApiError::new(400, "MALFORMED_QUERY", message));
    }
    Ok(columns)
}

/// An `ORDER BY` resolved against the schema.
pub(crate) type Orders = Vec<(Column, Order)>;

pub(crate) fn orders(
    state: &State,
    object: &'static Object,
    order: &[Order],
    source: &str,
) -> Result<Orders, ApiError> {
    let resolve = |order: &Order| {
        let column = Column::resolve(state, object, &order.field, source)?;
        column.require_usable(state, "sorted")?;
        Ok((column, order.clone()))
    };
    order.iter().map(resolve).collect()
}

/// Sorts the records, and applies offset and limit. Records with equal keys stay in order of creation.
pub(crate) fn arrange<'a>(
    tables: &Tables,
    rows: Vec<&'a Record>,
    orders: &Orders,
    offset: usize,
    limit: Option<usize>,
) -> Vec<&'a Record> {
    let keys = |record: &Record| -> Vec<Key> {
        orders.iter().map(|(column, _)| Key::new(column.field, &column.value(tables, record))).collect()
    };
    let mut keyed: Vec<(Vec<Key>, &Record)> = rows.into_iter().map(|record| (keys(record), record)).collect();
    keyed.sort_by(|(one, _), (two, _)| {
        let each = orders.iter().zip(one.iter().zip(two)).map(|((_, order), (one, two))| compare(order, one, two));
        each.fold(Ordering::Equal, Ordering::then)
    });
    keyed.into_iter().map(|(_, record)| record).skip(offset).take(limit.unwrap_or(usize::MAX)).collect()
}

fn compare(order: &Order, one: &Key, two: &Key) -> Ordering {
    match (one == &Key::Null, two == &Key::Null) {
        (true, true) => Ordering::Equal,
        (true, false) => {
            if order.nulls_last {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (false, true) => {
            if order.nulls_last {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (false, false) if order.descending => two.compare(one),
        (false, false) => one.compare(two),
    }
}
