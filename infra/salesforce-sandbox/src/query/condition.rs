//! `WHERE` clauses, resolved against the schema and evaluated for records.

use std::{cmp::Ordering, collections::HashSet};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    ast::{Comparison, Condition, Literal, Name},
    column::Column,
    key::Key,
    lexer::unescape,
    like::Pattern,
    run::{Scope, run},
};
use crate::{
    error::ApiError,
    id,
    schema::{Field, Kind, Object},
    state::State,
    tables::{Record, Tables},
    time,
};

/// A resolved condition.
#[derive(Debug)]
pub(crate) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Compare {
        column: Column,
        comparison: Comparison,
        key: Key,
    },
    Like {
        column: Column,
        pattern: Pattern,
    },
    /// From `from` inclusive to `until` exclusive, or its negation.
    Between {
        column: Column,
        from: Key,
        until: Key,
        negated: bool,
    },
    Among {
        column: Column,
        texts: HashSet<String>,
        others: Vec<Key>,
        negated: bool,
    },
}

/// The context in which a condition is resolved.
struct Resolver<'a> {
    state: &'a State,
    object: &'static Object,
    source: &'a str,
    now: Timestamp,
}

impl Test {
    /// Resolves a condition on `object`; errors quote `source`.
    pub(crate) fn resolve(
        state: &State,
        object: &'static Object,
        condition: &Condition,
        source: &str,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        Resolver { state, object, source, now }.condition(condition)
    }

    pub(crate) fn passes(&self, tables: &Tables, record: &Record) -> bool {
        let key = |column: &Column| Key::new(column.field, &column.value(tables, record));
        match self {
            Self::All(tests) => tests.iter().all(|test| test.passes(tables, record)),
            Self::Any(tests) => tests.iter().any(|test| test.passes(tables, record)),
            Self::Not(test) => !test.passes(tables, record),
            Self::Compare { column, comparison, key: expected } => compares(&key(column), *comparison, expected),
            Self::Like { column, pattern } => {
                column.value(tables, record).as_str().is_some_and(|text| pattern.matches(text))
            }
            Self::Between { column, from, until, negated } => {
                let key = key(column);
                let inside = key.compare(from).is_ge() && key.compare(until).is_lt();
                inside != *negated
            }
            Self::Among { column, texts, others, negated } => {
                let found = match key(column) {
                    Key::Text(text) => texts.contains(&text),
                    other => others.contains(&other),
                };
                found != *negated
            }
        }
    }
}

/// Null satisfies `!=`, but no order comparison.
fn compares(key: &Key, comparison: Comparison, expected: &Key) -> bool {
    let order = key.compare(expected);
    let comparable = *key != Key::Null && *expected != Key::Null;
    match comparison {
        Comparison::Equal | Comparison::Like => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => comparable && order == Ordering::Less,
        Comparison::LessOrEqual => comparable && order.is_le(),
        Comparison::Greater => comparable && order == Ordering::Greater,
        Comparison::GreaterOrEqual => comparable && order.is_ge(),
    }
}

