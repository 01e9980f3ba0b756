"""Two stacks of the translated template in one account of moto, which runs in this process.

moto creates queues, tables, roles, functions, event source mappings, permissions and log groups. It ignores properties
that it does not know: time to live, recovery and protection of tables, architecture and logging of functions, limits of
mappings. The other checks look at these, and at resources of the types in `UNSUPPORTED`.
"""

import ast
import io
import json
import re
import zipfile
from collections import Counter

import boto3
import pytest
from moto import mock_aws
from translate import ACCOUNT, BUCKET, REGION, Stack, translate

UNSUPPORTED = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Version",
    "AWS::Logs::MetricFilter",
    "AWS::Route53::RecordSet",
    "AWS::SNS::Subscription",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::SecretsManager::Secret",
}
# moto does not shorten names that it makes, so these are short.
STACKS = ["calls", "calls-test"]


def is_left_out(item):
    """Whether a list has an item only with parameters that are empty by default; moto would keep it as `None`."""
    return isinstance(item, dict) and item.get("Fn::If", [])[2:] == [{"Ref": "AWS::NoValue"}]


def supported(template):
    """The template without what moto does not support. References to it become fixed texts, or an alias's function."""
    gone = {key: resource for key, resource in template["Resources"].items() if resource["Type"] in UNSUPPORTED}

    def replace(value):
        if isinstance(value, list):
            return [replace(item) for item in value if not is_left_out(item)]
        if not isinstance(value, dict):
            return value
        if value.get("Ref") in gone:
            return gone[value["Ref"]].get("Properties", {}).get("FunctionName", f"no-{value['Ref']}")
        return {key: replace(item) for key, item in value.items()}

    resources = {key: replace(resource) for key, resource in template["Resources"].items() if key not in gone}
    return template | {"Resources": resources, "Outputs": {}}


class Created:
    """A stack that moto has created, and what the template says of it, with moto's names for the resources."""

    def __init__(self, session, template, name):
        cloudformation = session.client("cloudformation")
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_IAM"],
        )
        (self.stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        self.summaries = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
        self.ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in self.summaries}
        self.types = {each["LogicalResourceId"]: each["ResourceType"] for each in self.summaries}
        self.expected = Stack(template, name=name, arn=self.stack["StackId"])
        self.session = session

    def of_type(self, kind):
        """Logical and physical ids of the resources of a type, with their properties in the template."""
        for key, properties in self.expected.of_type(kind).items():
            text = re.sub(r"\{([A-Z]\w+)(\.\w+)?\}", self._reference, json.dumps(properties))
            yield key, self.ids[key], json.loads(text)

    def _reference(self, found):
        id = self.ids[found[1]]
        if not found[2]:
            return id
        assert found[2] == ".Arn", found[0]
        name = id.split("/")[-1]
        account = f"{REGION}:{ACCOUNT}"
        return {
            "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{account}:table/{name}",
            "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{name}",
            "AWS::Lambda::Function": f"arn:aws:lambda:{account}:function:{name}",
            # CloudFormation's ends in ":*", for the streams.
            "AWS::Logs::LogGroup": f"arn:aws:logs:{account}:log-group:{name}",
            "AWS::SQS::Queue": f"arn:aws:sqs:{account}:{name}",
        }[self.types[found[1]]]


@pytest.fixture(scope="module")
def account():
    with mock_aws(config={"lambda": {"use_docker": False}}):
        session = boto3.Session(region_name=REGION)
        template = supported(translate())
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("bootstrap", "")
        s3 = session.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key, resource in template["Resources"].items():
            if resource["Type"] == "AWS::Lambda::Function":
                s3.put_object(Bucket=BUCKET, Key=key, Body=archive.getvalue())
        yield [Created(session, template, name) for name in STACKS]


@pytest.fixture(params=range(len(STACKS)), ids=STACKS)
def created(request, account):
    return account[request.param]


def test_the_stack_is_created_completely(created):
    assert created.stack["StackStatus"] == "CREATE_COMPLETE"
    assert created.ids.keys() == created.expected.resources.keys()
    assert {each["ResourceStatus"] for each in created.summaries} == {"CREATE_COMPLETE"}


def test_two_stacks_share_no_resource(account):
    # A permission has no id.
    ids = Counter(id for created in account for id in created.ids.values() if id)
    permissions = len(list(account[0].of_type("AWS::Lambda::Permission")))
    assert ids.total() == len(STACKS) * (len(account[0].ids) - permissions)
    assert [id for id, count in ids.items() if count > 1] == []


