//! Query cursors: results that are fetched page by page.

use std::collections::HashMap;

use sandbox_kit::random;
use serde_json::Value;

/// Open query cursors by their locator.
#[derive(Debug, Default)]
pub(crate) struct Cursors(HashMap<String, Vec<Value>>);

impl Cursors {
    pub(super) fn open(&mut self, records: Vec<Value>) -> String {
        let locator = format!("01g{}", random::alphanumeric(15));
        self.0.insert(locator.clone(), records);
        locator
    }

    pub(super) fn get(&self, locator: &str) -> Option<&[Value]> {
        self.0.get(locator).map(Vec::as_slice)
    }
}
