//! The functions' metrics. A log event carries them in fields, and the line is in CloudWatch's embedded metric format,
//! which needs no API call, permission or client.
//!
//! ```
//! # use lambda::metrics;
//! # let tenant = "one";
//! tracing::info!(target: metrics::TARGET, CallsLogged = 1, %tenant, "logged");
//! ```
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// The target of events with metrics, which are logged at every level.
pub const TARGET: &str = "metrics";

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Metric {
    name: &'static str,
    /// CloudWatch's name of the unit.
    unit: &'static str,
    /// The field by whose value it is counted. CloudWatch charges for every value, so there must be few.
    dimension: Option<&'static str>,
}

const COUNT: &str = "Count";

impl Metric {
    const fn count(name: &'static str) -> Self {
        Self { name, unit: COUNT, dimension: None }
    }
}

/// All metrics; a field's name is the metric's.
const METRICS: [Metric; 25] = [
    // Webhooks that were put on the events queue.
    Metric::count("EventsReceived"),
    // Webhooks that were refused, by HTTP status.
    Metric { dimension: Some("Status"), ..Metric::count("EventsRefused") },
    // Webhooks that were too long for the events queue.
    Metric::count("EventsTooLong"),
    // Events that could not be read, and became an entry that says so.
    Metric::count("EventsUnreadable"),
    // Events of calls that ended longer ago than entries are kept, and have none.
    Metric::count("EventsTooOld"),
    // Events that evaluating failed for until their queue gave them up: each is kept as an entry.
    Metric::count("EventsGivenUp"),
    // Wake-ups and steps that failed until their queue gave them up: the sweep or the comparison repeats them.
    Metric::count("WakeUpsGivenUp"),
    // Events that were merged into their call or message.
    Metric::count("EventsMerged"),
    // Calls that Aircall listed, in runs that fetch those that have no complete entry.
    Metric::count("CallsFetched"),
    // Calls of them that were queued, because they have none.
    Metric::count("CallsBackfilled"),
    // Runs of that which ended with a problem.
    Metric::count("BackfillsFailed"),
    // Entries that became, or were updated as, a Task.
    Metric::count("CallsLogged"),
    // Entries that were skipped.
    Metric::count("CallsSkipped"),
    // Entries that failed.
    Metric::count("CallsFailed"),
    // Entries that were postponed for a retry.
    Metric::count("CallsPostponed"),
    // Refusals with a code of Salesforce that is in no list.
    Metric::count("UnknownCodes"),
    // Connections that turned out to be dead, so that an admin has to reconnect: once for each.
    Metric::count("ReconnectsNeeded"),
    // Aircall accounts whose app was uninstalled, so that an admin has to connect again.
    Metric::count("AppsUninstalled"),
    // Aircall accounts whose access began to be refused.
    Metric::count("AircallAccountsRefused"),
    // Aircall accounts that have sent no event and answered no request for hours: each hour.
    Metric::count("AircallAccountsUnheard"),
    // Webhooks at Aircall that did not send, and were repaired.
    Metric::count("WebhooksRepaired"),
    // Webhooks at Aircall that do not send, and could not be repaired.
    Metric::count("WebhooksNotRepaired"),
    // API calls to Salesforce, as Salesforce counts them.
    Metric::count("SalesforceApiCalls"),
    // Tenants whose writer was woken because entries were overdue.
    Metric::count("OverdueTenants"),
    // For how long the most overdue entry has been due, at each sweep.
    Metric { unit: "Seconds", ..Metric::count("OldestOverdueSeconds") },
];

/// Adds what CloudWatch needs to read the metrics in a line into this namespace. Counts of 0 are left out.
pub(crate) fn embed(line: &mut Map<String, Value>, namespace: &str, now: SystemTime) {
    debug_assert!(METRICS.iter().any(|metric| line.contains_key(metric.name)), "no metric is in {line:?}");
    for metric in METRICS.iter().filter(|metric| metric.unit == COUNT) {
        if line.get(metric.name).and_then(Value::as_u64) == Some(0) {
            line.remove(metric.name);
        }
    }
    let directives: Vec<Value> = METRICS
        .into_iter()
        .filter(|metric| line.contains_key(metric.name))
        .map(|Metric { name, unit, dimension }| {
            json!({
                "Namespace": namespace,
                "Dimensions": [dimension.into_iter().collect::<Vec<_>>()],
                "Metrics": [{ "Name": name, "Unit": unit }],
            })
        })
        .collect();
    if !directives.is_empty() {
        let milliseconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let timestamp = u64::try_from(milliseconds).unwrap_or(0);
        line.insert("_aws".to_owned(), json!({ "Timestamp": timestamp, "CloudWatchMetrics": directives }));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn embedded(mut line: Value) -> Value {
        embed(line.as_object_mut().unwrap(), "a namespace", UNIX_EPOCH + Duration::from_millis(1_774_254_600_123));
        line
    }

    fn directive(name: &str, unit: &str, dimensions: &[&str]) -> Value {
        json!({
            "Namespace": "a namespace",
            "Dimensions": [dimensions],
            "Metrics": [{ "Name": name, "Unit": unit }],
        })
    }

    #[test]
    fn each_metric_of_a_line_has_its_unit_and_dimension() {
        let line = json!({ "EventsRefused": 2, "Status": "401", "OldestOverdueSeconds": 0, "tenant": "one" });
        let mut expected = line.clone();
        expected["_aws"] = json!({
            "Timestamp": 1_774_254_600_123_u64,
            "CloudWatchMetrics": [
                directive("EventsRefused", "Count", &["Status"]),
                directive("OldestOverdueSeconds", "Seconds", &[]),
            ],
        });
        assert_eq!(embedded(line), expected);
    }

    #[test]
    fn a_count_of_zero_is_left_out() {
        assert_eq!(embedded(json!({ "CallsSkipped": 0, "tenant": "one" })), json!({ "tenant": "one" }));
    }
}
