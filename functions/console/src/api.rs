//! The JSON API: everything that the pages do, for programs.

pub(crate) mod activity;
pub(crate) mod connections;
mod entry;
pub(crate) mod history;
pub(crate) mod preview;
pub(crate) mod settings;
pub(crate) mod tokens;
