//! One fault.

use std::{collections::BTreeMap, time::Duration};

use axum::{http::StatusCode, response::Response};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::response::{self, Style};

/// What was scripted: the requests that a fault applies to, how often, and its effect.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Any method if absent.
    #[serde(default)]
    method: Option<String>,
    /// A regular expression that must match somewhere in the path with its query.
    #[serde(default)]
    path: String,
    #[serde(default = "super::once")]
    pub(super) times: u32,
    /// If absent, the request is only delayed.
    #[serde(default)]
    status: Option<u16>,
    /// Text is sent unchanged, any other value as JSON.
    #[serde(default)]
    body: Value,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    delay_ms: u64,
    /// The request takes effect before the delay, whatever the response is.
    #[serde(default)]
    pub(crate) commit: bool,
    /// The request takes effect this long after the delay, when its caller already has the fault's response. Without a
    /// `status` the connection is closed.
    #[serde(default)]
    effect_after_ms: Option<u64>,
    /// The connection is closed without a response.
    #[serde(default)]
    drop: bool,
}

impl Rule {
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    /// How long after the delay the request takes effect, if it does so late.
    pub(crate) fn late_effect(&self) -> Option<Duration> {
        self.effect_after_ms.map(Duration::from_millis)
    }

    /// The status to log, 0 for a dropped connection, and the response of the fault; `None` if it only delays the API's
    /// own response.
    pub(crate) fn replacement(&self, style: &Style) -> Option<(u16, Response)> {
        match self.status {
            _ if self.drop => Some((0, response::dropped())),
            Some(0) if style.zero_drops => Some((0, response::dropped())),
            Some(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Some((status.as_u16(), response::build(style, status, &self.body, &self.headers)))
            }
            None => None,
        }
    }
}

/// A fault that has not been used up.
#[derive(Clone, Debug)]
pub struct Fault {
    pub(super) rule: Rule,
    path: Regex,
}

impl Fault {
    /// Parses a fault.
    ///
    /// # Errors
    /// A sentence that names the invalid key.
    pub fn parse(rule: Value) -> Result<Self, String> {
        let rule: Rule = serde_json::from_value(rule).map_err(|error| error.to_string())?;
        let path = Regex::new(&rule.path).map_err(|error| error.to_string())?;
        Ok(Self { rule, path })
    }

    pub(super) fn matches(&self, method: &str, target: &str) -> bool {
        let same_method = self.rule.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        same_method && self.path.is_match(target)
    }
}