impl Resolver<'_> {
    fn condition(&self, condition: &Condition) -> Result<Test, ApiError> {
        let each =
            |parts: &[Condition]| parts.iter().map(|part| self.condition(part)).collect::<Result<Vec<_>, ApiError>>();
        match condition {
            Condition::All(parts) => each(parts).map(Test::All),
            Condition::Any(parts) => each(parts).map(Test::Any),
            Condition::Not(part) => self.condition(part).map(|test| Test::Not(Box::new(test))),
            Condition::Compare { field, comparison, value } => self.compare(field, *comparison, value),
            Condition::Among { field, values, negated } => {
                let column = self.column(field)?;
                let keys = values.iter().map(|value| key(column.field, value)).collect::<Result<Vec<_>, _>>()?;
                Ok(among(column, keys, *negated))
            }
            Condition::AmongSelected { field, select, negated } => {
                let column = self.column(field)?;
                let found = run(self.state, select, self.source, Scope::Live, "66.0", self.now)?;
                let values = found.records.iter().filter_map(|row| {
                    row.as_object()?.iter().find(|(name, _)| *name != "attributes").map(|(_, value)| value)
                });
                let keys = values.map(|value: &Value| Key::new(column.field, value)).collect();
                Ok(among(column, keys, *negated))
            }
        }
    }

    fn compare(&self, field: &Name, comparison: Comparison, value: &Literal) -> Result<Test, ApiError> {
        let column = self.column(field)?;
        if let Literal::Days { from, to } = value {
            return self.days(column, comparison, *from, *to);
        }
        if comparison == Comparison::Like {
            return match value {
                Literal::Text(raw) if is_text(column.field) => Ok(Test::Like { column, pattern: Pattern::new(raw) }),
                _ => Err(ApiError::new(400, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on this field")),
            };
        }
        let key = key(column.field, value)?;
        Ok(Test::Compare { column, comparison, key })
    }

    fn days(&self, column: Column, comparison: Comparison, from: i64, to: i64) -> Result<Test, ApiError> {
        let (from, until) = (time::day(self.now, from), time::day(self.now, to + 1));
        let key = |date: jiff::civil::Date| match column.field.kind {
            Kind::Date => Some(Key::Text(date.to_string())),
            Kind::DateTime => Some(Key::Text(format!("{date}T00:00:00.000+0000"))),
            _ => None,
        };
        let (Some(from), Some(until)) = (key(from), key(until)) else {
            return Err(wrong_type(column.field));
        };
        Ok(match comparison {
            Comparison::Equal | Comparison::Like => Test::Between { column, from, until, negated: false },
            Comparison::NotEqual => Test::Between { column, from, until, negated: true },
            Comparison::Less | Comparison::GreaterOrEqual => Test::Compare { column, comparison, key: from },
            Comparison::LessOrEqual => Test::Compare { column, comparison: Comparison::Less, key: until },
            Comparison::Greater => Test::Compare { column, comparison: Comparison::GreaterOrEqual, key: until },
        })
    }

    fn column(&self, name: &Name) -> Result<Column, ApiError> {
        let column = Column::resolve(self.state, self.object, name, self.source)?;
        column.require_usable(self.state, "filtered")?;
        Ok(column)
    }
}

/// The key of a literal, to compare with keys of the field's values.
fn key(field: &Field, literal: &Literal) -> Result<Key, ApiError> {
    match (field.kind, literal) {
        (_, Literal::Null) => Ok(Key::Null),
        (Kind::Boolean, Literal::Boolean(value)) => Ok(Key::Boolean(*value)),
        (Kind::Int | Kind::Number, Literal::Number(value)) => Ok(Key::Number(*value)),
        (Kind::Date, Literal::Date(date)) => Ok(Key::Text(date.to_string())),
        (Kind::DateTime, Literal::DateTime(instant)) => Ok(Key::Text(time::datetime(*instant))),
        (Kind::Id | Kind::Reference(_), Literal::Text(raw)) => {
            let invalid =
                || ApiError::new(400, "INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {}", unescape(raw)));
            id::normalise(&unescape(raw)).map(Key::Text).ok_or_else(invalid)
        }
        (_, Literal::Text(raw)) if is_text(field) => Ok(Key::text(field, &unescape(raw))),
        _ => Err(wrong_type(field)),
    }
}

fn among(column: Column, keys: Vec<Key>, negated: bool) -> Test {
    let (texts, others): (Vec<Key>, Vec<Key>) = keys.into_iter().partition(|key| matches!(key, Key::Text(_)));
    let texts = texts.into_iter().filter_map(|key| if let Key::Text(text) = key { Some(text) } else { None }).collect();
    Test::Among { column, texts, others, negated }
}

fn is_text(field: &Field) -> bool {
    matches!(field.kind, Kind::Text | Kind::Combobox | Kind::Picklist | Kind::Phone | Kind::Email | Kind::Url)
}

fn wrong_type(field: &Field) -> ApiError {
    let (kind, quotes) = match field.kind {
        Kind::Boolean => ("boolean", "should not"),
        Kind::Int => ("int", "should not"),
        Kind::Number => ("double", "should not"),
        Kind::Date => ("date", "should not"),
        Kind::DateTime => ("dateTime", "should not"),
        Kind::Id | Kind::Reference(_) => ("reference", "should"),
        Kind::Text | Kind::Combobox | Kind::LongText | Kind::Picklist | Kind::Phone | Kind::Email | Kind::Url => {
            ("string", "should")
        }
    };
    let message = format!(
        "value of filter criterion for field '{}' must be of type {kind} and {quotes} be enclosed in quotes",
        field.name
    );
    ApiError::new(400, "INVALID_FIELD", message)
}
