//! Checks `template.yaml` against the code, and against rules for every function and queue in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

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

fn undeclared_or_unread_variables(template: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, function) in functions(template) {
        let declared = &function["Properties"]["Environment"]["Variables"];
        let declared: BTreeSet<String> =
            declared.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let read = variables_read(binary(function));
        problems.extend(read.difference(&declared).map(|name| format!("{id} reads {name}, which is not declared")));
        problems.extend(
            declared.difference(&read).map(|name| format!("{id} declares {name}, which the function does not read")),
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

/// A dead-letter queue that needs no alarm: it holds only wake-ups, which the sweep repeats within a minute.
const WITHOUT_ALARM: &str = "RetriesDeadLetterQueue";

fn dead_letter_queues_without_alarm(template: &Value) -> Vec<String> {
    let queue_of = |alarm: &Value| {
        let name = alarm["Properties"]["Dimensions"][0]["Value"]["GetAtt"].as_str()?.strip_suffix(".QueueName")?;
        Some(name.to_owned())
    };
    let alarms = resources(template, "AWS::CloudWatch::Alarm");
    let with_alarm: BTreeSet<String> = alarms.values().filter_map(|alarm| queue_of(alarm)).collect();
    let queues = queues(template);
    let dead: BTreeSet<&str> = queues.values().filter_map(|queue| dead_letter_queue(queue)).collect();
    dead.into_iter()
        .filter(|id| !with_alarm.contains(*id) && *id != WITHOUT_ALARM)
        .map(|id| format!("{id} has no alarm"))
        .collect()
}

/// Each policy statement with its function.
fn statements(template: &Value) -> Vec<(&str, &Value)> {
    let mut statements = Vec::new();
    for (id, function) in functions(template) {
        for policy in list(&function["Properties"]["Policies"]) {
            statements.extend(list(&policy["Statement"]).into_iter().map(|statement| (id, statement)));
        }
    }
    statements
}

fn policies_too_broad(template: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, function) in functions(template) {
        // What a managed policy or a SAM policy template allows is not visible in the template.
        let readable = |policy: &&Value| policy.get("Statement").is_some();
        let policies = list(&function["Properties"]["Policies"]);
        problems
            .extend(policies.into_iter().filter(|policy| !readable(policy)).map(|policy| format!("{id}: {policy}")));
    }
    for (id, statement) in statements(template) {
        let actions = list(&statement["Action"]);
        let resources = list(&statement["Resource"]);
        if actions.is_empty() || resources.is_empty() || statement["Effect"] != "Allow" {
            problems.push(format!("{id}: a statement without actions or resources"));
        }
        let wild = |value: &&&Value| value.to_string().contains('*');
        problems.extend(actions.iter().filter(wild).map(|action| format!("{id}: action {action}")));
        // Each tenant has its own secret, in a path below the stack's name.
        let is_tenant_secret = |value: &Value| {
            let pattern = value["Sub"].as_str().unwrap_or_default();
            let folders = ["aircall", "salesforce"].map(|folder| format!(":secret:${{AWS::StackName}}/{folder}/*"));
            folders.iter().any(|folder| pattern.ends_with(folder)) && pattern.matches('*').count() == 1
        };
        let resources = resources.iter().filter(wild).filter(|resource| !is_tenant_secret(resource));
        problems.extend(resources.map(|resource| format!("{id}: resource {resource}")));
    }
    problems
}

fn functions_that_may_read_tokens(template: &Value) -> BTreeSet<&str> {
    let of_tokens = |statement: &Value| {
        let secrets = list(&statement["Action"]).iter().any(|action| action.to_string().contains("secretsmanager:"));
        secrets && statement["Resource"].to_string().contains("/salesforce/")
    };
    statements(template).into_iter().filter(|(_, statement)| of_tokens(statement)).map(|(id, _)| id).collect()
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
        json!({ "TENANTS_TABLE": "a", "ALLOWED_ORGS": "*" }),
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

#[test]
fn each_dead_letter_queue_of_events_or_writes_has_an_alarm() {
    check(dead_letter_queues_without_alarm);
    let dimensions = "/Resources/EventsDeadLetterAlarm/Properties/Dimensions";
    assert_detects(dead_letter_queues_without_alarm, dimensions, json!([]));
}

#[test]
fn no_policy_allows_everything() {
    check(policies_too_broad);
    let statement = "/Resources/IntakeFunction/Properties/Policies/0/Statement/0";
    assert_detects(policies_too_broad, &format!("{statement}/Action"), json!("dynamodb:*"));
    assert_detects(policies_too_broad, &format!("{statement}/Resource"), json!("*"));
    assert_detects(policies_too_broad, "/Resources/IntakeFunction/Properties/Policies", json!("AmazonSQSFullAccess"));
}

#[test]
fn only_the_writer_and_the_console_may_read_salesforce_tokens() {
    let template = template();
    let allowed = functions_that_may_read_tokens(&template);
    assert!(allowed.contains("WriteFunction"));
    assert!(allowed.is_subset(&BTreeSet::from(["ConsoleFunction", "WriteFunction"])), "{allowed:?}");
}

#[test]
fn alarms_watch_metrics_that_the_functions_write() {
    let source = std::fs::read_to_string(root().join("shared/lambda/src/metrics.rs")).unwrap();
    let namespace = Regex::new(r#"const NAMESPACE: &str = "(\w+)""#).unwrap().captures(&source).unwrap()[1].to_owned();
    let names: BTreeSet<String> = Regex::new(r#"Counter::(\w+) => "(\w+)""#)
        .unwrap()
        .captures_iter(&source)
        .map(|found| {
            assert_eq!(found[1], found[2], "a metric is named as its counter");
            found[2].to_owned()
        })
        .collect();
    assert!(names.len() >= 10, "{names:?}");
    let template = template();
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let own = alarms.iter().filter(|(_, alarm)| {
        let alarm = &alarm["Properties"];
        let has_own_name = alarm["MetricName"].as_str().is_some_and(|name| names.contains(name));
        assert_eq!(alarm["Namespace"] == json!(namespace), has_own_name, "{alarm}");
        has_own_name
    });
    assert!(own.count() >= 2);
}
