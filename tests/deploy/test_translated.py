"""Rules for everything in the translated template: names, references, parameters and what outlives a stack."""

import json
import re
import uuid

import pytest
from conftest import CERTIFICATE, assert_detects, create, put
from translate import Stack, stack_id, translate

# Properties that look like a name of the resource and are none, or that the operator chooses.
NO_NAMES = {
    ("AWS::ApiGatewayV2::DomainName", "DomainName"): "a parameter",
    ("AWS::ApiGatewayV2::Stage", "StageName"): "unique within its API",
    ("AWS::CodeDeploy::DeploymentGroup", "DeploymentConfigName"): "refers to a configuration of AWS",
    ("AWS::CloudWatch::Alarm", "MetricName"): "refers to a metric",
    ("AWS::Lambda::Alias", "Name"): "unique within its function",
    ("AWS::Route53::RecordSet", "Name"): "a parameter",
}
# The only names that are computed, because CloudFormation does not make valid ones.
FIFO_QUEUES = {"WritesQueue", "WritesDeadLetterQueue"}


def names(stack):
    """The names that the template gives to resources, by logical id and property."""
    found = {}
    for key, resource in stack.resources.items():
        for name, value in resource.get("Properties", {}).items():
            is_reference = isinstance(value, str) and re.match(r"\{[A-Z]", value)
            if name.endswith("Name") and (resource["Type"], name) not in NO_NAMES and not is_reference:
                found[key, name] = value
    return found


def names_of_two_stacks_that_collide(stack):
    other = Stack(stack.template, stack.parameters, "other", stack_id("other", uuid.UUID(int=7)))
    others = names(other)
    return [
        f"{key} has the {name} {value!r}" for (key, name), value in names(stack).items() if others[key, name] == value
    ]


def bad_queue_names(stack):
    problems = []
    for name in ["a", "a" * 128]:
        for number in [0, 7, 2**128 - 1]:
            other = Stack(stack.template, stack.parameters, name, stack_id(name, uuid.UUID(int=number)))
            queues = other.of_type("AWS::SQS::Queue")
            for key in FIFO_QUEUES:
                # SQS's own rule for names.
                value = queues[key].get("QueueName", "")
                if len(value) > 80 or not re.fullmatch(r"[A-Za-z0-9_-]+\.fifo", value):
                    problems.append(f"{key} would be named {value!r}")
    return sorted(set(problems))


def test_two_stacks_share_no_name(stack):
    assert names_of_two_stacks_that_collide(stack) == []


def test_only_fifo_queues_have_computed_names(stack):
    assert set(names(stack)) == {(key, "QueueName") for key in FIFO_QUEUES}
    assert {key for key, queue in stack.of_type("AWS::SQS::Queue").items() if queue.get("FifoQueue")} == FIFO_QUEUES
    assert bad_queue_names(stack) == []


def test_fixed_and_invalid_names_are_detected():
    assert_detects(
        names_of_two_stacks_that_collide,
        "ReconcileFunctionSweep has the Name 'ReconcileFunctionSweep'",
        sam=put("Resources", "ReconcileFunction", "Properties", "Events", "Sweep", "Properties", "OmitName", None),
    )
    assert_detects(
        names_of_two_stacks_that_collide,
        "EventsQueue has the QueueName 'events'",
        sam=put("Resources", "EventsQueue", "Properties", "QueueName", "events"),
    )
    of_stack = {"Fn::Sub": "${AWS::StackName}-writes.fifo"}
    assert_detects(
        bad_queue_names,
        f"WritesQueue would be named '{'a' * 128}-writes.fifo'",
        sam=put("Resources", "WritesQueue", "Properties", "QueueName", of_stack),
    )


def dangling(stack):
    return sorted(set(stack.dangling))


