//! The console: settings, the activity log and the connections of the tenant whose admin is signed in.
//!
//! [`router`] is the whole JSON API, and [`session`] the cookie that every request of it needs.
//! Nobody but the session says whose data is asked for, so no request can name another tenant.

mod activity;
mod connections;
mod console;
mod entry;
mod error;
mod reason;
mod router;
pub mod session;
mod settings;
mod signed_in;
mod warning;

pub use console::Console;
pub use router::router;
