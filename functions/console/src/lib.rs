//! The console: settings, the activity log and the connections of the tenant whose admin is signed in.
//!
//! [`router`] serves all of it: pages for people, rendered on the server, and the same as a JSON API for programs. A
//! [`session`] cookie or an API token identifies the user and the tenant. No request names a tenant in another way, so
//! none can reach another tenant's data.
//!
//! The code is cut by feature: each folder has a feature's rules, its pages with their templates, and its part of the
//! API. All of them are built with the kit in `web`, and merged by `app`.
//!
//! To add a page:
//!
//! 1. `src/<feature>/<name>.rs`: a handler that takes a `PageRequest`, reads the data, fills the template's struct and
//!    renders it; for changes, a handler that takes a `SubmittedForm`, makes the change and answers with `page::done`.
//! 2. `src/<feature>/<name>.html`, which extends `web/layout.html`. No inline scripts or styles: the content security
//!    policy forbids them.
//! 3. `src/<feature>.rs`: a line in `pages`. If it is in the navigation, its `NAV` is a line in the list of `src/app.rs`.
//! 4. `tests/console/pages/page_requirements.rs`: a line in the list of pages, which holds every page to the same
//!    requirements.
//!
//! To add an operation of the API: a handler with `#[utoipa::path]` in `src/<feature>/api.rs`, and a line with its error
//! codes in the feature's `api`. To add an error code: a variant and its row in `src/web/error_code.rs`, the feature's
//! error that becomes it, and the lines of the operations that may give it. Both change `openapi.json`.
//!
//! To add a setting with its form, once it is in `rules::Settings`: its words in `src/changes.rs`; its field in
//! `src/settings/general/form.rs` and `src/settings/general.html`, and its options, if it has a few, in
//! `src/settings/general/options.rs` and `src/settings/general.rs`.

mod activity;
mod app;
mod auth;
mod changes;
mod connections;
mod console;
mod preview;
mod settings;
mod tokens;
mod users;
mod web;

pub use activity::decide_again::DecideAgainBounds;
pub use app::router;
pub use console::Console;
pub use console::aircall::Aircall;
pub use web::base_url::{BaseUrl, NotBaseUrl};
pub use web::session;
