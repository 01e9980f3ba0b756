//! Initialisation of a function: logs and AWS configuration.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The crates of this workspace that log.
const OURS: [&str; 11] =
    ["aircall", "console", "evaluate", "intake", "lambda", "org", "reconcile", "rules", "salesforce", "store", "write"];

/// Logs JSON lines to stdout at the level in the environment variable `RUST_LOG`, `info` by default.
///
/// Other crates never log below `info`: at `debug` some of them log requests, which contain personal data.
pub fn logs() {
    let level = std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    // CloudWatch adds a timestamp to every line.
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).without_time();
    tracing_subscriber::registry().with(lines).with(filter(level)).init();
}

fn filter(level: LevelFilter) -> Targets {
    Targets::new().with_default(level.min(LevelFilter::INFO)).with_targets(OURS.map(|ours| (ours, level)))
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
    }
}
