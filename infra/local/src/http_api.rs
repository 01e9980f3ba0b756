//! The HTTP API in front of the functions, as API Gateway would be.

mod payload;
mod routes;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use tokio::net::TcpListener;

pub use payload::{Caller, event, response};
pub use routes::{Match, Routes};

use crate::lambda::Pool;

/// API Gateway's limit for a request's body, in bytes.
const MAXIMUM_BODY: usize = 10 * 1024 * 1024;
/// An HTTP API waits this long for a function, whatever the function's own timeout.
const INTEGRATION_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// Serves the routes on a listener until the task is dropped.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, routes: Routes<Arc<Pool>>) -> Result<()> {
    let app = Router::new().fallback(handle).with_state(Arc::new(routes));
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

async fn handle(
    State(routes): State<Arc<Routes<Arc<Pool>>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(found) = routes.find(&parts.method, parts.uri.path()) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let Ok(body) = to_bytes(body, MAXIMUM_BODY).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let event = event(&parts, &body, &found, &Caller { address: peer.ip(), at: jiff::Timestamp::now() });
    match tokio::time::timeout(INTEGRATION_TIMEOUT, found.target.invoke(event)).await {
        Ok(Ok(answer)) => {
            response(answer).unwrap_or_else(|| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"))
        }
        Ok(Err(_)) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        Err(_) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

/// A response of API Gateway itself.
fn message(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({ "message": message }).to_string();
    (status, [("content-type", "application/json")], Body::from(body)).into_response()
}
