//! Runs a schedule on demand: `POST /<logical id>` invokes its function now, in addition to its regular times.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{lambda::Pool, schedule::payload, template::Schedule};

/// The schedules of the template by the logical id of function and event, such as `ReconcileFunctionSweep`.
pub(crate) type Schedules = BTreeMap<String, (Schedule, Arc<Pool>)>;

/// The address of each schedule below `url`.
pub(crate) fn addresses(schedules: &Schedules, url: &str) -> BTreeMap<String, String> {
    schedules.keys().map(|id| (id.clone(), format!("{url}/{id}"))).collect()
}

/// Answers requests until the task is dropped.
pub(crate) async fn serve(schedules: Schedules, listener: TcpListener) {
    let router = Router::new().route("/{id}", post(run)).with_state(Arc::new(schedules));
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "schedules can no longer be run on demand");
    }
}

/// 200 with the function's result once it has ended, 500 with its error.
async fn run(State(schedules): State<Arc<Schedules>>, Path(id): Path<String>) -> (StatusCode, Json<Value>) {
    let Some((schedule, pool)) = schedules.get(&id) else {
        let error = format!("the template has no schedule {id:?}");
        return (StatusCode::NOT_FOUND, Json(json!({ "error": error })));
    };
    match pool.invoke(payload(schedule, Timestamp::now())).await {
        Ok(result) => (StatusCode::OK, Json(result)),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error.to_string() }))),
    }
}
