//! What the sandboxes of vendors have in common: their state behind a lock, the endpoints under `/_sandbox` that script
//! faults, count requests and change options, and the middleware that injects the faults.
//!
//! A sandbox implements [`Sandbox`] for the value that its clones share, merges [`control::routes`] into its router, and
//! adds [`inject()`] as a layer to the routes of the vendor's API. `/_sandbox` has no authentication: serve a sandbox on
//! the loopback interface only.

pub mod control;
pub mod faults;
pub mod html;
mod inject;
mod json_body;
pub mod options;
mod parameters;
pub mod random;
mod refusal;
mod requests;
mod sandbox;
mod serve;
mod shared;

pub use self::{
    inject::inject,
    json_body::{JsonBody, OneOrMore},
    parameters::Parameters,
    refusal::Refusal,
    requests::{Entry, Requests},
    sandbox::{ControlState, Sandbox},
    serve::{Server, run_to_completion},
    shared::Shared,
};
