//! `/_sandbox`: the control API, which the real Aircall does not have. Tests use it to add calls, send webhooks, script
//! faults and count requests.
//!
//! It has no authentication: serve the sandbox on the loopback interface only.

mod calls;
pub(crate) mod faults;
mod lines;
mod one_or_more;
mod options;
pub(crate) mod requests;
mod send;

use axum::{
    Router,
    routing::{get, post},
};

use crate::Company;

pub(crate) fn routes() -> Router<Company> {
    Router::new()
        .route("/_sandbox/calls", get(calls::list).post(calls::put).delete(calls::remove))
        .route("/_sandbox/numbers", get(lines::list).post(lines::put))
        .route("/_sandbox/requests", get(requests::show).delete(requests::reset))
        .route("/_sandbox/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/_sandbox/options", get(options::show).put(options::change))
        .route("/_sandbox/send", post(send::send))
        .route("/_sandbox/deliveries", get(send::deliveries).delete(send::clear_deliveries))
}
