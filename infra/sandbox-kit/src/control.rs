//! `/_sandbox`: the endpoints of the control API that every sandbox has. No vendor has them.

mod faults;
mod options;
mod requests;

use axum::{Router, routing::get};

use crate::sandbox::Sandbox;

/// `/_sandbox/requests`, `/_sandbox/faults` and `/_sandbox/options`.
pub fn routes<S: Sandbox>() -> Router<S> {
    Router::new()
        .route("/_sandbox/requests", get(requests::show::<S>).delete(requests::reset::<S>))
        .route("/_sandbox/faults", get(faults::list::<S>).post(faults::add::<S>).delete(faults::clear::<S>))
        .route("/_sandbox/options", get(options::show::<S>).put(options::change::<S>))
}
