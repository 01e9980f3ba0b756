"""The roles of the translated template: who may take one, and what it allows."""

import json

from conftest import assert_detects, create, missing_or_unexpected, put
from moto.iam.aws_managed_policies import aws_managed_policies_data
from translate import ACCOUNT, REGION

LAMBDA = "lambda.amazonaws.com"
LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
TRACES = "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"
# Lets a function receive and delete messages of every queue in the account.
QUEUES = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
# The secrets of all tenants of a stack.
SECRETS = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{stack}}"
TENANT_SECRETS = {f"{SECRETS}/aircall/*", f"{SECRETS}/salesforce/*"}
# Actions that AWS allows for the resource "*" only, with the reason why a function needs them. There are none: logs and
# traces come with managed policies.
WITHOUT_RESOURCE = {}

# Each role: the service that takes it, managed policies, and the actions on each resource.
ROLES = {
    "IntakeFunctionRole": (
        LAMBDA,
        [LOGS, TRACES],
        {
            "{TenantsTable.Arn}": "dynamodb:GetItem",
            "{EventsQueue.Arn}": "sqs:SendMessage",
        },
    ),
    "EvaluateFunctionRole": (
        LAMBDA,
        [LOGS, TRACES, QUEUES],
        {
            "{CallsTable.Arn}": "dynamodb:GetItem dynamodb:UpdateItem",
            "{SettingsTable.Arn}": "dynamodb:GetItem",
            "{TenantsTable.Arn}": "dynamodb:UpdateItem",
            "{WritesQueue.Arn}": "sqs:SendMessage",
        },
    ),
    "WriteFunctionRole": (
        LAMBDA,
        [LOGS, TRACES, QUEUES],
        {
            "{CallsTable.Arn}": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:UpdateItem",
            "{CallsTable.Arn}/index/pending": "dynamodb:Query",
            "{PhonesTable.Arn}": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:DeleteItem",
            "{SettingsTable.Arn}": "dynamodb:GetItem",
            "{TenantsTable.Arn}": "dynamodb:UpdateItem",
            "{WritesQueue.Arn}": "sqs:SendMessage",
            "{RetriesQueue.Arn}": "sqs:SendMessage",
            "{SalesforceAppSecret}": "secretsmanager:GetSecretValue",
            f"{SECRETS}/salesforce/*": "secretsmanager:GetSecretValue secretsmanager:PutSecretValue",
        },
    ),
    "ConsoleFunctionRole": (
        LAMBDA,
        [LOGS, TRACES],
        {
            "{CallsTable.Arn}": "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:UpdateItem",
            "{CallsTable.Arn}/index/activity": "dynamodb:Query",
            "{CallsTable.Arn}/index/pending": "dynamodb:Query",
            "{WritesQueue.Arn}": "sqs:SendMessage",
            "{SettingsTable.Arn}": "dynamodb:GetItem dynamodb:PutItem",
            "{ConsoleTable.Arn}": "dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem "
            "dynamodb:Query dynamodb:UpdateItem",
            "{TenantsTable.Arn}": "dynamodb:GetItem dynamodb:UpdateItem",
            "{PhonesTable.Arn}": "dynamodb:BatchGetItem",
            "{SessionKeySecret}": "secretsmanager:GetSecretValue",
            "{SalesforceAppSecret}": "secretsmanager:GetSecretValue",
            "{AircallAppSecret}": "secretsmanager:GetSecretValue",
            f"{SECRETS}/aircall/*": "secretsmanager:CreateSecret secretsmanager:DeleteSecret "
            "secretsmanager:GetSecretValue secretsmanager:PutSecretValue",
            f"{SECRETS}/salesforce/*": "secretsmanager:CreateSecret secretsmanager:DeleteSecret "
            "secretsmanager:GetSecretValue secretsmanager:PutSecretValue",
        },
    ),
    "ReconcileFunctionRole": (
        LAMBDA,
        [LOGS, TRACES, QUEUES],
        {
            "{CallsTable.Arn}/index/pending": "dynamodb:Scan",
            "{WritesQueue.Arn}": "sqs:SendMessage",
        },
    ),
    "ReconcileFunctionSweepRole": (
        "scheduler.amazonaws.com",
        [],
        {"{ReconcileFunction.Arn}": "lambda:InvokeFunction"},
    ),
}


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(role):
    return [each for policy in role.get("Policies", []) for each in as_list(policy["PolicyDocument"]["Statement"])]


def allowed(policy):
    """The actions that a list of statements allows, by resource."""
    actions = {}
    for statement in policy:
        for resource in as_list(statement["Resource"]):
            actions.setdefault(resource, set()).update(as_list(statement["Action"]))
    return actions


def bad_roles(stack):
    roles = stack.of_type("AWS::IAM::Role")
    problems = missing_or_unexpected(roles, ROLES)
    for key in ROLES.keys() & roles.keys():
        role = roles[key]
        service, managed, actions = ROLES[key]
        trust = {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [service]}}
        if role["AssumeRolePolicyDocument"] != {"Version": "2012-10-17", "Statement": [trust]}:
            problems.append(f"{key} may not be taken by {service} only")
        if role.get("ManagedPolicyArns", []) != managed:
            problems.append(f"{key} has the policies {role.get('ManagedPolicyArns')}")
        if any(
            each.keys() != {"Effect", "Action", "Resource"} or each["Effect"] != "Allow" for each in statements(role)
        ):
            problems.append(f"{key} has a statement that does more than allow actions on resources")
        found = allowed(statements(role))
        expected = {resource.replace("{stack}", stack.name): set(text.split()) for resource, text in actions.items()}
        for resource in sorted(expected.keys() | found.keys()):
            before, after = expected.get(resource, set()), found.get(resource, set())
            problems += [f"{key} lacks {action} on {resource}" for action in sorted(before - after)]
            problems += [f"{key} allows {action} on {resource}" for action in sorted(after - before)]
    return problems


