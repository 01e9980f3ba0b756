//! The syntax tree of a query.

use jiff::{Timestamp, civil::Date};

/// A parsed `SELECT`.
#[derive(Clone, Debug)]
pub(crate) struct Select {
    pub(crate) items: Vec<Item>,
    pub(crate) from: Name,
    pub(crate) filter: Option<Condition>,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<usize>,
    pub(crate) offset: usize,
}

/// A name and its position, in characters from 0.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) at: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Item {
    Field(Name),
    /// `COUNT()`: the number of rows, without the rows.
    Count,
    /// `COUNT(Id)`: one row with the number of non-null values.
    CountOf(Name),
    /// `FIELDS(ALL)` and similar.
    AllFields,
    /// `(SELECT … FROM Contacts)`.
    Children(Box<Select>),
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare { field: Name, comparison: Comparison, value: Literal },
    Among { field: Name, values: Vec<Literal>, negated: bool },
    AmongSelected { field: Name, select: Box<Select>, negated: bool },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Boolean(bool),
    Number(f64),
    /// The raw text between the quotes, including escapes.
    Text(String),
    Date(Date),
    DateTime(Timestamp),
    /// An inclusive range of days relative to today: `TODAY`, `LAST_N_DAYS:7`.
    Days {
        from: i64,
        to: i64,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) field: Name,
    pub(crate) descending: bool,
    pub(crate) nulls_last: bool,
}
