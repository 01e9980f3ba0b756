//! `/_sandbox/requests`: API calls as Salesforce counts them.

use std::collections::{BTreeMap, VecDeque};

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Org;

/// Capacity of the request log; the oldest entries are dropped.
const LOG_CAPACITY: usize = 10_000;

/// One request to `/services` and the status of its response; 0 means a dropped connection.
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
    /// Counts API calls against the daily allowance.
    pub(crate) fn count(&mut self, resource: String, calls: u64) {
        *self.by_resource.entry(resource).or_default() += calls;
    }

    pub(crate) fn total(&self) -> u64 {
        self.by_resource.values().sum()
    }

    pub(crate) fn log(&mut self, entry: Entry) {
        if self.log.len() == LOG_CAPACITY {
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
