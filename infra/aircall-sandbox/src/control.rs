//! `/_sandbox`: the control API, which the real Aircall does not have. Tests use it to add calls, send webhooks, script
//! faults and count requests.
//!
//! It has no authentication: serve the sandbox on the loopback interface only.

mod calls;
mod lines;
mod profile;
mod send;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use sandbox_kit::{ControlState, Refusal, Requests, Sandbox, control, faults::Style};
use serde_json::{Map, Value, json};

use crate::{Company, Options, error::ApiError};

pub(crate) fn routes() -> Router<Company> {
    control::routes()
        .route("/_sandbox/calls", get(calls::list).post(calls::put).delete(calls::remove))
        .route("/_sandbox/numbers", get(lines::list).post(lines::put))
        .route("/_sandbox/company", get(profile::show).put(profile::rename))
        .route("/_sandbox/send", post(send::send))
        .route(
            "/_sandbox/send_exact",
            post(send::send_exact).layer(DefaultBodyLimit::max(<Company as Sandbox>::MAX_JSON_BODY)),
        )
        .route("/_sandbox/uninstall", post(send::uninstall))
        .route("/_sandbox/deliveries", get(send::deliveries).delete(send::clear_deliveries))
}

impl Sandbox for Company {
    type Options = Options;

    const MAX_JSON_BODY: usize = 16 << 20;

    const FAULT_STYLE: Style =
        Style { text: "text/html; charset=utf-8", json: "application/json", detects_json: false, zero_drops: false };

    fn with_control<T>(&self, work: impl FnOnce(&mut ControlState) -> T) -> T {
        work(&mut self.lock_untracked().control)
    }

    fn refuse(refusal: Refusal) -> Response {
        let why = match refusal {
            Refusal::TooLarge => "The body is larger than 16 MiB".to_owned(),
            Refusal::NotJson(error) => format!("The body is not JSON of this request: {error}"),
            Refusal::Invalid(why) => why,
        };
        ApiError::bad_request(why).into_response()
    }

    fn show_requests(requests: &Requests) -> Value {
        json!({"total": requests.logged(), "log": requests.entries()})
    }

    fn current_options(&self) -> Options {
        self.options()
    }

    fn change_options(&self, changes: Map<String, Value>) -> Result<Options, String> {
        let mut state = self.lock();
        state.options = sandbox_kit::options::merged(&state.options, changes)?;
        Ok(state.options.clone())
    }
}
