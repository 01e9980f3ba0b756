//! What the tests stand on: a running stack, and in it a world of one tenant.

mod api;
mod aws;
mod calls;
mod door;
mod org;
mod settled;
mod stack;
mod world;
mod writer;

use std::time::Duration;

pub(crate) use calls::ApiCalls;
pub(crate) use door::Refuses;
pub(crate) use org::days_ago;
pub(crate) use stack::Running;
pub(crate) use world::World;

/// Between two looks at something that is to change.
pub(crate) const POLL: Duration = Duration::from_millis(30);

/// The moment, such as `2026-03-02T08:00:00Z`.
#[track_caller]
pub(crate) fn at(moment: &str) -> jiff::Timestamp {
    moment.parse().expect("an instant in ISO 8601")
}
