//! The API calls that the tenant's writer makes, counted as Salesforce counts them.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::TestEnv;

/// API calls of the org.
#[derive(Debug, Deserialize)]
pub(crate) struct ApiCalls {
    pub(crate) total: u64,
    pub(crate) by_resource: BTreeMap<String, u64>,
    log: Vec<Request>,
}

#[derive(Debug, Deserialize)]
struct Request {
    method: String,
    path: String,
}

impl ApiCalls {
    /// The number of requests with this method whose path ends with `path`.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        self.log.iter().filter(|request| request.method == method && request.path.ends_with(path)).count()
    }
}

impl TestEnv {
    /// The API calls of the org while `work` runs.
    pub(crate) async fn calls_for(&self, work: impl Future<Output = ()>) -> ApiCalls {
        self.sandbox(Method::DELETE, "requests", Value::Null).await;
        work.await;
        self.api_calls().await
    }

    /// The API calls of the org so far.
    pub(crate) async fn api_calls(&self) -> ApiCalls {
        serde_json::from_value(self.sandbox(Method::GET, "requests", Value::Null).await).expect("API calls")
    }
}
