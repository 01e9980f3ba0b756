//! HTML pages for a user of the org: records and their Activity timeline.

pub(crate) mod html;
mod index;
mod record;

use axum::{Router, routing::get};

use crate::Org;

pub(crate) fn routes() -> Router<Org> {
    Router::new()
        .route("/", get(index::index))
        .route("/records/{id}", get(record::record))
        .route("/lightning/r/{sobject}/{id}/view", get(record::view))
}
