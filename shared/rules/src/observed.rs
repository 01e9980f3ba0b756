//! Last-write-wins values: each carries the time of the event that reported it, so the newest value does not depend on
//! the order of delivery.

use serde::{Deserialize, Serialize};

/// The time of an event, in the unit that the caller uses throughout. Ties are broken by the order of events in a
/// lifecycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct EventTime<E> {
    #[serde(default)]
    pub(crate) at: i64,
    #[serde(default)]
    pub(crate) event: E,
}

/// A value and the time of the event that reported it. The greater is the newer; at equal times the greater value wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Observed<E, T> {
    #[serde(default)]
    pub(crate) moment: EventTime<E>,
    pub(crate) value: T,
}

/// The lesser of two values. A value beats `None`.
pub(crate) fn earliest<T: Ord>(left: Option<T>, right: Option<T>) -> Option<T> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}
