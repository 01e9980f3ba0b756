//! Comparison keys of values.

use std::cmp::Ordering;

use serde_json::Value;

use crate::schema::Field;

/// A field's value in the form that filters and orders compare.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Key {
    Null,
    Boolean(bool),
    Number(f64),
    /// In lower case, unless the field is case-sensitive. Dates and instants compare as text.
    Text(String),
}

impl Key {
    pub(crate) fn new(field: &Field, value: &Value) -> Self {
        match value {
            Value::Bool(value) => Self::Boolean(*value),
            Value::Number(value) => value.as_f64().map_or(Self::Null, Self::Number),
            Value::String(text) => Self::text(field, text),
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Null,
        }
    }

    pub(crate) fn text(field: &Field, text: &str) -> Self {
        Self::Text(if keeps_case(field) { text.to_owned() } else { text.to_lowercase() })
    }

    /// The order of two values of a field; null is first.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(one), Self::Boolean(two)) => one.cmp(two),
            (Self::Number(one), Self::Number(two)) => one.total_cmp(two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Boolean(_) => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
        }
    }
}

fn keeps_case(field: &Field) -> bool {
    use crate::schema::Kind;
    field.case_sensitive() || matches!(field.kind, Kind::Id | Kind::Reference(_) | Kind::Date | Kind::DateTime)
}
