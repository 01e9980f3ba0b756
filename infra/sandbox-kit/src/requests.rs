//! The requests to a vendor's API: a log, and counts by resource.

use std::collections::{BTreeMap, VecDeque};

use axum::extract::Request;
use serde::Serialize;

/// Capacity of the request log; the oldest entries are dropped.
const LOG_CAPACITY: usize = 10_000;

/// One request and the status of its response.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// For example `GET`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark; empty if there is none.
    pub query: String,
    /// 0 means a dropped connection.
    pub status: u16,
}

impl Entry {
    /// A request without a response.
    pub(crate) fn of(request: &Request) -> Self {
        let uri = request.uri();
        Self {
            method: request.method().to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            status: 0,
        }
    }
}

/// The request log, and the calls that count against an allowance.
#[derive(Debug, Default)]
pub struct Requests {
    by_resource: BTreeMap<String, u64>,
    logged: u64,
    log: VecDeque<Entry>,
}

impl Requests {
    /// Counts a call of a resource, as the vendor counts them.
    pub fn count(&mut self, resource: String) {
        *self.by_resource.entry(resource).or_default() += 1;
    }

    /// The counted calls by resource.
    pub fn by_resource(&self) -> &BTreeMap<String, u64> {
        &self.by_resource
    }

    /// The number of counted calls.
    pub fn counted(&self) -> u64 {
        self.by_resource.values().sum()
    }

    /// Logs a request.
    pub fn log(&mut self, entry: Entry) {
        self.logged += 1;
        if self.log.len() == LOG_CAPACITY {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }

    /// The number of logged requests, including those whose entries were dropped.
    pub fn logged(&self) -> u64 {
        self.logged
    }

    /// The log, oldest first.
    pub fn entries(&self) -> &VecDeque<Entry> {
        &self.log
    }
}
