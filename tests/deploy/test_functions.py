"""The functions of the translated template, and what invokes them."""

from conftest import assert_detects, create, missing_or_unexpected, put

# Memory in MB and time-out in seconds.
FUNCTIONS = {
    "IntakeFunction": (256, 5),
    "EvaluateFunction": (256, 15),
    "WriteFunction": (512, 45),
    "ConsoleFunction": (256, 29),
    "ReconcileFunction": (256, 60),
}
# Functions that may run in a VPC, and those that may have reserved concurrency, with its parameter.
IN_VPC = {"WriteFunction", "ConsoleFunction", "ReconcileFunction"}
RESERVED = {"IntakeFunction": "IntakeReservedConcurrency", "WriteFunction": "WriteReservedConcurrency"}
# The function of each queue, its batch size, and its batches at once, or their parameter.
QUEUES = {
    "EventsQueue": ("EvaluateFunction", 10, "EvaluateConcurrency"),
    "WritesQueue": ("WriteFunction", 1, "WriteConcurrency"),
    "RetriesQueue": ("ReconcileFunction", 10, 10),
}


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
            "LoggingConfig": {
                "ApplicationLogLevel": "TRACE",
                "LogFormat": "JSON",
                "LogGroup": f"{{{key.removesuffix('Function')}LogGroup}}",
                "SystemLogLevel": "WARN",
            },
            "MemorySize": memory,
            "Role": f"{{{key.removesuffix('Function')}Role.Arn}}",
            "Runtime": "provided.al2023",
            "Timeout": timeout,
        }
        | (network(stack) if key in IN_VPC else {})
        | reservation(stack, key)
        for key, (memory, timeout) in FUNCTIONS.items()
    }
    # Each has its own; tests/it/template.rs compares the variables with the code.
    own = {"Code", "Description", "Environment", "Tags"}
    functions = stack.of_type("AWS::Lambda::Function")
    return differences({key: without(function, own) for key, function in functions.items()}, expected)


def network(stack):
    """The VPC of a function that may run in one."""
    lists = {name: stack.parameters[name].split(",") for name in ("SubnetIds", "SecurityGroupIds")}
    return {} if lists["SubnetIds"] == [""] else {"VpcConfig": lists}


def reservation(stack, key):
    number = stack.parameters.get(RESERVED.get(key), "0")
    return {} if number == "0" else {"ReservedConcurrentExecutions": number}


def without(properties, names):
    return {name: value for name, value in properties.items() if name not in names}


def test_functions_have_their_architecture_runtime_limits_log_group_and_role(stack):
    assert bad_functions(stack) == []


def test_functions_have_reserved_concurrency_and_a_vpc_on_demand():
    assert bad_functions(create(IntakeReservedConcurrency="20", WriteReservedConcurrency="60")) == []
    assert bad_functions(create(SubnetIds="subnet-1,subnet-2", SecurityGroupIds="sg-1")) == []


def test_a_number_that_changes_no_version_is_part_of_the_description():
    for key, parameter in RESERVED.items():
        assert "7" in create(**{parameter: "7"}).of_type("AWS::Lambda::Function")[key]["Description"]


def test_log_groups_expire():
    groups = create(LogRetentionDays="7").of_type("AWS::Logs::LogGroup")
    names = {key.removesuffix("Function") for key in FUNCTIONS} | {"Api"}
    assert groups == {f"{name}LogGroup": {"RetentionInDays": "7"} for name in names}


def test_changes_of_functions_are_detected():
    assert_detects(
        bad_functions,
        "IntakeFunction has the Architectures ['x86_64']",
        sam=put("Resources", "IntakeFunction", "Properties", "Architectures", ["x86_64"]),
    )
    assert_detects(
        bad_functions,
        "IntakeFunction has the MemorySize 1024",
        sam=put("Resources", "IntakeFunction", "Properties", "MemorySize", 1024),
    )
    assert_detects(
        bad_functions,
        "IntakeFunction has the TracingConfig {'Mode': 'Active'}",
        sam=put("Resources", "IntakeFunction", "Properties", "Tracing", "Active"),
    )


def bad_queue_mappings(stack):
    expected = {
        queue: {
            "BatchSize": batch_size,
            "EventSourceArn": f"{{{queue}.Arn}}",
            "FunctionName": f"{{{function}Aliaslive}}",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": stack.parameters.get(concurrency, concurrency)},
        }
        for queue, (function, batch_size, concurrency) in QUEUES.items()
    }
    found = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    by_queue = {mapping["EventSourceArn"].removesuffix(".Arn}").removeprefix("{"): mapping for mapping in found}
    assert len(by_queue) == len(found), "a queue has two functions"
    return differences(by_queue, expected)


def test_every_queue_has_its_function_within_its_limit_which_reports_single_failures(stack):
    assert bad_queue_mappings(stack) == []


def test_changes_of_queue_mappings_are_detected():
    events = ("Resources", "EvaluateFunction", "Properties", "Events")
    assert_detects(bad_queue_mappings, "EventsQueue does not exist", sam=put(*events, {}))
    assert_detects(
        bad_queue_mappings,
        "EventsQueue has the FunctionResponseTypes None",
        sam=put(*events, "Events", "Properties", "FunctionResponseTypes", None),
    )
    assert_detects(
        bad_queue_mappings,
        "EventsQueue has the ScalingConfig None",
        sam=put(*events, "Events", "Properties", "ScalingConfig", None),
    )


def bad_schedules(stack):
    expected = {
        "ReconcileFunctionSweep": {
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ScheduleExpression": "rate(1 minute)",
            "Target": {
                "Arn": "{ReconcileFunctionAliaslive}",
                "RetryPolicy": {"MaximumRetryAttempts": 0},
                "RoleArn": "{ScheduleRole.Arn}",
            },
        },
        **{
            f"ReconcileFunction{job.capitalize()}": {
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "ScheduleExpression": rate,
                "Target": {
                    "Arn": "{ReconcileFunctionAliaslive}",
                    "Input": f'{{"source":"aws.scheduler","job":"{job}"}}',
                    "RetryPolicy": {"MaximumRetryAttempts": 0},
                    "RoleArn": "{ScheduleRole.Arn}",
                },
            }
            for job, rate in {
                "lines": "rate(1 day)",
                "grants": "rate(10 minutes)",
                "health": "rate(15 minutes)",
                "backfill": "rate(1 hour)",
            }.items()
        },
    }
    return differences(stack.of_type("AWS::Scheduler::Schedule"), expected)


def test_the_sweep_runs_every_minute_and_the_other_jobs_less_often(stack):
    assert bad_schedules(stack) == []


def test_a_sweep_is_not_repeated_after_a_failure():
    (config,) = create().of_type("AWS::Lambda::EventInvokeConfig").values()
    assert (config["FunctionName"], config["Qualifier"]) == ("{ReconcileFunction}", "live")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 60)


def test_changes_of_the_schedule_are_detected():
    sweep = ("Resources", "ReconcileFunction", "Properties", "Events", "Sweep", "Properties")
    assert_detects(
        bad_schedules, "ReconcileFunctionSweep has the State 'DISABLED'", sam=put(*sweep, "State", "DISABLED")
    )
    fixed = "ReconcileFunctionSweep has the Name 'ReconcileFunctionSweep'"
    assert_detects(bad_schedules, fixed, sam=put(*sweep, "OmitName", None))
