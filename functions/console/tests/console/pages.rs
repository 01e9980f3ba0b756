//! The HTML pages.

mod activity;
mod call_workflow;
mod conflict;
mod decide_again;
mod entry;
mod forms;
mod general;
mod history;
mod page_requirements;
mod preview;
mod sign_in;
pub(crate) mod support;
mod users;
