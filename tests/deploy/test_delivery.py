"""How new versions of the functions of the translated template take over."""

import graphlib
import re

import pytest
from conftest import assert_detects, create, put
from test_functions import FUNCTIONS
from translate import Stack, expand, source, translate

# The alarms that roll back a function's deployment. Aliases depend on them, so they must not depend on the API.
ALARMS = {
    "IntakeFunction": ["IntakeErrorsAlarm", "IntakeLatencyAlarm", "ApiErrorsAlarm"],
    "EvaluateFunction": ["EvaluateErrorsAlarm", "EventsAgeAlarm", "EventsFailingAlarm"],
    "WriteFunction": ["WriteErrorsAlarm", "WritesAgeAlarm"],
    "ConsoleFunction": ["ConsoleErrorsAlarm", "ApiErrorsAlarm"],
    "ReconcileFunction": ["ReconcileErrorsAlarm", "SweepAlarm"],
}


def bad_deployments(stack):
    groups = stack.of_type("AWS::CodeDeploy::DeploymentGroup")
    preference = stack.parameters["DeploymentPreference"]
    problems = []
    for function, alarms in ALARMS.items():
        group = groups.get(f"{function}DeploymentGroup", {})
        if [alarm["Name"].strip("{}") for alarm in group.get("AlarmConfiguration", {}).get("Alarms", [])] != alarms:
            problems.append(f"{function} has other alarms")
        if group.get("DeploymentConfigName") != f"CodeDeployDefault.Lambda{preference}":
            problems.append(f"{function} is not deployed by {preference}")
        if "DEPLOYMENT_STOP_ON_ALARM" not in group.get("AutoRollbackConfiguration", {}).get("Events", []):
            problems.append(f"{function} is not rolled back")
        if group.get("ServiceRoleArn") != "{DeploymentRole.Arn}":
            problems.append(f"{function} is deployed with another role")
        alias = stack.resources[f"{function}Aliaslive"]
        update = alias.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
        if update.get("DeploymentGroupName") != f"{{{function}DeploymentGroup}}":
            problems.append(f"{function} is not deployed by CodeDeploy")
    return problems


def test_an_alarm_rolls_a_deployment_back(stack):
    assert bad_deployments(stack) == []
    assert bad_deployments(create(DeploymentPreference="Linear10PercentEvery1Minute")) == []


def test_all_at_once_needs_neither_alarms_nor_code_deploy():
    stack = create(DeploymentPreference="AllAtOnce")
    assert not [key for key, each in stack.resources.items() if each["Type"].startswith("AWS::CodeDeploy::")]
    assert not [key for key, each in stack.resources.items() if "UpdatePolicy" in each]


def test_changes_of_deployments_are_detected():
    preference = ("Resources", "IntakeFunction", "Properties", "DeploymentPreference", "Alarms")
    assert_detects(bad_deployments, "IntakeFunction has other alarms", sam=put(*preference, []))


def unpublished(stack):
    """Functions whose alias is not that of their own version."""
    problems = []
    for function in FUNCTIONS:
        alias = stack.resources.get(f"{function}Aliaslive", {}).get("Properties", {})
        version = re.fullmatch(r"\{(\w+)\.Version\}", alias.get("FunctionVersion", ""))
        published = version and stack.resources[version[1]]["Properties"]["FunctionName"]
        if (alias.get("Name"), published) != ("live", f"{{{function}}}"):
            problems.append(f"{function} has no version")
    return problems


def test_old_versions_are_deleted(stack):
    versions = [each for each in stack.resources.values() if each["Type"] == "AWS::Lambda::Version"]
    assert len(versions) == len(FUNCTIONS)
    # Retained ones would fill the account's storage, and keep the subnets of a VPC in use.
    assert all(each["DeletionPolicy"] == "Delete" for each in versions)


def test_every_function_has_a_version_and_an_alias(stack):
    assert unpublished(stack) == []


def test_a_function_without_a_version_is_detected():
    other = ("Resources", "IntakeFunctionAliaslive", "Properties", "FunctionVersion")
    assert_detects(unpublished, "IntakeFunction has no version", translated=put(*other, "1"))


def versions(parameters, sam=None):
    """The function of each version, by the version's logical id, which SAM makes from the function's properties."""
    template = translate(expand(sam or source(), parameters), parameters)
    found = {key: each for key, each in template["Resources"].items() if each["Type"] == "AWS::Lambda::Version"}
    return {key: each["Properties"]["FunctionName"]["Ref"] for key, each in found.items()}


