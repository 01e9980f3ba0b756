//! `/_sandbox/requests`: API calls as Salesforce counts them.

use std::collections::{BTreeMap, VecDeque};

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Org;

/// Requests that are remembered one by one.
const LOG: usize = 10_000;

/// One request to `/services`, answered with `status`; 0 is a dropped connection.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) status: u16,
}

#[derive(Debug, Default)]
pub(crate) struct Requests {
    by_resource: BTreeMap<String, u64>,
    log: VecDeque<Entry>,
}

impl Requests {
    /// Counts against the daily allowance.
    pub(crate) fn count(&mut self, resource: String, calls: u64) {
        *self.by_resource.entry(resource).or_default() += calls;
    }

    pub(crate) fn total(&self) -> u64 {
        self.by_resource.values().sum()
    }

    pub(crate) fn log(&mut self, entry: Entry) {
        if self.log.len() == LOG {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }
}

pub(super) async fn show(State(org): State<Org>) -> Json<Value> {
    let state = org.lock();
    let requests = &state.requests;
    Json(json!({"total": requests.total(), "by_resource": requests.by_resource, "log": requests.log}))
}

pub(super) async fn reset(State(org): State<Org>) -> StatusCode {
    org.lock().requests = Requests::default();
    StatusCode::NO_CONTENT
}
