//! What every function repeats.
//!
//! - [`env`]: configuration, read once, by name.
//! - [`start`]: logs and the AWS configuration.
//! - [`queue`]: what is sent on which queue.
//! - [`batch`]: one outcome for each record of a batch.
//! - [`metrics`]: counters, as lines on stdout.

pub mod batch;
pub mod env;
pub mod metrics;
pub mod queue;
pub mod start;

pub use queue::{Events, QueueError, RetryQueue, WakeUp, WriteQueue};
