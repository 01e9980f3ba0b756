//! `template.yaml` as the local stack reads it.

use std::{path::Path, time::Duration};

use local::template::{self, Function, QUEUE, Route, Scope, Stack, Template};
use serde_json::{Value, json};

const STACK: Stack<'_> = Stack { name: "local", region: "us-east-1", account: "000000000000" };

/// The resolved property `Value` of a queue.
#[track_caller]
fn resolved(value: &str) -> anyhow::Result<Value> {
    let template = Template::parse(
        &format!(
            "Parameters:\n  Level: {{ Type: String, Default: info }}\n  Days: {{ Type: Number, Default: 180 }}\n\
             Conditions:\n  Verbose: !Equals [!Ref Level, debug]\n  Quiet: !Not [!Condition Verbose]\n\
             Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      Value: {value}\n"
        ),
        &[],
    )?;
    let mut scope = template.scope(&STACK)?;
    scope.set("Table", json!("local-Table"));
    scope.set("Table.Arn", json!("arn:table"));
    let queue = template.resources(QUEUE, &scope).next().expect("the queue");
    Ok(queue.get("Value", &scope)?.unwrap_or(Value::Null))
}

#[track_caller]
fn check(value: &str, expected: Value) {
    assert_eq!(resolved(value).expect("it resolves"), expected, "{value}");
}

#[track_caller]
fn refused(value: &str, expected: &str) {
    let error = resolved(value).expect_err("it is refused");
    assert_eq!(format!("{error:#}"), expected, "{value}");
}

#[test]
fn both_forms_of_ref_get_att_and_sub_are_equivalent() {
    check("!Ref Table", json!("local-Table"));
    check("{ Ref: Table }", json!("local-Table"));
    check("!GetAtt Table.Arn", json!("arn:table"));
    check("{ \"Fn::GetAtt\": [Table, Arn] }", json!("arn:table"));
    check("!Sub \"${Table.Arn}/index/${Level}\"", json!("arn:table/index/info"));
    check("{ \"Fn::Sub\": \"${Table}\" }", json!("local-Table"));
}

#[test]
fn sub_supports_literals_and_its_own_map_of_names() {
    check("!Sub \"${!Literal} ${AWS::StackName}\"", json!("${Literal} local"));
    check("!Sub [\"${Mine}-${Level}\", { Mine: !Ref Table }]", json!("local-Table-info"));
}

#[test]
fn a_number_parameter_is_text() {
    check("!Ref Days", json!("180"));
}

#[test]
fn join_if_and_no_value_are_resolved() {
    check("!Join [\"-\", [a, !Ref Level]]", json!("a-info"));
    check("!If [Quiet, yes-quiet, no]", json!("yes-quiet"));
    check("[!Ref AWS::NoValue, b]", json!(["b"]));
    check("!Select [2, !Split [\"/\", a/b/c]]", json!("c"));
    check("{ a: !If [Verbose, 1, !Ref AWS::NoValue], b: 2 }", json!({ "b": 2 }));
}

#[test]
fn the_error_of_an_unsupported_function_or_name_has_resource_and_property() {
    refused("!ImportValue x", "Q.Value: Fn::ImportValue is not supported on this machine");
    refused("!Ref Unknown", "Q.Value: Unknown is not known on this machine");
    refused("!Sub \"${Unknown.Arn}\"", "Q.Value: Unknown.Arn is not known on this machine");
}

#[test]
fn a_resource_that_would_run_code_must_be_supported() {
    let check = |kind: &str| {
        let template = Template::parse(&format!("Resources: {{ X: {{ Type: '{kind}' }} }}"), &[]).expect("a template");
        template.scope(&STACK)
    };
    let error = check("AWS::Serverless::StateMachine").expect_err("it is refused");
    assert_eq!(error.to_string(), "X: AWS::Serverless::StateMachine is not supported on this machine");
    assert!(check("AWS::CloudWatch::Alarm").is_ok(), "an alarm changes nothing here");
}

#[test]
fn a_resource_whose_condition_fails_does_not_exist() {
    let template = Template::parse(
        "Conditions: { Never: !Equals [a, b] }\nResources: { Q: { Type: AWS::SQS::Queue, Condition: Never } }",
        &[],
    )
    .expect("a template");
    let scope = template.scope(&STACK).expect("a scope");
    assert_eq!(template.resources(QUEUE, &scope).count(), 0);
}

