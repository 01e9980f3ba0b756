"""The roles of the translated template: who may take one, and what it allows."""

import re

from conftest import assert_detects, create, missing_or_unexpected, put
from translate import ACCOUNT, REGION

LAMBDA = "lambda.amazonaws.com"
# The secrets of all tenants of a stack.
SECRETS = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{stack}}"
TENANT_SECRETS = {f"{SECRETS}/aircall/*", f"{SECRETS}/salesforce/*"}
# Actions for the resource "*", with the reason.
INTERFACES = "Lambda makes and removes network interfaces, which have no names before"
WITHOUT_RESOURCE = {
    "cloudwatch:DescribeAlarms": "AWS's own policies for CodeDeploy name no other resource",
    "ec2:AssignPrivateIpAddresses": INTERFACES,
    "ec2:CreateNetworkInterface": INTERFACES,
    "ec2:DeleteNetworkInterface": INTERFACES,
    "ec2:DescribeNetworkInterfaces": "EC2 has no resource for it",
    "ec2:DescribeSubnets": "EC2 has no resource for it",
    "ec2:UnassignPrivateIpAddresses": INTERFACES,
}
NETWORK = " ".join(action for action in WITHOUT_RESOURCE if action.startswith("ec2:"))
# Not for the function's own code, whose requests name the function.
NOT_ITS_CODE = {"Null": {"lambda:SourceFunctionArn": "true"}}
FUNCTIONS = ("Intake", "Evaluate", "Write", "Console", "Reconcile")
WRITE_LOGS = "logs:CreateLogStream logs:PutLogEvents"
RECEIVE = "sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage"


def for_lambda(function, queue=None):
    """What Lambda itself does with a function's role."""
    actions = {f"{{{function}LogGroup.Arn}}": WRITE_LOGS}
    return actions | ({f"{{{queue}.Arn}}": RECEIVE} if queue else {})


