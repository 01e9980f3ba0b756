//! Checks `template.yaml` against the code, and against rules for every function and queue in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

use crate::docs::sources;

/// The template with CloudFormation's short forms as JSON: `!Ref X` is `{"Ref": "X"}`.
pub(crate) fn template() -> Value {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    to_json(serde_yaml_ng::from_str(&text).unwrap())
}

pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn to_json(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            json!({ name.trim_start_matches('!'): to_json(tagged.value) })
        }
        Yaml::Mapping(mapping) => {
            let entry = |(key, value): (Yaml, Yaml)| (key.as_str().unwrap_or_default().to_owned(), to_json(value));
            Value::Object(mapping.into_iter().map(entry).collect::<Map<_, _>>())
        }
        Yaml::Sequence(list) => list.into_iter().map(to_json).collect(),
        scalar => serde_json::to_value(scalar).unwrap(),
    }
}

/// Resources of a type, by logical id.
fn resources<'a>(template: &'a Value, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    let all = template["Resources"].as_object().unwrap();
    all.iter().filter(|(_, resource)| resource["Type"] == kind).map(|(id, resource)| (id.as_str(), resource)).collect()
}

pub(crate) fn functions(template: &Value) -> BTreeMap<&str, &Value> {
    resources(template, "AWS::Serverless::Function")
}

fn queues(template: &Value) -> BTreeMap<&str, &Value> {
    resources(template, "AWS::SQS::Queue")
}

pub(crate) fn binary(function: &Value) -> &str {
    function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap()
}

/// The resource that `!GetAtt Resource.Arn` names.
fn arn_of(value: &Value) -> Option<&str> {
    value["GetAtt"].as_str()?.strip_suffix(".Arn")
}

/// The values of a list; a single value counts as a list of one.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// Names of the environment variables that a function's source reads through `lambda::env`, or through a local `whole_number`
/// that parses a number.
fn variables_read(binary: &str) -> BTreeSet<String> {
    let pattern =
        Regex::new(r#"(?:env::(?:required|(?:parsed|optional)(?:::<[^>]*>)?)|whole_number)\(\s*"([A-Z_]+)""#).unwrap();
    let mut names = BTreeSet::new();
    let mut folders = vec![root().join("functions").join(binary).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let source = std::fs::read_to_string(&path).unwrap();
                names.extend(pattern.captures_iter(&source).map(|found| found[1].to_owned()));
            }
        }
    }
    names
}

/// Read by `lambda::start`, for every function.
const FOR_LOGS: [&str; 2] = ["METRICS_NAMESPACE", "RUST_LOG"];

fn undeclared_or_unread_variables(template: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, function) in functions(template) {
        let declared = &function["Properties"]["Environment"]["Variables"];
        let declared: BTreeSet<String> =
            declared.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let read = variables_read(binary(function));
        problems.extend(read.difference(&declared).map(|name| format!("{id} reads {name}, which is not declared")));
        problems.extend(
            declared
                .difference(&read)
                .filter(|name| !FOR_LOGS.contains(&name.as_str()))
                .map(|name| format!("{id} declares {name}, which the function does not read")),
        );
    }
    problems
}

/// The SQS event sources: function, its properties, the queue's logical id and the source's properties.
fn event_sources(template: &Value) -> Vec<(&str, &Value, &str, &Value)> {
    let mut sources = Vec::new();
    for (id, function) in functions(template) {
        let events = function["Properties"]["Events"].as_object().unwrap();
        for source in events.values().filter(|event| event["Type"] == "SQS") {
            let properties = &source["Properties"];
            sources.push((id, &function["Properties"], arn_of(&properties["Queue"]).unwrap(), properties));
        }
    }
    sources
}

fn batches_without_item_failures(template: &Value) -> Vec<String> {
    let reports = |source: &Value| list(&source["FunctionResponseTypes"]).contains(&&json!("ReportBatchItemFailures"));
    let sources = event_sources(template);
    assert!(sources.len() >= 3, "the events, writes and retries queues have a function each");
    let whole = sources.into_iter().filter(|(.., source)| !reports(source));
    whole.map(|(function, _, queue, _)| format!("{function} does not report single failures of {queue}")).collect()
}

/// Seconds allowed between receiving a batch, when its messages become invisible, and starting its function.
const MARGIN: u64 = 10;

fn visibility_timeouts_too_short(template: &Value) -> Vec<String> {
    let default_timeout = template["Globals"]["Function"]["Timeout"].as_u64().unwrap_or(3);
    let mut problems = Vec::new();
    for (id, function, queue, _) in event_sources(template) {
        let timeout = function["Timeout"].as_u64().unwrap_or(default_timeout);
        let visibility = template["Resources"][queue]["Properties"]["VisibilityTimeout"].as_u64().unwrap_or(30);
        if visibility < timeout + MARGIN {
            problems.push(format!("{queue} shows a message again after {visibility} s, and {id} may take {timeout} s"));
        }
    }
    problems
}

/// The dead-letter queue of a queue.
fn dead_letter_queue(queue: &Value) -> Option<&str> {
    let policy = &queue["Properties"]["RedrivePolicy"];
    arn_of(&policy["deadLetterTargetArn"]).filter(|_| policy["maxReceiveCount"].as_u64().is_some_and(|n| n > 0))
}

