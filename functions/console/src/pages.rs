//! The pages: each reads, fills a struct of texts, and renders its template.

pub(crate) mod call_workflow;
pub(crate) mod conflict;
pub(crate) mod login;
pub(crate) mod sign_out;

use axum::response::Redirect;

use crate::page::Nav;
use crate::visit::Visit;

/// `/`: to where the console starts; whoever is not signed in does that first.
pub(crate) async fn start(_: Visit) -> Redirect {
    Redirect::to(Nav::start().path())
}
