//! What tests change while the sandbox runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The settings. Missing keys keep their defaults; unknown keys are refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Requests that are answered within a window before 429; 0 is any number.
    pub rate_limit: u32,
    /// Length of that window, in milliseconds.
    pub rate_window_ms: u64,
    /// Unit of the UNIX time in `X-AircallApi-Reset`. Both have been seen.
    pub reset_unit: ResetUnit,
    /// How long a webhook may take to answer, in milliseconds.
    pub delivery_timeout_ms: u64,
    /// How long until a delivery that failed is tried again, in milliseconds.
    pub retry_ms: u64,
    /// Failed deliveries in a row that turn a webhook off.
    pub deactivate_after: u32,
    /// Calls that began longer ago are not listed, in days; they can still be read one by one.
    pub history_days: u32,
    /// The user name of Basic authentication; by default a random one.
    pub api_id: Option<String>,
    /// The password of Basic authentication; by default a random one.
    pub api_token: Option<String>,
    /// The app's id; by default a random one.
    pub client_id: Option<String>,
    /// The app's secret; by default a random one.
    pub client_secret: Option<String>,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetUnit {
    /// As `1614093780`.
    Seconds,
    /// As `1614093780000`.
    Milliseconds,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rate_limit: 120,
            rate_window_ms: 60_000,
            reset_unit: ResetUnit::Seconds,
            delivery_timeout_ms: 5_000,
            retry_ms: 1_000,
            deactivate_after: 50,
            history_days: 183,
            api_id: None,
            api_token: None,
            client_id: None,
            client_secret: None,
        }
    }
}

impl Options {
    /// These options with the given keys replaced, or a sentence that says which key is wrong.
    pub(crate) fn merged(&self, changes: Map<String, Value>) -> Result<Self, String> {
        let mut all = serde_json::to_value(self).map_err(|error| error.to_string())?;
        if let Some(all) = all.as_object_mut() {
            all.extend(changes);
        }
        serde_json::from_value(all).map_err(|error| error.to_string())
    }
}
