//! The console: settings, the activity log and the connections of the tenant whose admin is signed in.
//!
//! [`router`] is all of it: pages for people, rendered base_url, and the same as a JSON API for programs.
//! A [`session`] cookie says who asks. Nobody but the session says whose data is asked for,
//! so no request can name another tenant.
//!
//! To add a page:
//!
//! 1. `src/pages/<name>.rs`: a handler that takes a `PageRequest`, reads, fills a struct of texts and renders it;
//!    for changes one that takes a `SubmittedForm` form, changes, and answers with `page::done`.
//! 2. `templates/<name>.html`, which extends `layout.html`. No inline script or style: the browser is told to refuse it.
//! 3. A line in the table of `router.rs`, and one in `page::Nav` if it is in the navigation.
//! 4. A line in the list of pages in `tests/pages.rs`, which holds every page to the same promises.

mod activity;
mod allowed_orgs;
mod api;
mod assets;
mod base_url;
mod bearer;
mod choices;
mod connections;
mod console;
mod csrf;
mod entry_title;
mod error;
mod error_code;
mod error_pages;
mod errors;
mod explanation;
mod flash;
mod form;
mod kept;
mod lines;
mod page;
mod page_error;
mod page_request;
mod pages;
mod preview;
mod random;
mod return_to;
mod router;
mod security_headers;
pub mod session;
mod settings;
mod sign_in;
mod signed_in;
mod task_fields;
mod tokens;
mod trace;
mod warning;
mod when;

pub use allowed_orgs::{AllowedOrgs, NotOrgs};
pub use connections::aircall::Aircall;
pub use console::Console;
pub use router::router;
