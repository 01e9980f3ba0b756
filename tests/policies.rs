//! Whether the functions need what their policies allow: compares the policies with the calls to AWS that the end-to-end
//! tests made. That nothing is missing shows in those tests themselves: the local stack refuses what is not allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use local::{Options, Stack};
use serde_json::Value;

/// An action with the ARN of its resource.
type Used = BTreeSet<(String, String)>;

/// The calls that the end-to-end tests made, by function.
fn calls() -> BTreeMap<String, Used> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aws-calls");
    let files = std::fs::read_dir(&folder).expect("run the end-to-end tests first: cargo test -p tests --test it");
    let mut calls: BTreeMap<String, Used> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("its text");
        for line in text.lines() {
            // The last line of a stack that was killed may be cut.
            let Ok(call) = serde_json::from_str::<Value>(line) else { continue };
            let [function, service, action, resource] =
                ["function", "service", "action", "resource"].map(|key| call[key].as_str().expect("a text"));
            calls.entry(function.to_owned()).or_default().insert((format!("{service}:{action}"), resource.to_owned()));
        }
    }
    calls
}

/// A secret's ARN without the six characters that Secrets Manager adds to its name, which differ between stacks.
fn without_suffix(arn: &str) -> &str {
    let is_random = |suffix: &str| suffix.len() == 6 && suffix.chars().all(|c| c.is_ascii_alphanumeric());
    match arn.rsplit_once('-') {
        Some((name, suffix)) if arn.contains(":secretsmanager:") && is_random(suffix) => name,
        _ => arn,
    }
}

/// Whether an action was made on a resource that the pattern names.
fn is_used(used: &Used, action: &str, pattern: &str) -> bool {
    used.iter().filter(|(made, _)| made == action).any(|(_, resource)| match pattern.strip_suffix('*') {
        Some(prefix) => resource.starts_with(prefix),
        None => without_suffix(resource) == without_suffix(pattern),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_function_needs_all_that_its_policies_allow() {
    let stack = Stack::start(Options::default()).await.expect("a stack");
    let calls = calls();
    let mut unused = Vec::new();
    for (function, policies) in stack.policies() {
        let used = calls.get(function).cloned().unwrap_or_default();
        let of_function = policies.permissions().filter(|(action, pattern)| !is_used(&used, action, pattern));
        unused.extend(of_function.map(|(action, pattern)| format!("{function}: {action} on {pattern}")));
    }
    assert!(unused.is_empty(), "{unused:#?}");
    stack.stop().await.expect("stopped");
}

#[test]
fn a_permission_that_no_call_needed_is_found() {
    let used =
        Used::from([("a:Get", "x"), ("a:Get", "y/1"), ("a:Put", "z")].map(|(a, r)| (a.to_owned(), r.to_owned())));
    assert!(is_used(&used, "a:Get", "x") && is_used(&used, "a:Get", "y/*"));
    assert!(!is_used(&used, "a:Put", "x") && !is_used(&used, "a:Get", "y") && !is_used(&used, "a:Get", "z/*"));
}
