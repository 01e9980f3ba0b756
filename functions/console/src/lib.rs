//! The console: settings, the activity log and the connections of the tenant whose admin is signed in.
//!
//! [`router`] is all of it: pages for people, rendered here, and the same as a JSON API for programs.
//! A [`session`] cookie says who asks. Nobody but the session says whose data is asked for,
//! so no request can name another tenant.
//!
//! To add a page:
//!
//! 1. `src/pages/<name>.rs`: a handler that takes a `Visit`, reads, fills a struct of texts and renders it;
//!    for changes one that takes a `Submitted` form, changes, and answers with `page::done`.
//! 2. `templates/<name>.html`, which extends `layout.html`. No inline script or style: the browser is told to refuse it.
//! 3. A line in the table of `router.rs`, and one in `page::Nav` if it is in the navigation.
//! 4. A line in the list of pages in `tests/pages.rs`, which holds every page to the same promises.

mod api;
mod assets;
mod console;
mod csrf;
mod error;
mod errors;
mod flash;
mod form;
mod frame;
mod page;
mod page_error;
mod pages;
mod reason;
mod return_to;
mod router;
mod secured;
pub mod session;
mod settings;
mod signed_in;
mod visit;
mod warning;

pub use console::Console;
pub use router::router;
