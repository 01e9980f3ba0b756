//! `/_sandbox/requests`: the log of requests to the API.

use std::collections::VecDeque;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Company;

/// Capacity of the request log; the oldest entries are dropped.
const LOG_CAPACITY: usize = 10_000;

/// One request and the status of its response; 0 means a dropped connection.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) status: u16,
}

#[derive(Debug, Default)]
pub(crate) struct Requests {
    total: u64,
    log: VecDeque<Entry>,
}

impl Requests {
    pub(crate) fn log(&mut self, entry: Entry) {
        self.total += 1;
        if self.log.len() == LOG_CAPACITY {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }
}

pub(super) async fn show(State(company): State<Company>) -> Json<Value> {
    let state = company.lock_untracked();
    Json(json!({"total": state.requests.total, "log": state.requests.log}))
}

pub(super) async fn reset(State(company): State<Company>) -> StatusCode {
    company.lock_untracked().requests = Requests::default();
    StatusCode::NO_CONTENT
}
