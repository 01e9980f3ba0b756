//! `/_sandbox`: the control API, which no real org has. Tests use it to count calls, seed records, script faults and
//! change options.
//!
//! It has no authentication: serve the sandbox on the loopback interface only.

mod merge;
pub(crate) mod record_faults;
mod records;
mod sessions;

use std::sync::Arc;

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use sandbox_kit::{
    ControlState, Refusal, Requests, Sandbox, control,
    faults::{Fault, Style},
};
use serde_json::{Map, Value, json};

use self::record_faults::{RecordFault, is_record_fault};
use crate::{Org, api, call::Address, locks::HeldLocks, options::Options};

pub(crate) fn routes() -> Router<Org> {
    control::routes()
        .route("/_sandbox/records", axum::routing::delete(records::remove_all))
        .route("/_sandbox/records/{sobject}", get(records::list).post(records::insert).delete(records::remove))
        .route("/_sandbox/merge", post(merge::merge))
        .route("/_sandbox/expire_sessions", post(sessions::expire))
        .route("/_sandbox/refresh", post(sessions::refresh))
}

/// An error response with its reason.
fn refused(status: StatusCode, why: impl Into<String>) -> Response {
    (status, Json(json!({"error": why.into()}))).into_response()
}

impl Sandbox for Org {
    type Options = Options;

    /// Arrays of 20 MB and more are seeded in one request.
    const MAX_JSON_BODY: usize = 64 << 20;

    const FAULT_STYLE: Style = Style {
        text: "text/html;charset=UTF-8",
        json: "application/json;charset=UTF-8",
        // All of Salesforce's own bodies are JSON arrays or objects.
        detects_json: true,
        zero_drops: true,
    };

    fn with_control<T>(&self, work: impl FnOnce(&mut ControlState) -> T) -> T {
        work(&mut self.lock_untracked().control)
    }

    fn refuse(refusal: Refusal) -> Response {
        match refusal {
            Refusal::TooLarge => refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 64 MiB"),
            Refusal::NotJson(error) => {
                refused(StatusCode::BAD_REQUEST, format!("the body is not JSON of this request: {error}"))
            }
            Refusal::Invalid(why) => refused(StatusCode::BAD_REQUEST, why),
        }
    }

    /// API calls as Salesforce counts them, and all requests to `/services`.
    fn show_requests(requests: &Requests) -> Value {
        json!({"total": requests.counted(), "by_resource": requests.by_resource(), "log": requests.entries()})
    }

    fn current_options(&self) -> Options {
        self.options()
    }

    fn change_options(&self, changes: Map<String, Value>) -> Result<Options, String> {
        let mut state = self.lock();
        let options = state.options.merged(changes)?;
        state.set_options(options.clone());
        Ok(options)
    }

    /// The faults of requests, then those of records.
    fn list_faults(&self) -> Vec<Value> {
        let state = self.lock_untracked();
        let requests = state.control.faults.rules().map(|rule| json!(rule));
        requests.chain(state.record_faults.iter().map(|fault| json!(fault.rule))).collect()
    }

    fn add_faults(&self, faults: Vec<Value>) -> Result<(), String> {
        let (mut requests, mut records) = (Vec::new(), Vec::new());
        for fault in faults {
            if is_record_fault(&fault)? {
                records.push(RecordFault::parse(fault)?);
            } else {
                requests.push(Fault::parse(fault)?);
            }
        }
        let mut state = self.lock_untracked();
        state.control.faults.extend(requests);
        state.record_faults.extend(records);
        Ok(())
    }

    fn clear_faults(&self) {
        let mut state = self.lock_untracked();
        state.control.faults.clear();
        state.record_faults.clear();
    }

    /// Counts the call, unless the status says that it was not authorized.
    fn on_prevented(&self, target: &str, status: u16) {
        if let Ok(address) = Address::parse(target)
            && !matches!(status, 401 | 403)
        {
            self.with_control(|control| control.requests.count(api::resource(&address.segments)));
        }
    }

    /// Releases the request's row locks.
    fn on_response(response: &mut Response) {
        response.extensions_mut().remove::<Arc<HeldLocks>>();
    }
}
