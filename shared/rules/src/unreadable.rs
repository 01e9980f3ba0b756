//! An event that could not be read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use serde::{Deserialize, Serialize};

/// The most bodies of one call that are named.
const MAX_BODIES: usize = 10;

/// An event that could not be read, and for which an entry stands until an event of the same call can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// The key of its entry: that of the call, if its id could be read.
    pub key: String,
    /// When it arrived.
    #[serde(with = "required")]
    pub at: Timestamp,
    /// The path of the field that could not be read, such as `data.id`.
    #[serde(default)]
    pub path: String,
    /// What is wrong with that field.
    #[serde(default)]
    pub reason: String,
    /// The digests of the bodies of such events.
    #[serde(default)]
    pub bodies: BTreeSet<String>,
    /// Whether Aircall was asked for one of them, too: then asking again does not help.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_fetched: bool,
    /// Whether it was not even tried: evaluating it failed until its queue gave it up. `reason` says of what it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_given_up: bool,
}

impl Unreadable {
    /// What could not be read, as a sentence.
    pub fn sentence(&self) -> String {
        let Self { path, reason, .. } = self;
        if self.is_given_up {
            return format!("An event of Aircall about {reason} could not be processed, in all attempts of an hour.");
        }
        format!("An event of Aircall could not be read: {path} {reason}.")
    }

    /// Joins two events of the same entry: the earlier one stands for both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let order = |event: &Self| (event.at, event.path.clone(), event.reason.clone());
        let bodies = self.bodies.iter().chain(&other.bodies).cloned().collect::<BTreeSet<_>>();
        let bodies = bodies.into_iter().take(MAX_BODIES).collect();
        let is_fetched = self.is_fetched || other.is_fetched;
        let first = if order(&other) < order(&self) { other } else { self };
        Self { bodies, is_fetched, ..first }
    }
}
