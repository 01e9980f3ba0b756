//! Shared test support: a running stack, and in it a [`TestEnv`] for one tenant.

mod aircall;
mod api;
mod aws;
mod calls;
mod org;
mod org_proxy;
mod stack;
mod test_env;
mod wait;
mod writer;

use std::time::Duration;

pub(crate) use calls::ApiCalls;
pub(crate) use org::days_ago;
pub(crate) use org_proxy::Refuses;
pub(crate) use stack::Running;
pub(crate) use test_env::TestEnv;

/// The interval at which a condition is polled.
pub(crate) const POLL: Duration = Duration::from_millis(30);

/// The instant, such as `2026-03-02T08:00:00Z`.
#[track_caller]
pub(crate) fn at(moment: &str) -> jiff::Timestamp {
    moment.parse().expect("an instant in ISO 8601")
}
