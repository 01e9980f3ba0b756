//! The pages.

mod call_workflow;
mod conflict;
mod forms;
mod promises;
mod sign_in;
mod support;
