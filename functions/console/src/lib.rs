//! The console: settings, the activity log and the connections of the tenant whose admin is signed in.
//!
//! [`router`] serves all of it: pages for people, rendered on the server, and the same as a JSON API for programs. A
//! [`session`] cookie or an API token identifies the user and the tenant. No request names a tenant in another way, so
//! none can reach another tenant's data.
//!
//! To add a page:
//!
//! 1. `src/pages/<name>.rs`: a handler that takes a `PageRequest`, reads the data, fills the template's struct and
//!    renders it; for changes, a handler that takes a `SubmittedForm`, makes the change and answers with `page::done`.
//! 2. `templates/<name>.html`, which extends `layout.html`. No inline scripts or styles: the content security
//!    policy forbids them.
//! 3. A line in the table of `router.rs`, and one in `page::Nav` if it is in the navigation.
//! 4. A line in the list of pages in `tests/console/pages/page_requirements.rs`, which holds every page to the same
//!    requirements.

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
