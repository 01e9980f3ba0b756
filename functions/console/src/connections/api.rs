//! `GET /api/connections`, and below it the operations of the Salesforce org and of the Aircall account.

pub(crate) mod aircall;
pub(crate) mod backfill;
pub(crate) mod salesforce;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::connections::view::Connections;
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::signed_in::SignedIn;

/// Get the connections
///
/// The tenant's Salesforce org and Aircall account, with their states.
#[utoipa::path(
    get,
    path = "/api/connections",
    tag = "Connections",
    operation_id = "getConnections",
    responses((status = OK, description = "Both connections.", body = Connections)),
)]
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<Connections>, ApiError> {
    Ok(Json(Connections::load(&console, &session).await?))
}
