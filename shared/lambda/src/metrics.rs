//! Counters, written to stdout in CloudWatch's embedded metric format, which needs no API call, permission or client.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// The CloudWatch namespace.
const NAMESPACE: &str = "AircallSalesforce";

/// A counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Webhooks that were put on the events queue.
    EventsReceived,
    /// Webhooks that were refused.
    EventsRefused,
    /// Events that were merged into their call or message.
    EventsMerged,
    /// Entries that became, or were updated as, a Task.
    CallsLogged,
    /// Entries that were skipped.
    CallsSkipped,
    /// Entries that failed.
    CallsFailed,
    /// Entries that were postponed for a retry.
    CallsPostponed,
    /// Drains that found the connection dead, so that an admin has to reconnect.
    ReconnectsNeeded,
    /// API calls to Salesforce, as Salesforce counts them.
    SalesforceApiCalls,
    /// Tenants whose writer was woken because entries were overdue.
    OverdueTenants,
}

impl Counter {
    /// The metric's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Counter::EventsReceived => "EventsReceived",
            Counter::EventsRefused => "EventsRefused",
            Counter::EventsMerged => "EventsMerged",
            Counter::CallsLogged => "CallsLogged",
            Counter::CallsSkipped => "CallsSkipped",
            Counter::CallsFailed => "CallsFailed",
            Counter::CallsPostponed => "CallsPostponed",
            Counter::ReconnectsNeeded => "ReconnectsNeeded",
            Counter::SalesforceApiCalls => "SalesforceApiCalls",
            Counter::OverdueTenants => "OverdueTenants",
        }
    }
}

/// Counts `n` with `dimensions`, a name and a value each. CloudWatch charges for every combination of values, so a
/// dimension must have few values. A count of 0 is not written.
pub fn count(counter: Counter, n: u64, dimensions: &[(&str, &str)]) {
    if n > 0 {
        // A failure to write to stdout cannot be reported anywhere.
        let _ = writeln!(std::io::stdout(), "{}", line(counter, n, dimensions, SystemTime::now()));
    }
}

fn line(counter: Counter, n: u64, dimensions: &[(&str, &str)], now: SystemTime) -> Value {
    let milliseconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let metadata = json!({
        "Timestamp": u64::try_from(milliseconds).unwrap_or(0),
        "CloudWatchMetrics": [{
            "Namespace": NAMESPACE,
            "Dimensions": [names],
            "Metrics": [{ "Name": counter.as_str(), "Unit": "Count" }],
        }],
    });
    let mut line = Map::from_iter([("_aws".to_owned(), metadata), (counter.as_str().to_owned(), n.into())]);
    line.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))));
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_counter_is_one_line_of_the_embedded_metric_format() {
        let now = UNIX_EPOCH + Duration::from_millis(1_774_254_600_123);
        let line = line(Counter::EventsRefused, 2, &[("Status", "401")], now).to_string();
        assert!(!line.contains('\n'));
        let expected = json!({
            "_aws": {
                "Timestamp": 1_774_254_600_123_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "AircallSalesforce",
                    "Dimensions": [["Status"]],
                    "Metrics": [{ "Name": "EventsRefused", "Unit": "Count" }],
                }],
            },
            "EventsRefused": 2,
            "Status": "401",
        });
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
    }
}
