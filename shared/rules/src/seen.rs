//! Facts together with when they were seen, so that the newest of them is the same in whatever order they come.

use serde::{Deserialize, Serialize};

/// When something was seen: in the units of whoever compares, and for ties by the order of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Moment<E> {
    pub(crate) at: i64,
    pub(crate) event: E,
}

/// A fact together with when it was seen. The greater is the newer; of one moment, the greater by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Seen<E, T> {
    pub(crate) moment: Moment<E>,
    pub(crate) value: T,
}

/// The earlier of two facts; a fact is earlier than none.
pub(crate) fn earliest<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