def too_broad(stack):
    problems = []
    narrow = {secrets.replace("{stack}", stack.name) for secrets in TENANT_SECRETS}
    for key, role in stack.of_type("AWS::IAM::Role").items():
        for resource, actions in allowed(statements(role)).items():
            problems += [f"{key} allows the actions {action}" for action in actions if "*" in action]
            if resource == "*":
                problems += [f"{key} allows {action} on everything" for action in actions - WITHOUT_RESOURCE.keys()]
            elif "*" in resource and resource not in narrow:
                problems.append(f"{key} allows something on {resource}")
    return problems


def test_roles_allow_exactly_what_is_listed(stack):
    assert bad_roles(stack) == []


def test_no_statement_is_for_every_action_or_resource(stack):
    assert too_broad(stack) == []
    roles = stack.of_type("AWS::IAM::Role").values()
    used = set().union(*(allowed(statements(role)).get("*", set()) for role in roles))
    assert used == WITHOUT_RESOURCE.keys()


def test_changes_of_roles_are_detected():
    policies = ("Resources", "IntakeFunction", "Properties", "Policies")
    managed = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"

    def with_managed_policy(template):
        template["Resources"]["IntakeFunction"]["Properties"]["Policies"].append(managed)

    assert_detects(bad_roles, f"IntakeFunctionRole has the policies {[LOGS, TRACES, managed]}", sam=with_managed_policy)
    assert_detects(
        bad_roles,
        "IntakeFunctionRole lacks sqs:SendMessage on {EventsQueue.Arn}",
        sam=put(*policies, 0, "Statement", 1, None),
    )
    assert_detects(
        bad_roles,
        "IntakeFunctionRole allows dynamodb:DeleteItem on {TenantsTable.Arn}",
        sam=put(*policies, 0, "Statement", 0, "Action", ["dynamodb:GetItem", "dynamodb:DeleteItem"]),
    )
    trust = ("AssumeRolePolicyDocument", "Statement", 0, "Principal", {"AWS": "*"})
    assert_detects(
        bad_roles,
        "IntakeFunctionRole may not be taken by lambda.amazonaws.com only",
        translated=put("Resources", "IntakeFunctionRole", "Properties", *trust),
    )
    statement = (*policies, 0, "Statement", 0)
    every_item = put(*statement, "Action", "dynamodb:*")
    assert_detects(too_broad, "IntakeFunctionRole allows the actions dynamodb:*", sam=every_item)
    everything = put(*statement, "Resource", "*")
    assert_detects(too_broad, "IntakeFunctionRole allows dynamodb:GetItem on everything", sam=everything)
    all_tables = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/*"
    assert_detects(
        too_broad, f"IntakeFunctionRole allows something on {all_tables}", sam=put(*statement, "Resource", all_tables)
    )


# AWS's managed policies by ARN, as moto knows them.
MANAGED = {
    f"arn:aws:iam::aws:policy{policy['Path']}{name}": policy["Document"]
    for name, policy in json.loads(aws_managed_policies_data).items()
}
# What Lambda does with a function's role for the logs, the traces and a queue.
WRITE_LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]
WRITE_TRACES = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
RECEIVE = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]


def managed_statements(role):
    return [each for arn in role.get("ManagedPolicyArns", []) for each in as_list(MANAGED[arn]["Statement"])]


def missing_for_lambda(stack):
    """What a function's role does not allow, although Lambda needs it to run the function."""
    needs = []
    for key, function in stack.of_type("AWS::Lambda::Function").items():
        group = function.get("LoggingConfig", {}).get("LogGroup", "{}").strip("{}")
        needs += [(key, action, f"{{{group}.Arn}}") for action in WRITE_LOGS]
        if function.get("TracingConfig", {}).get("Mode") == "Active":
            needs += [(key, action, "*") for action in WRITE_TRACES]
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        needs += [(mapping["FunctionName"].strip("{}"), action, mapping["EventSourceArn"]) for action in RECEIVE]
    problems = []
    for key, action, resource in needs:
        name = stack.of_type("AWS::Lambda::Function")[key]["Role"].removesuffix(".Arn}").removeprefix("{")
        role = stack.resources[name]["Properties"]
        actions = allowed(statements(role) + managed_statements(role))
        if action not in actions.get(resource, set()) | actions.get("*", set()):
            problems.append(f"{key} lacks {action} on {resource}")
    return problems


def test_lambda_may_write_logs_and_traces_and_receive_from_the_functions_queue(stack):
    assert missing_for_lambda(stack) == []


def test_missing_permissions_of_lambda_are_detected():
    arns = ("Resources", "ReconcileFunctionRole", "Properties", "ManagedPolicyArns")
    without_queues = create(translated=put(*arns, [LOGS, TRACES]))
    assert missing_for_lambda(without_queues) == [
        f"ReconcileFunction lacks {action} on {{RetriesQueue.Arn}}" for action in RECEIVE
    ]
    without_traces = create(translated=put(*arns, [LOGS, QUEUES]))
    assert missing_for_lambda(without_traces) == [f"ReconcileFunction lacks {action} on *" for action in WRITE_TRACES]
    without_logs = create(
        translated=put("Resources", "IntakeFunctionRole", "Properties", "ManagedPolicyArns", [TRACES])
    )
    assert missing_for_lambda(without_logs) == [
        f"IntakeFunction lacks {action} on {{IntakeLogGroup.Arn}}" for action in WRITE_LOGS
    ]