fn queues_without_matching_dead_letter_queue(template: &Value) -> Vec<String> {
    let queues = queues(template);
    let dead_letter_queues: BTreeSet<&str> = queues.values().filter_map(|queue| dead_letter_queue(queue)).collect();
    let is_fifo = |queue: &Value| queue["Properties"]["FifoQueue"] == true;
    let mut problems = Vec::new();
    for (id, queue) in &queues {
        match dead_letter_queue(queue).map(|target| (target, queues.get(target))) {
            None if dead_letter_queues.contains(id) => {}
            None => problems.push(format!("{id} has no dead-letter queue")),
            Some((target, None)) => problems.push(format!("{id} redrives to {target}, which is no queue")),
            Some((target, Some(dead))) if is_fifo(queue) != is_fifo(dead) => {
                problems.push(format!("{id} and its dead-letter queue {target} are not both FIFO or both standard"));
            }
            Some(_) => {}
        }
    }
    problems
}

#[track_caller]
fn check(rule: fn(&Value) -> Vec<String>) {
    let problems = rule(&template());
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Asserts that `rule` reports one problem when the value at `pointer` is `instead`.
#[track_caller]
fn assert_detects(rule: fn(&Value) -> Vec<String>, pointer: &str, instead: Value) {
    let mut template = template();
    *template.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}")) = instead;
    assert_eq!(rule(&template).len(), 1, "{pointer}");
}

#[test]
fn each_function_declares_the_variables_it_reads_and_no_others() {
    check(undeclared_or_unread_variables);
    assert_detects(
        undeclared_or_unread_variables,
        "/Resources/IntakeFunction/Properties/Environment/Variables",
        json!({ "TENANTS_TABLE": "a", "ALLOWED_ORGS": "*", "TENANT_RATE_LIMIT": 0 }),
    );
}

#[test]
fn one_bad_message_does_not_fail_its_batch() {
    check(batches_without_item_failures);
    let types = "/Resources/WriteFunction/Properties/Events/Writes/Properties/FunctionResponseTypes";
    assert_detects(batches_without_item_failures, types, json!([]));
}

#[test]
fn each_visibility_timeout_is_longer_than_the_functions_timeout() {
    check(visibility_timeouts_too_short);
    let timeout = "/Resources/WritesQueue/Properties/VisibilityTimeout";
    assert_detects(visibility_timeouts_too_short, timeout, json!(54));
}

#[test]
fn each_queue_has_a_dead_letter_queue_of_the_same_kind() {
    check(queues_without_matching_dead_letter_queue);
    // The former dead-letter queue then counts as a queue without a dead-letter queue itself.
    let policy = "/Resources/EventsQueue/Properties/RedrivePolicy/deadLetterTargetArn";
    assert_detects(
        queues_without_matching_dead_letter_queue,
        "/Resources/WritesDeadLetterQueue/Properties/FifoQueue",
        json!(false),
    );
    let mut template = template();
    *template.pointer_mut(policy).unwrap() = Value::Null;
    let expected = ["EventsDeadLetterQueue has no dead-letter queue", "EventsQueue has no dead-letter queue"];
    assert_eq!(queues_without_matching_dead_letter_queue(&template), expected);
}

/// The namespace of the functions' own metrics: one for each stack.
const NAMESPACE: &str = "AircallSalesforce/${AWS::StackName}";

#[test]
fn alarms_watch_metrics_that_exist() {
    let source = std::fs::read_to_string(root().join("shared/lambda/src/metrics.rs")).unwrap();
    let name = Regex::new(r#"Metric::count\("(\w+)"\)"#).unwrap();
    let mut names: BTreeSet<String> = name.captures_iter(&source).map(|found| found[1].to_owned()).collect();
    assert!(names.len() >= 10, "{names:?}");
    let functions = sources(&root().join("functions")).join("\n");
    for name in &names {
        assert!(functions.contains(&format!("{name} = ")), "no function logs {name}");
    }
    let template = template();
    for filter in resources(&template, "AWS::Logs::MetricFilter").values() {
        let transformation = &filter["Properties"]["MetricTransformations"][0];
        assert_eq!(transformation["MetricNamespace"]["Sub"], NAMESPACE, "{filter}");
        names.insert(transformation["MetricName"].as_str().unwrap().to_owned());
    }
    let mut watched = 0;
    for (id, alarm) in resources(&template, "AWS::CloudWatch::Alarm") {
        let alarm = &alarm["Properties"];
        let parts = list(&alarm["Metrics"]).into_iter().map(|part| &part["MetricStat"]["Metric"]);
        for metric in [alarm].into_iter().chain(parts).filter(|metric| metric["MetricName"].is_string()) {
            let is_own = names.contains(metric["MetricName"].as_str().unwrap());
            assert_eq!(metric["Namespace"]["Sub"] == NAMESPACE, is_own, "{id}: {metric}");
            watched += u32::from(is_own);
        }
    }
    assert!(watched >= 5, "{watched}");
}
