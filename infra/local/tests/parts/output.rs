//! Which lines of a function reach the terminal, and how.

use local::lambda::{is_problem, readable};

#[test]
fn warnings_errors_and_panics_are_problems() {
    assert!(is_problem(r#"{"level":"WARN","fields":{"message":"slow"}}"#));
    assert!(is_problem(r#"{"level":"ERROR","message":"broken"}"#));
    assert!(is_problem("thread 'main' panicked at src/main.rs:1:1:"));
}

#[test]
fn information_metrics_and_blank_lines_are_no_problems() {
    assert!(!is_problem(r#"{"level":"INFO","fields":{"message":"logged call"}}"#));
    assert!(!is_problem(r#"{"_aws":{"Timestamp":1},"logged":1}"#));
    assert!(!is_problem("  "));
}

#[test]
fn a_log_line_is_shown_as_level_message_and_fields() {
    let line = r#"{"timestamp":"2026-01-01T00:00:00Z","level":"WARN","fields":{"message":"kept","key":"call-1","attempt":2},"target":"write"}"#;
    assert_eq!(readable(line), "WARN  kept attempt=2 key=call-1");
    assert_eq!(readable("not json"), "not json");
}
