//! OAuth for apps: the consent page of the Dashboard, and the token endpoint of the API.

mod authorize;
mod page;
mod token;

use axum::{
    Router,
    routing::{get, post},
};

use crate::Company;

pub(crate) fn routes() -> Router<Company> {
    Router::new()
        .route("/oauth/authorize", get(authorize::ask).post(authorize::decide))
        .route("/oauth/success", get(async || page::success()))
        .route("/v1/oauth/token", post(token::exchange))
}
