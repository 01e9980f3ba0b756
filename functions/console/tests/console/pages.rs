//! The pages.

mod call_workflow;
mod conflict;
mod forms;
mod general;
mod history;
mod promises;
mod sign_in;
pub(crate) mod support;
