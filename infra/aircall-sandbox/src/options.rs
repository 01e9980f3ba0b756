//! Options that can be changed while the sandbox runs.

use serde::{Deserialize, Serialize};

/// The options. Missing keys keep their defaults; unknown keys are refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Requests that are answered within a window before 429; 0 means no limit.
    pub rate_limit: u32,
    /// Length of that window, in milliseconds.
    pub rate_window_ms: u64,
    /// Unit of the UNIX time in `X-AircallApi-Reset`. Both were observed.
    pub reset_unit: ResetUnit,
    /// How long an event is on its way before its first delivery, in milliseconds.
    pub delivery_delay_ms: u64,
    /// How long a webhook may take to answer, in milliseconds.
    pub delivery_timeout_ms: u64,
    /// Delay before a failed delivery is retried, in milliseconds.
    pub retry_ms: u64,
    /// Consecutive failed deliveries that deactivate a webhook.
    pub deactivate_after: u32,
    /// Events whose names Aircall does not know: a webhook with one of them is refused as a whole.
    pub refused_events: Vec<String>,
    /// Events that the company's plan lacks: left out of a webhook without an error, and never delivered.
    pub dropped_events: Vec<String>,
    /// Keys that are left out of what is delivered, as paths such as `data.number.time_zone`. A path goes through each
    /// element of an array: `data.comments.id`.
    pub absent_keys: Vec<String>,
    /// Age in days above which calls are not listed; they can still be read by id.
    pub history_days: u32,
    /// The user name of Basic authentication; random by default.
    pub api_id: Option<String>,
    /// The password of Basic authentication; random by default.
    pub api_token: Option<String>,
    /// The app's client id; random by default.
    pub client_id: Option<String>,
    /// The app's client secret; random by default.
    pub client_secret: Option<String>,
}

/// The unit of the rate limit's reset time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetUnit {
    /// For example `1614093780`.
    Seconds,
    /// For example `1614093780000`.
    Milliseconds,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rate_limit: 120,
            rate_window_ms: 60_000,
            reset_unit: ResetUnit::Seconds,
            delivery_delay_ms: 0,
            delivery_timeout_ms: 5_000,
            retry_ms: 1_000,
            deactivate_after: 50,
            refused_events: Vec::new(),
            dropped_events: Vec::new(),
            absent_keys: Vec::new(),
            history_days: 183,
            api_id: None,
            api_token: None,
            client_id: None,
            client_secret: None,
        }
    }
}