# Each role: the service that takes it, and for each policy the actions on each resource.
ROLES = {
    "IntakeRole": (
        LAMBDA,
        {
            "calls": {
                "{TenantsTable.Arn}": "dynamodb:GetItem",
                "{EventsQueue.Arn}": "sqs:SendMessage",
            },
            "lambda": for_lambda("Intake"),
        },
    ),
    "EvaluateRole": (
        LAMBDA,
        {
            "calls": {
                "{CallsTable.Arn}": "dynamodb:DeleteItem dynamodb:GetItem dynamodb:UpdateItem",
                "{SettingsTable.Arn}": "dynamodb:GetItem",
                "{TenantsTable.Arn}": "dynamodb:GetItem dynamodb:UpdateItem",
                "{WritesQueue.Arn}": "sqs:SendMessage",
            },
            "lambda": for_lambda("Evaluate", "EventsQueue"),
        },
    ),
    "WriteRole": (
        LAMBDA,
        {
            "calls": {
                "{CallsTable.Arn}": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:GetItem "
                "dynamodb:UpdateItem",
                "{CallsTable.Arn}/index/pending": "dynamodb:Query",
                "{PhonesTable.Arn}": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:DeleteItem",
                "{SettingsTable.Arn}": "dynamodb:GetItem",
                "{TenantsTable.Arn}": "dynamodb:UpdateItem",
                "{WritesQueue.Arn}": "sqs:SendMessage",
                "{RetriesQueue.Arn}": "sqs:SendMessage",
                "{SalesforceAppSecret}": "secretsmanager:GetSecretValue",
                f"{SECRETS}/salesforce/*": "secretsmanager:GetSecretValue secretsmanager:PutSecretValue",
            },
            "lambda": for_lambda("Write", "WritesQueue"),
        },
    ),
    "ConsoleRole": (
        LAMBDA,
        {
            "calls": {
                "{CallsTable.Arn}": "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:UpdateItem",
                "{CallsTable.Arn}/index/activity": "dynamodb:Query",
                "{CallsTable.Arn}/index/pending": "dynamodb:Query",
                "{RetriesQueue.Arn}": "sqs:SendMessage",
                "{WritesQueue.Arn}": "sqs:SendMessage",
                "{SettingsTable.Arn}": "dynamodb:GetItem dynamodb:PutItem",
                "{ConsoleTable.Arn}": "dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem "
                "dynamodb:Query dynamodb:UpdateItem",
                "{TenantsTable.Arn}": "dynamodb:GetItem dynamodb:Scan dynamodb:UpdateItem",
                "{PhonesTable.Arn}": "dynamodb:BatchGetItem",
                "{SessionKeySecret}": "secretsmanager:GetSecretValue",
                "{SalesforceAppSecret}": "secretsmanager:GetSecretValue",
                "{AircallAppSecret}": "secretsmanager:GetSecretValue",
                f"{SECRETS}/aircall/*": "secretsmanager:CreateSecret secretsmanager:DeleteSecret "
                "secretsmanager:GetSecretValue secretsmanager:PutSecretValue",
                f"{SECRETS}/salesforce/*": "secretsmanager:CreateSecret secretsmanager:DeleteSecret "
                "secretsmanager:GetSecretValue secretsmanager:PutSecretValue",
            },
            "lambda": for_lambda("Console"),
        },
    ),
    "ReconcileRole": (
        LAMBDA,
        {
            "calls": {
                "{CallsTable.Arn}": "dynamodb:BatchGetItem dynamodb:GetItem",
                "{CallsTable.Arn}/index/pending": "dynamodb:Scan",
                "{SettingsTable.Arn}": "dynamodb:GetItem",
                "{TenantsTable.Arn}": "dynamodb:GetItem dynamodb:Scan dynamodb:UpdateItem",
                "{EventsQueue.Arn}": "sqs:SendMessage",
                "{RetriesQueue.Arn}": "sqs:SendMessage",
                "{WritesQueue.Arn}": "sqs:SendMessage",
                "{EventsDeadLetterQueue.Arn}": "sqs:DeleteMessage sqs:ReceiveMessage",
                "{WritesDeadLetterQueue.Arn}": "sqs:DeleteMessage sqs:ReceiveMessage",
                "{RetriesDeadLetterQueue.Arn}": "sqs:DeleteMessage sqs:ReceiveMessage",
                f"{SECRETS}/aircall/*": "secretsmanager:GetSecretValue",
            },
            "lambda": for_lambda("Reconcile", "RetriesQueue"),
        },
    ),
    "ScheduleRole": (
        "scheduler.amazonaws.com",
        {"invoke": {"{ReconcileFunction.Arn}:live": "lambda:InvokeFunction"}},
    ),
    "DeploymentRole": (
        "codedeploy.amazonaws.com",
        {
            "deploy": {
                f"{{{function}Function.Arn}}*": "lambda:GetAlias lambda:GetProvisionedConcurrencyConfig "
                "lambda:UpdateAlias"
                for function in FUNCTIONS
            }
            | {"*": "cloudwatch:DescribeAlarms"}
        },
    ),
}
IN_VPC = {"WriteRole", "ConsoleRole", "ReconcileRole"}
VPC = {"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(role):
    """Each statement with the name of its policy."""
    for policy in role["Policies"]:
        for statement in as_list(policy["PolicyDocument"]["Statement"]):
            yield policy["PolicyName"], statement


def allowed(role):
    """The actions that a role allows, by policy and resource."""
    actions = {policy["PolicyName"]: {} for policy in role["Policies"]}
    for policy, statement in statements(role):
        for resource in as_list(statement["Resource"]):
            actions[policy].setdefault(resource, set()).update(as_list(statement["Action"]))
    return actions


def trust(service):
    """The document that lets a service take a role, for its own account if AWS documents that."""
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": service}}
    if not service.startswith("codedeploy."):
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def does_more(policy, statement):
    """Whether a statement does more than allow actions on resources."""
    plain = {key: value for key, value in statement.items() if key != "Condition"}
    condition = NOT_ITS_CODE if policy == "vpc" else None
    return (
        plain.keys() != {"Effect", "Action", "Resource"}
        or plain["Effect"] != "Allow"
        or statement.get("Condition") != condition
    )


def bad_roles(stack):
    roles = stack.of_type("AWS::IAM::Role")
    problems = missing_or_unexpected(roles, ROLES)
    for key in ROLES.keys() & roles.keys():
        role = roles[key]
        service, policies = ROLES[key]
        if key in IN_VPC and stack.parameters["SubnetIds"]:
            policies = policies | {"vpc": {"*": NETWORK}}
        if role["AssumeRolePolicyDocument"] != trust(service):
            problems.append(f"{key} may not be taken by {service} only")
        if role.keys() != {"AssumeRolePolicyDocument", "Policies"}:
            problems.append(f"{key} has more than policies of its own")
        if any(does_more(policy, statement) for policy, statement in statements(role)):
            problems.append(f"{key} has a statement that does more than allow actions on resources")
        found = allowed(role)
        if found.keys() != policies.keys():
            problems.append(f"{key} has the policies {sorted(found)}")
        for policy in policies.keys() & found.keys():
            texts = policies[policy].items()
            expected = {resource.replace("{stack}", stack.name): set(text.split()) for resource, text in texts}
            for resource in sorted(expected.keys() | found[policy].keys()):
                before, after = expected.get(resource, set()), found[policy].get(resource, set())
                problems += [f"{key}.{policy} lacks {action} on {resource}" for action in sorted(before - after)]
                problems += [f"{key}.{policy} allows {action} on {resource}" for action in sorted(after - before)]
    return problems


def too_broad(stack):
    problems = []
    narrow = {secrets.replace("{stack}", stack.name) for secrets in TENANT_SECRETS}
    # A function with its aliases and versions.
    narrow |= {f"{{{function}Function.Arn}}*" for function in FUNCTIONS}
    for key, role in stack.of_type("AWS::IAM::Role").items():
        for resources in allowed(role).values():
            for resource, actions in resources.items():
                problems += [f"{key} allows the actions {action}" for action in actions if "*" in action]
                if resource == "*":
                    problems += [f"{key} allows {action} on everything" for action in actions - WITHOUT_RESOURCE.keys()]
                elif "*" in resource and resource not in narrow:
                    problems.append(f"{key} allows something on {resource}")
    return problems


def test_roles_allow_exactly_what_is_listed(stack):
    assert bad_roles(stack) == []
    assert bad_roles(create(**VPC)) == []


def test_no_statement_is_for_every_action_or_resource(stack):
    assert too_broad(stack) == []
    in_vpc = create(**VPC)
    assert too_broad(in_vpc) == []
    roles = in_vpc.of_type("AWS::IAM::Role").values()
    used = set().union(*(actions.get("*", set()) for role in roles for actions in allowed(role).values()))
    assert used == WITHOUT_RESOURCE.keys()


def test_sam_makes_no_role_of_its_own(stack):
    assert not [key for key in stack.of_type("AWS::IAM::Role") if re.search("Function|CodeDeploy", key)]


def test_changes_of_roles_are_detected():
    properties = ("Resources", "IntakeRole", "Properties")
    managed = ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]
    assert_detects(
        bad_roles, "IntakeRole has more than policies of its own", sam=put(*properties, "ManagedPolicyArns", managed)
    )
    document = (*properties, "Policies", 0, "PolicyDocument", "Statement")
    assert_detects(
        bad_roles, "IntakeRole.calls lacks sqs:SendMessage on {EventsQueue.Arn}", sam=put(*document, 1, None)
    )
    assert_detects(
        bad_roles,
        "IntakeRole.calls allows dynamodb:DeleteItem on {TenantsTable.Arn}",
        sam=put(*document, 0, "Action", ["dynamodb:GetItem", "dynamodb:DeleteItem"]),
    )
    assert_detects(bad_roles, "IntakeRole has the policies ['calls']", sam=put(*properties, "Policies", 1, None))
    anybody = put(*properties, "AssumeRolePolicyDocument", "Statement", 0, "Principal", {"AWS": "*"})
    assert_detects(bad_roles, "IntakeRole may not be taken by lambda.amazonaws.com only", sam=anybody)
    every_account = put(*properties, "AssumeRolePolicyDocument", "Statement", 0, "Condition", None)
    assert_detects(bad_roles, "IntakeRole may not be taken by lambda.amazonaws.com only", sam=every_account)
    every_item = put(*document, 0, "Action", "dynamodb:*")
    assert_detects(too_broad, "IntakeRole allows the actions dynamodb:*", sam=every_item)
    everything = put(*document, 0, "Resource", "*")
    assert_detects(too_broad, "IntakeRole allows dynamodb:GetItem on everything", sam=everything)
    all_tables = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/*"
    assert_detects(
        too_broad, f"IntakeRole allows something on {all_tables}", sam=put(*document, 0, "Resource", all_tables)
    )


def test_code_of_a_function_may_not_use_its_network_permissions():
    vpc = ("Resources", "WriteRole", "Properties", "Policies", 2, "Fn::If", 1, "PolicyDocument", "Statement", 0)
    open_to_code = create(sam=put(*vpc, "Condition", None), **VPC)
    assert bad_roles(open_to_code) == ["WriteRole has a statement that does more than allow actions on resources"]