def published(parameters, sam=None):
    """The functions of which a change of parameters publishes a version."""
    before = versions({}, sam)
    return {function for key, function in versions(parameters, sam).items() if key not in before}


IN_VPC = {"WriteFunction", "ConsoleFunction", "ReconcileFunction"}


@pytest.mark.parametrize(
    ("parameters", "functions"),
    [
        ({"LogLevel": "debug"}, FUNCTIONS.keys()),
        ({"AllowedSalesforceOrgs": "*"}, {"IntakeFunction", "ConsoleFunction"}),
        ({"DomainName": "calls.example.com"}, {"ConsoleFunction", "ReconcileFunction"}),
        ({"TenantRateLimit": "1"}, {"IntakeFunction"}),
        ({"IntakeReservedConcurrency": "20"}, {"IntakeFunction"}),
        ({"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}, IN_VPC),
        ({"EvaluateConcurrency": "20", "LogRetentionDays": "7", "DeploymentPreference": "AllAtOnce"}, set()),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_changed_parameter_publishes_versions_of_the_functions_that_use_it(parameters, functions):
    assert published(parameters) == functions


def unnoticed(sam):
    """Parameters in a function's environment whose change publishes no version of it."""
    problems = []
    for key, parameter in source()["Parameters"].items():
        users = {name for name in FUNCTIONS if names(sam["Resources"][name]["Properties"]["Environment"], key)}
        value = next((str(each) for each in parameter.get("AllowedValues", []) if each != parameter["Default"]), "7")
        changed = published({key: value}, sam) if users else set()
        problems += [f"{key} of {name}" for name in sorted(users - changed)]
    return problems


def names(value, parameter):
    """Whether a part of the template refers to a parameter."""
    if isinstance(value, dict):
        is_reference = value.get("Ref") == parameter or f"${{{parameter}}}" in str(value.get("Fn::Sub", ""))
        return is_reference or any(names(each, parameter) for each in value.values())
    return isinstance(value, list) and any(names(each, parameter) for each in value)


def test_no_parameter_of_an_environment_goes_unnoticed():
    assert unnoticed(source()) == []


def test_an_unnoticed_parameter_is_detected():
    sam = source()
    sam["Resources"]["IntakeFunction"]["Properties"]["AutoPublishCodeSha256"] = "0123456789"
    used = ["LogLevel", "AllowedSalesforceOrgs", "TenantRateLimit"]
    assert unnoticed(sam) == [f"{parameter} of IntakeFunction" for parameter in used]


def test_the_first_transform_changes_nothing_else():
    assert source()["Transform"] == ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]
    parameters = {"DomainName": "calls.example.com", "SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}
    stacks = [
        Stack(translate(template, parameters), parameters)
        for template in (source(), expand(source(), parameters))
    ]
    plain, expanded = [
        {re.sub("Version[0-9a-f]{10}$", "Version", key): each for key, each in stack.resources.items()}
        for stack in stacks
    ]
    assert as_text(plain) == as_text(expanded)


def as_text(value):
    """A part of a template with numbers as texts, and without hashes, which differ between versions."""
    if isinstance(value, dict):
        return {key: as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    # The imitation of the transform forgets the function around a text that it can replace in part only.
    return re.sub("Version[0-9a-f]{10}", "Version", str(value)).replace("${", "{")


def cycles(stack):
    """Resources that wait for each other, so that CloudFormation creates none of them."""
    waits_for = {
        key: set(re.findall(r"\{([A-Z]\w+)(?:\.\w+)?\}", str(resource))) & stack.resources.keys()
        | set(resource.get("DependsOn", []))
        for key, resource in stack.resources.items()
    }
    try:
        graphlib.TopologicalSorter(waits_for).prepare()
    except graphlib.CycleError as error:
        return [" ".join(sorted(set(error.args[1])))]
    return []


def test_no_resources_wait_for_each_other(stack):
    assert cycles(stack) == []


def test_a_deployment_that_waits_for_the_api_is_detected():
    alarm = ("Resources", "ApiErrorsAlarm", "Properties", "Dimensions")
    (cycle,) = cycles(create(sam=put(*alarm, [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}])))
    assert {"ApiErrorsAlarm", "HttpApi"} <= set(cycle.split())
