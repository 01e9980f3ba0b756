//! The REST API: one file per resource.

mod calls;
mod company;
mod integrations;
mod lines;
mod page;
mod query_parameters;
mod users;
mod webhooks;

use axum::{
    Json, Router,
    routing::{any, get, post},
};
use serde_json::json;

use crate::{Company, error::ApiError};

pub(crate) fn routes() -> Router<Company> {
    Router::new()
        .route("/v1/ping", get(async || Json(json!({"ping": "pong"}))))
        .route("/v1/company", get(company::show))
        .route("/v1/integrations/me", get(integrations::show))
        .route("/v1/integrations/enable", post(integrations::enable))
        .route("/v1/integrations/disable", post(integrations::disable))
        .route("/v1/numbers", get(lines::list))
        .route("/v1/numbers/{id}", get(lines::show))
        .route("/v2/users", get(users::list))
        .route("/v2/users/{id}", get(users::show))
        .route("/v1/calls", get(calls::list))
        .route("/v1/calls/{id}", get(calls::show))
        .route("/v1/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/v1/webhooks/{id}", get(webhooks::show).put(webhooks::update).delete(webhooks::delete))
        .route("/v1/{*rest}", any(async || ApiError::not_found()))
        .route("/v2/{*rest}", any(async || ApiError::not_found()))
}
