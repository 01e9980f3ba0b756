//! The HTML pages. Each handler loads its data, fills a view struct and renders that struct's template.

pub(crate) mod activity;
pub(crate) mod auth;
pub(crate) mod call_workflow;
pub(crate) mod conflict;
pub(crate) mod connections;
pub(crate) mod entry;
pub(crate) mod general;
pub(crate) mod history;
pub(crate) mod login;
pub(crate) mod preview;
pub(crate) mod sign_out;
pub(crate) mod tokens;

use axum::response::Redirect;

use crate::page::Nav;
use crate::page_request::PageRequest;

/// `/`: redirects to the console's start page, or to the sign-in page if there is no session.
pub(crate) async fn start(_: PageRequest) -> Redirect {
    Redirect::to(Nav::start().path())
}
