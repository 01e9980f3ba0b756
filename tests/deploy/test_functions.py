"""The functions of the translated template, what invokes them, and the alarms."""

from conftest import assert_detects, create, missing_or_unexpected, put

# Memory in MB and time-out in seconds.
FUNCTIONS = {
    "IntakeFunction": (256, 5),
    "EvaluateFunction": (256, 15),
    "WriteFunction": (512, 45),
    "ConsoleFunction": (256, 29),
    "ReconcileFunction": (256, 30),
}
# The function of each queue, and its batch size.
QUEUES = {
    "EventsQueue": ("EvaluateFunction", 10),
    "WritesQueue": ("WriteFunction", 1),
    "RetriesQueue": ("ReconcileFunction", 10),
}
ALARMS = {
    "EventsDeadLetterAlarm": ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "EventsDeadLetterQueue"),
    "WritesDeadLetterAlarm": ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "WritesDeadLetterQueue"),
    "ReconnectsNeededAlarm": ("AircallSalesforce", "ReconnectsNeeded", None),
    "CallsFailedAlarm": ("AircallSalesforce", "CallsFailed", None),
}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"


def differences(found, expected):
    """What is missing, not expected or different, by logical id."""
    problems = missing_or_unexpected(found, expected)
    for key in sorted(expected.keys() & found.keys()):
        properties = expected[key].keys() | found[key].keys()
        problems += [
            f"{key} has the {name} {found[key].get(name)!r}"
            for name in sorted(properties)
            if found[key].get(name) != expected[key].get(name)
        ]
    return problems


def bad_functions(stack):
    expected = {
        key: {
            "Architectures": [stack.parameters["Architecture"]],
            "Handler": "bootstrap",
            "LoggingConfig": {"LogGroup": f"{{{key.removesuffix('Function')}LogGroup}}"},
            "MemorySize": memory,
            "Role": f"{{{key}Role.Arn}}",
            "Runtime": "provided.al2023",
            "Timeout": timeout,
            "TracingConfig": {"Mode": "Active"},
        }
        for key, (memory, timeout) in FUNCTIONS.items()
    }
    # Each has its own; tests/it/template.rs compares the variables with the code.
    own = {"Code", "Description", "Environment", "Tags"}
    functions = stack.of_type("AWS::Lambda::Function")
    return differences({key: without(function, own) for key, function in functions.items()}, expected)


def without(properties, names):
    return {name: value for name, value in properties.items() if name not in names}


def test_functions_have_their_architecture_runtime_limits_log_group_and_role(stack):
    assert bad_functions(stack) == []


def test_log_groups_expire():
    groups = create(LogRetentionDays="7").of_type("AWS::Logs::LogGroup")
    assert groups == {f"{key.removesuffix('Function')}LogGroup": {"RetentionInDays": "7"} for key in FUNCTIONS}


def test_changes_of_functions_are_detected():
    assert_detects(
        bad_functions,
        "IntakeFunction has the Architectures ['x86_64']",
        sam=put("Resources", "IntakeFunction", "Properties", "Architectures", ["x86_64"]),
    )
    assert_detects(
        bad_functions,
        "IntakeFunction has the LoggingConfig None",
        sam=put("Resources", "IntakeFunction", "Properties", "LoggingConfig", None),
    )


def bad_queue_mappings(stack):
    expected = {
        queue: {
            "BatchSize": batch_size,
            "EventSourceArn": f"{{{queue}.Arn}}",
            "FunctionName": f"{{{function}}}",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        for queue, (function, batch_size) in QUEUES.items()
    }
    found = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    by_queue = {mapping["EventSourceArn"].removesuffix(".Arn}").removeprefix("{"): mapping for mapping in found}
    assert len(by_queue) == len(found), "a queue has two functions"
    return differences(by_queue, expected)


def test_every_queue_has_its_function_which_reports_single_failures(stack):
    assert bad_queue_mappings(stack) == []


def test_changes_of_queue_mappings_are_detected():
    events = ("Resources", "EvaluateFunction", "Properties", "Events")
    assert_detects(bad_queue_mappings, "EventsQueue does not exist", sam=put(*events, {}))
    assert_detects(
        bad_queue_mappings,
        "EventsQueue has the FunctionResponseTypes None",
        sam=put(*events, "Events", "Properties", "FunctionResponseTypes", None),
    )


def bad_schedules(stack):
    expected = {
        "ReconcileFunctionSweep": {
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ScheduleExpression": "rate(1 minute)",
            "Target": {"Arn": "{ReconcileFunction.Arn}", "RoleArn": "{ReconcileFunctionSweepRole.Arn}"},
        }
    }
    return differences(stack.of_type("AWS::Scheduler::Schedule"), expected)


def test_the_sweep_runs_every_minute_with_a_role_of_its_own(stack):
    assert bad_schedules(stack) == []


def test_changes_of_the_schedule_are_detected():
    sweep = ("Resources", "ReconcileFunction", "Properties", "Events", "Sweep", "Properties")
    assert_detects(
        bad_schedules, "ReconcileFunctionSweep has the State 'DISABLED'", sam=put(*sweep, "State", "DISABLED")
    )
    fixed = "ReconcileFunctionSweep has the Name 'ReconcileFunctionSweep'"
    assert_detects(bad_schedules, fixed, sam=put(*sweep, "OmitName", None))


def bad_alarms(stack):
    topic = stack.parameters["AlarmTopicArn"]
    expected = {
        key: {
            "AlarmActions": [topic] if topic else [],
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "MetricName": metric,
            "Namespace": namespace,
            # The number of messages in a queue is a level, the other metrics are counts.
            "Period": 60 if queue else 300,
            "Statistic": "Maximum" if queue else "Sum",
            "Threshold": 0,
            "TreatMissingData": "notBreaching",
        }
        | ({"Dimensions": [{"Name": "QueueName", "Value": f"{{{queue}.QueueName}}"}]} if queue else {})
        for key, (namespace, metric, queue) in ALARMS.items()
    }
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    return differences({key: without(alarm, {"AlarmDescription"}) for key, alarm in alarms.items()}, expected)


def test_alarms_watch_their_metric_and_notify_the_topic_if_there_is_one(stack):
    assert bad_alarms(stack) == []
    assert bad_alarms(create(AlarmTopicArn=TOPIC)) == []


def test_changes_of_alarms_are_detected():
    alarm = ("Resources", "CallsFailedAlarm", "Properties")
    assert_detects(
        bad_alarms, f"CallsFailedAlarm has the AlarmActions ['{TOPIC}']", sam=put(*alarm, "AlarmActions", [TOPIC])
    )
    dimensions = [{"Name": "Tenant", "Value": "a"}]
    assert_detects(
        bad_alarms, f"CallsFailedAlarm has the Dimensions {dimensions}", sam=put(*alarm, "Dimensions", dimensions)
    )