def uses(value):
    """The names of parameters and conditions that a part of the template uses."""
    if isinstance(value, list):
        return set().union(*map(uses, value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(uses, value.values()))
    found |= {value[key] for key in ("Ref", "Condition") if isinstance(value.get(key), str)}
    if "Fn::If" in value:
        found.add(value["Fn::If"][0])
    if "Fn::Sub" in value:
        text = value["Fn::Sub"]
        found |= set(re.findall(r"\$\{([^!.}]+)", text if isinstance(text, str) else text[0]))
    return found


# Parameters that SAM replaces by their values.
REPLACED = {"DeploymentPreference"}


def unused(stack):
    """Parameters and conditions on which nothing depends."""
    template = stack.template
    used = set().union(*(uses(template[section]) for section in ("Conditions", "Resources", "Outputs")))
    return sorted((template["Parameters"].keys() | template["Conditions"].keys()) - used - REPLACED)


def test_every_reference_is_to_something_that_exists(stack):
    assert dangling(stack) == []


def test_every_parameter_and_condition_is_used():
    assert unused(create()) == []


def test_dangling_references_and_unused_parts_are_detected():
    assert_detects(
        dangling,
        "IntakeFunction.Properties.LoggingConfig.LogGroup refers to IntakeLogs, which does not exist",
        sam=put("Resources", "IntakeFunction", "Properties", "LoggingConfig", {"LogGroup": {"Ref": "IntakeLogs"}}),
    )
    # Without a certificate there is no custom domain.
    assert_detects(
        dangling,
        "ConsoleUrl.Value refers to CustomDomain, which does not exist",
        address="forwarded",
        sam=put("Outputs", "ConsoleUrl", "Value", "Fn::If", 1, {"Ref": "CustomDomain"}),
    )
    assert_detects(unused, "Spare", sam=put("Parameters", "Spare", {"Type": "String", "Default": ""}))
    assert_detects(unused, "IsSpare", sam=put("Conditions", "IsSpare", {"Fn::Equals": [{"Ref": "LogLevel"}, "a"]}))


# Types of resources that hold data.
STATEFUL = {"AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret", "AWS::SQS::Queue"}
# Resources whose data may go with the stack.
EXPENDABLE = {
    "PhonesTable": "a cache of what Salesforce knows",
    "SessionKeySecret": "with another key, users sign in again",
    "WritesQueue": "wake-ups, which the sweep repeats",
    "WritesDeadLetterQueue": "wake-ups, which the sweep repeats",
    "RetriesQueue": "wake-ups, which the sweep repeats",
    "RetriesDeadLetterQueue": "wake-ups, which the sweep repeats",
    # It holds the only copy of an event until it is evaluated. Who removes a stack disconnects Aircall before.
    "EventsQueue": "events that wait to be evaluated, for seconds",
    "ApiLogGroup": "logs, which expire in any case",
    "IntakeLogGroup": "logs, which expire in any case",
    "EvaluateLogGroup": "logs, which expire in any case",
    "WriteLogGroup": "logs, which expire in any case",
    "ConsoleLogGroup": "logs, which expire in any case",
    "ReconcileLogGroup": "logs, which expire in any case",
}


def not_retained(stack):
    stateful = {key: resource for key, resource in stack.resources.items() if resource["Type"] in STATEFUL}
    # A stack whose creation fails may remove what is still empty.
    retains = {
        "DeletionPolicy": {"Retain", "RetainExceptOnCreate"},
        "UpdateReplacePolicy": {"Retain"},
    }
    problems = [f"{key} does not exist" for key in EXPENDABLE.keys() - stateful.keys()]
    for key, resource in stateful.items():
        for policy, values in retains.items():
            if key not in EXPENDABLE and resource.get(policy) not in values:
                problems.append(f"{key} has the {policy} {resource.get(policy)}")
    return problems


def test_data_outlives_the_stack(stack):
    assert not_retained(stack) == []


def test_data_that_goes_with_the_stack_is_detected():
    assert_detects(
        not_retained,
        "CallsTable has the DeletionPolicy None",
        sam=put("Resources", "CallsTable", "DeletionPolicy", None),
    )
    assert_detects(
        not_retained,
        "CallsTable has the UpdateReplacePolicy None",
        sam=put("Resources", "CallsTable", "UpdateReplacePolicy", None),
    )


# AWS's limits: bytes of a function's environment, characters of all policies that are written into a role.
ENVIRONMENT = 4096
POLICIES = 10_240
# No physical name or ARN is longer than this.
LONGEST_REFERENCE = 300


def too_long(stack):
    """Environments and policies that exceed a limit of AWS if all physical names are as long as possible."""

    def length(value):
        text = json.dumps(value, separators=(",", ":"))
        return len(re.sub(r"\{[A-Z]\w+(\.\w+)?\}", "x" * LONGEST_REFERENCE, text).encode())

    problems = []
    for key, function in stack.of_type("AWS::Lambda::Function").items():
        if length(function["Environment"]["Variables"]) > ENVIRONMENT:
            problems.append(f"the environment of {key}")
    for key, role in stack.of_type("AWS::IAM::Role").items():
        if sum(length(policy["PolicyDocument"]) for policy in role["Policies"]) > POLICIES:
            problems.append(f"the policies of {key}")
    return problems


def test_environments_and_policies_fit_for_every_stack_name(stack):
    longest = Stack(stack.template, stack.parameters, "a" * 128)
    assert too_long(longest) == []


def test_an_environment_that_is_too_large_is_detected():
    assert_detects(
        too_long,
        "the environment of IntakeFunction",
        sam=put("Resources", "IntakeFunction", "Properties", "Environment", "Variables", "A", "x" * ENVIRONMENT),
    )


REFUSED = [
    ("LogLevel", "loud"),
    ("HostedZoneId", "example.com"),
    ("AlarmEmail", "operator"),
    ("EvaluateConcurrency", "1"),
    ("WriteConcurrency", "1001"),
]


@pytest.mark.parametrize(("key", "value"), REFUSED)
def test_stacks_refuse_values_that_a_parameter_does_not_allow(key, value):
    with pytest.raises(ValueError, match=f"{key} must not be '{value}'"):
        Stack(translate(), {key: value})


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"CertificateArn": CERTIFICATE}, "CertificateArn needs DomainName."),
        ({"HostedZoneId": "Z1"}, "HostedZoneId needs CertificateArn and DomainName."),
        ({"SubnetIds": "subnet-1"}, "SubnetIds needs SecurityGroupIds."),
        ({"SecurityGroupIds": "sg-1"}, "SecurityGroupIds needs SubnetIds."),
    ],
)
def test_parameters_without_effect_are_refused(parameters, expected):
    assert create(**parameters).refusals() == [expected]


def test_other_parameters_are_accepted(stack):
    assert stack.refusals() == []
    assert create(AlarmEmail="operator@example.com").refusals() == []
    assert create(SubnetIds="subnet-1,subnet-2", SecurityGroupIds="sg-1").refusals() == []
    both = create(AlarmEmail="operator@example.com", AlarmTopicArn="arn:aws:sns:eu-west-1:123456789012:alarms")
    assert [text.split(".")[0] for text in both.refusals()] == ["AlarmEmail is for the stack's own topic"]