#[test]
fn a_parameter_needs_a_default_or_an_override() {
    let text = "Parameters: { Key: { Type: String } }\nResources: {}";
    assert_eq!(Template::parse(text, &[]).expect_err("refused").to_string(), "the parameter Key has no default");
    assert!(Template::parse(text, &[("Key", "value".to_owned())]).is_ok());
}

#[test]
fn globals_are_merged_and_the_functions_own_properties_win() {
    let [function] = functions(
        "Globals:\n  Function:\n    Timeout: 7\n    MemorySize: 256\n    Environment: { Variables: { A: global, B: global } }\n\
         Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Metadata: { BuildProperties: { Binary: f } }\n    \
         Properties: { MemorySize: 512, Environment: { Variables: { B: own, N: 5 } } }\n",
    )
    .expect("a function")
    .try_into()
    .expect("one function");
    assert_eq!((function.timeout, function.memory_mb), (Duration::from_secs(7), 512));
    let environment: Vec<_> =
        function.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(environment, [("A", "global"), ("B", "own"), ("N", "5")]);
}

#[track_caller]
fn event(event: &str) -> anyhow::Result<Function> {
    let text = format!(
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Metadata: {{ BuildProperties: {{ Binary: f }} }}\n    \
         Properties:\n      Events:\n        E: {event}\n"
    );
    Ok(functions(&text)?.remove(0))
}

#[test]
fn events_of_each_kind_are_read() {
    let http = event("{ Type: HttpApi, Properties: { Path: /a, Method: post } }").expect("a route");
    assert_eq!(http.routes, [Route { method: "POST".to_owned(), path: "/a".to_owned() }]);

    let sqs = event("{ Type: SQS, Properties: { Queue: arn:q, FunctionResponseTypes: [ReportBatchItemFailures] } }");
    let source = sqs.expect("a source").queues.remove(0);
    assert_eq!((source.queue_arn.as_str(), source.batch_size, source.reports_failures), ("arn:q", 10, true));

    let sweep = event("{ Type: ScheduleV2, Properties: { ScheduleExpression: rate(2 hours) } }").expect("a schedule");
    assert_eq!(sweep.schedules[0].every, Duration::from_hours(2));
    let off = event("{ Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), State: DISABLED } }");
    assert!(off.expect("no schedule").schedules.is_empty());
}

#[test]
fn unsupported_events_are_refused() {
    for (text, expected) in [
        ("{ Type: Kinesis }", "F.E: events of type Kinesis are not supported on this machine"),
        (
            "{ Type: SQS, Properties: { Queue: arn:q, FilterCriteria: {} } }",
            "F.E.FilterCriteria is not supported on this machine",
        ),
        (
            "{ Type: ScheduleV2, Properties: { ScheduleExpression: cron(0 * * * ? *) } }",
            "F.E: `cron(0 * * * ? *)` is not supported on this machine, only rate(…) is",
        ),
    ] {
        assert_eq!(format!("{:#}", event(text).expect_err("refused")), expected);
    }
}

#[test]
fn the_deployed_template_is_supported() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let template = Template::read(&path, &[]).expect("the template");
    let mut scope = template.scope(&STACK).expect("a scope");
    name_all_resources(&template, &mut scope);
    let functions = template::functions(&template, &scope).expect("functions");
    let mut binaries: Vec<_> = functions.iter().map(|function| function.binary.as_str()).collect();
    binaries.sort_unstable();
    assert_eq!(binaries, ["console", "evaluate", "intake", "reconcile", "write"]);
    let write = functions.iter().find(|function| function.binary == "write").expect("the writer");
    assert_eq!(write.environment["CALLS_TABLE"], "CallsTable");
    assert_eq!(write.environment["RUST_LOG"], "info");
    assert!(write.queues[0].reports_failures);
    let webhook = &functions.iter().find(|function| function.binary == "intake").expect("the intake").routes;
    assert_eq!(webhook[0].path, "/webhooks/aircall/{tenant}");
}

/// Gives every resource its logical id as name and ARN.
fn name_all_resources(template: &Template, scope: &mut Scope) {
    use local::template::{HTTP_API, SECRET, TABLE};
    let known = scope.clone();
    for kind in [HTTP_API, QUEUE, SECRET, TABLE] {
        for resource in template.resources(kind, &known) {
            scope.set(resource.id(), json!(resource.id()));
            scope.set(&format!("{}.Arn", resource.id()), json!(format!("arn:{}", resource.id())));
        }
    }
}

fn functions(text: &str) -> anyhow::Result<Vec<Function>> {
    let template = Template::parse(text, &[])?;
    let scope = template.scope(&STACK)?;
    template::functions(&template, &scope)
}
