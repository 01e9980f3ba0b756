//! The event source mappings: what Lambda does between a queue and a function.

mod batch;
mod poller;

pub use batch::{Received, done, event};
pub use poller::{Mapping, poll};
