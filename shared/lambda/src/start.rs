//! Initialisation of a function: logs and AWS configuration.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::log_line::LogLine;
use crate::metrics;

/// The crates of this workspace that log.
const OURS: [&str; 12] = [
    "aircall",
    "console",
    "evaluate",
    "intake",
    "lambda",
    "org",
    "reconcile",
    "rules",
    "salesforce",
    "store",
    "webhook",
    "write",
];

/// Logs JSON lines to stdout at the level in the environment variable `RUST_LOG`, `info` by default, with metrics in the
/// namespace in `METRICS_NAMESPACE`.
///
/// Lines with metrics are logged at every level, because CloudWatch reads the metrics from them.
/// Other crates never log below `info`: at `debug` some of them log requests, which contain personal data.
pub fn logs() {
    let level = std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let namespace = std::env::var("METRICS_NAMESPACE").unwrap_or_else(|_| "AircallSalesforce".to_owned());
    tracing_subscriber::registry().with(lines(namespace)).with(filter(level)).init();
}

/// The layer that writes a line for each event.
pub(crate) fn lines<S>(namespace: String) -> fmt::Layer<S, JsonFields, LogLine>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fmt::layer().fmt_fields(JsonFields::new()).event_format(LogLine { namespace })
}

fn filter(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::INFO))
        .with_targets(OURS.map(|ours| (ours, level)))
        .with_target(metrics::TARGET, level.max(LevelFilter::INFO))
}

/// The AWS configuration from the environment; the SDK itself reads `AWS_ENDPOINT_URL_…`.
///
/// `timeout` limits one call including its retries. It must be well below the function's own timeout, so that the
/// function still responds when a service does not.
pub async fn aws(timeout: Duration) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout((timeout / 3).min(Duration::from_secs(1)))
        .operation_attempt_timeout(timeout / 2)
        .operation_timeout(timeout)
        .build();
    // Two quick retries at most: a failed event is redelivered by its queue or sent again by its client.
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50));
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).retry_config(retries).load().await
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn every_crate_of_a_function_logs_at_the_chosen_level() {
        let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let folders = ["functions", "shared"].map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
        let names = folders.into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name != "test-aws").collect();
        names.sort();
        assert_eq!(names, OURS);
    }

    #[test]
    fn other_crates_never_log_below_info() {
        let filter = filter(LevelFilter::TRACE);
        assert!(filter.would_enable("intake::webhook", &Level::TRACE));
        assert!(filter.would_enable("aws_smithy_runtime::client", &Level::INFO));
        assert!(!filter.would_enable("aws_smithy_runtime::client", &Level::DEBUG));
    }

    #[test]
    fn a_level_above_info_applies_to_all_crates() {
        let filter = filter(LevelFilter::ERROR);
        assert!(!filter.would_enable("intake", &Level::WARN));
        assert!(!filter.would_enable("hyper", &Level::WARN));
        assert!(filter.would_enable(metrics::TARGET, &Level::INFO));
    }
}