def part(value, of):
    """The value without keys that the template does not have, because the service adds defaults."""
    if isinstance(value, dict) and isinstance(of, dict):
        return {key: part(value.get(key), of[key]) for key in of}
    if isinstance(value, list) and isinstance(of, list) and len(value) == len(of):
        return [part(*pair) for pair in zip(value, of, strict=True)]
    return value


def test_tables_have_the_keys_and_indexes_of_the_template(created):
    dynamodb = created.session.client("dynamodb")
    tables = list(created.of_type("AWS::DynamoDB::Table"))
    assert len(tables) >= 5
    for key, id, properties in tables:
        table = dynamodb.describe_table(TableName=id)["Table"]
        for name in ("AttributeDefinitions", "KeySchema"):
            assert table[name] == properties[name], key
        indexes = properties.get("GlobalSecondaryIndexes", [])
        assert part(table["GlobalSecondaryIndexes"], indexes) == indexes, key
        assert table["BillingModeSummary"]["BillingMode"] == properties["BillingMode"], key


def test_queues_have_the_attributes_of_the_template(created):
    sqs = created.session.client("sqs")
    queues = list(created.of_type("AWS::SQS::Queue"))
    assert len(queues) >= 6
    for key, url, properties in queues:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        attributes["RedrivePolicy"] = json.loads(attributes.get("RedrivePolicy", "null"))
        name = properties.pop("QueueName", None)
        assert name is None or url.endswith(f"/{name}"), key
        policy = properties.pop("RedrivePolicy", None)
        assert attributes["RedrivePolicy"] == policy, key
        assert part(attributes, properties) == {
            name: json.dumps(value).strip('"') for name, value in properties.items()
        }, key


def test_functions_have_the_settings_the_role_and_the_resources_of_their_stack(created):
    functions = created.session.client("lambda")
    for key, id, properties in created.of_type("AWS::Lambda::Function"):
        found = functions.get_function_configuration(FunctionName=id)
        for name in ("Handler", "MemorySize", "Role", "Runtime", "Timeout"):
            assert found[name] == properties[name], key
        variables = {name: str(value) for name, value in found["Environment"]["Variables"].items()}
        assert variables == properties["Environment"]["Variables"], key


def test_queues_invoke_the_functions_of_their_stack(created):
    functions = created.session.client("lambda")
    mappings = list(created.of_type("AWS::Lambda::EventSourceMapping"))
    assert len(mappings) >= 3
    for key, id, properties in mappings:
        found = functions.get_event_source_mapping(UUID=id)
        assert found["FunctionArn"].endswith(f":function:{properties['FunctionName']}"), key
        for name in ("BatchSize", "EventSourceArn", "FunctionResponseTypes"):
            assert found[name] == properties[name], key
        assert found["State"] == "Enabled", key


def test_roles_have_the_policies_of_the_template(created):
    iam = created.session.client("iam")
    for key, id, properties in created.of_type("AWS::IAM::Role"):
        found = iam.get_role(RoleName=id)["Role"]
        assert found["AssumeRolePolicyDocument"] == properties["AssumeRolePolicyDocument"], key
        for policy in properties["Policies"]:
            document = iam.get_role_policy(RoleName=id, PolicyName=policy["PolicyName"])["PolicyDocument"]
            # moto returns it as Python's text of a dictionary.
            assert ast.literal_eval(document) == policy["PolicyDocument"], key


def test_log_groups_expire(created):
    logs = created.session.client("logs")
    for key, id, properties in created.of_type("AWS::Logs::LogGroup"):
        (group,) = logs.describe_log_groups(logGroupNamePrefix=id)["logGroups"]
        assert str(group["retentionInDays"]) == properties["RetentionInDays"], key


def test_a_fixed_name_is_detected(account):
    """moto would give the same queue to both stacks."""
    session = account[0].session
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "events"}}
    template = {"Parameters": {}, "Resources": {"EventsQueue": queue}, "Outputs": {}}
    ids = []
    for name in ("one", "two"):
        session.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
        resources = session.client("cloudformation").list_stack_resources(StackName=name)["StackResourceSummaries"]
        ids += [each["PhysicalResourceId"] for each in resources]
    assert ids[0] == ids[1]
