//! Code shared by all Lambda functions.
//!
//! - [`env`]: configuration from environment variables.
//! - [`start`]: logs and the AWS configuration.
//! - [`queue`]: the SQS queues and their messages.
//! - [`batch`]: partial batch responses, with an outcome for each record.
//! - [`metrics`]: metrics, as fields of log events.

pub mod batch;
pub mod env;
mod log_line;
pub mod metrics;
pub mod queue;
pub mod start;

pub use queue::{EventQueue, QueueError, Retry, RetryQueue, WakeUp, WriteQueue};
