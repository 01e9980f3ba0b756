//! The trait that a vendor's sandbox implements.

use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    faults::{Fault, Faults, Style},
    refusal::Refusal,
    requests::Requests,
};

/// The part of a sandbox's state that only `/_sandbox` reads and changes. Snapshots leave it out.
#[derive(Debug, Default)]
pub struct ControlState {
    /// The faults that have not been used up.
    pub faults: Faults,
    /// The requests to the vendor's API.
    pub requests: Requests,
}

/// A vendor's sandbox, as the state of its router. Clones share everything.
pub trait Sandbox: Clone + Send + Sync + 'static {
    /// Its options, as `/_sandbox/options` shows them.
    type Options: Serialize;

    /// Size limit of a [`JsonBody`](crate::JsonBody), in bytes.
    const MAX_JSON_BODY: usize;

    /// How the response of a fault is sent.
    const FAULT_STYLE: Style;

    /// Calls `work` with the control state, under the lock of the sandbox.
    fn with_control<T>(&self, work: impl FnOnce(&mut ControlState) -> T) -> T;

    /// The response to a request whose body cannot be used.
    fn refuse(refusal: Refusal) -> Response;

    /// The body of `GET /_sandbox/requests`.
    fn show_requests(requests: &Requests) -> Value;

    /// The options.
    fn current_options(&self) -> Self::Options;

    /// Replaces the given options, keeps the others, and returns all of them.
    ///
    /// # Errors
    /// A sentence that names the invalid option.
    fn change_options(&self, changes: Map<String, Value>) -> Result<Self::Options, String>;

    /// The faults that have not been used up.
    fn list_faults(&self) -> Vec<Value> {
        self.with_control(|control| control.faults.rules().map(|rule| json!(rule)).collect())
    }

    /// Adds faults: all of them, or none if one is invalid.
    ///
    /// # Errors
    /// A sentence about the first invalid fault.
    fn add_faults(&self, faults: Vec<Value>) -> Result<(), String> {
        let faults: Vec<Fault> = faults.into_iter().map(Fault::parse).collect::<Result<_, _>>()?;
        self.with_control(|control| control.faults.extend(faults));
        Ok(())
    }

    /// Removes all faults.
    fn clear_faults(&self) {
        self.with_control(|control| control.faults.clear());
    }

    /// Called for a request that a fault prevented, with its path and query, and the status of the response; 0 means a
    /// dropped connection.
    fn on_prevented(&self, _target: &str, _status: u16) {}

    /// Called with every response of the vendor's API before it is sent, after the delay of a fault.
    fn on_response(_response: &mut Response) {}
}
