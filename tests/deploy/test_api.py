"""The API of the translated template: its routes, who may be invoked, its addresses, and the outputs that name them."""

import json
import re

import pytest
from conftest import ADDRESSES, CERTIFICATE, assert_detects, create, put
from translate import ACCOUNT, REGION

ROUTES = {
    ("ANY", "/webhooks/aircall/{tenant}"): "IntakeFunction",
    ("ANY", "/"): "ConsoleFunction",
    ("ANY", "/{proxy+}"): "ConsoleFunction",
}
# What the access log may hold.
LOGGED = {
    "error.message",
    "error.responseType",
    "integrationErrorMessage",
    "integrationLatency",
    "integrationStatus",
    "requestId",
    "responseLatency",
    "routeKey",
    "status",
}
INVOKE = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{{function}}/invocations"


def operations(stack):
    """The operations of the API's definition by method and path."""
    found = {}
    for path, methods in stack.of_type("AWS::ApiGatewayV2::Api")["HttpApi"]["Body"]["paths"].items():
        for method, operation in methods.items():
            found["ANY" if method == "x-amazon-apigateway-any-method" else method.upper(), path] = operation
    return found


def bad_routes(stack):
    found = operations(stack)
    problems = [f"{method} {path} is no route" for method, path in ROUTES.keys() - found.keys()]
    problems += [f"{method} {path} is not expected" for method, path in found.keys() - ROUTES.keys()]
    for route in ROUTES.keys() & found.keys():
        # Lambda is always invoked with POST, whatever the method of the request.
        expected = {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "payloadFormatVersion": "2.0",
            "uri": INVOKE.format(function=f"{{{ROUTES[route]}Aliaslive}}"),
        }
        if found[route].get("x-amazon-apigateway-integration") != expected or "security" in found[route]:
            problems.append(f"{' '.join(route)} does not go to {ROUTES[route]}")
    return problems


def permits(permission, method, path):
    """Whether API Gateway may invoke the function of a Lambda permission for a route."""
    source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{{HttpApi}}/$default/{method}{path}"
    pattern = ".*".join(map(re.escape, permission["SourceArn"].split("*")))
    right = permission["Action"] == "lambda:InvokeFunction" and permission["Principal"] == "apigateway.amazonaws.com"
    return right and re.fullmatch(pattern, source)


def bad_permissions(stack):
    """Routes whose function API Gateway may not invoke, and permissions that are for no route."""
    permissions = stack.of_type("AWS::Lambda::Permission")
    used = set()
    problems = []
    for (method, path), function in ROUTES.items():
        fitting = {
            key
            for key, permission in permissions.items()
            if permission["FunctionName"] == f"{{{function}Aliaslive}}" and permits(permission, method, path)
        }
        if not fitting:
            problems.append(f"{function} may not be invoked for {method} {path}")
        used |= fitting
    return problems + [f"{key} is for no route" for key in permissions.keys() - used]


def test_every_route_goes_to_its_function(stack):
    assert bad_routes(stack) == []


def test_api_gateway_may_invoke_the_function_of_every_route_and_no_other(stack):
    assert bad_permissions(stack) == []


def test_missing_and_wrong_routes_and_permissions_are_detected():
    webhook = ("Resources", "IntakeFunction", "Properties", "Events", "Webhook", "Properties")
    assert sorted(bad_routes(create(sam=put(*webhook, "Path", "/webhooks/{tenant}")))) == [
        "ANY /webhooks/aircall/{tenant} is no route",
        "ANY /webhooks/{tenant} is not expected",
    ]
    paths = ("Resources", "HttpApi", "Properties", "Body", "paths")
    integration = (*paths, "/", "x-amazon-apigateway-any-method", "x-amazon-apigateway-integration")
    assert_detects(
        bad_routes, "ANY / does not go to ConsoleFunction", translated=put(*integration, "payloadFormatVersion", "1.0")
    )
    assert_detects(
        bad_permissions,
        "IntakeFunction may not be invoked for ANY /webhooks/aircall/{tenant}",
        translated=put("Resources", "IntakeFunctionWebhookPermission", None),
    )
    other = {"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*/GET/spare"}
    permission = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "WriteFunction"},
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": other,
    }
    assert_detects(
        bad_permissions,
        "Spare is for no route",
        translated=put("Resources", "Spare", {"Type": "AWS::Lambda::Permission", "Properties": permission}),
    )


def test_the_stage_is_at_the_root_and_limits_requests(stack):
    ((key, stage),) = stack.of_type("AWS::ApiGatewayV2::Stage").items()
    assert key == "HttpApiApiGatewayDefaultStage"
    # Without AutoDeploy, a new route would exist and not be served.
    assert (stage["ApiId"], stage["StageName"], stage["AutoDeploy"]) == ("{HttpApi}", "$default", True)
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50}
    webhook = {"ThrottlingBurstLimit": 2000, "ThrottlingRateLimit": 1000}
    assert stage["RouteSettings"] == {"ANY /webhooks/aircall/{tenant}": webhook}


def personal(stack):
    """Variables of the access log that name a tenant, an entry or a person."""
    settings = stack.of_type("AWS::ApiGatewayV2::Stage")["HttpApiApiGatewayDefaultStage"]["AccessLogSettings"]
    assert settings["DestinationArn"] == "{ApiLogGroup.Arn}"
    assert "\n" not in settings["Format"]
    return sorted(set(json.loads(settings["Format"]).values()) - {f"$context.{name}" for name in LOGGED})


def test_the_access_log_names_nobody(stack):
    assert personal(stack) == []
    # The filters of the alarms read it.
    settings = stack.of_type("AWS::ApiGatewayV2::Stage")["HttpApiApiGatewayDefaultStage"]["AccessLogSettings"]
    assert json.loads(settings["Format"])["status"] == "$context.status"


def test_more_in_the_access_log_is_detected():
    log = ("Resources", "HttpApi", "Properties", "AccessLogSettings", "Format")
    assert_detects(personal, "$context.path", sam=put(*log, '{"path":"$context.path"}'))


def domain(stack):
    """What makes the API serve a domain: the domain, its mapping, the record."""
    kinds = ("AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::ApiMapping", "AWS::Route53::RecordSet")
    return [next(iter(stack.of_type(kind).values()), None) for kind in kinds]


SERVED_DOMAIN = {
    "DomainName": "calls.example.com",
    "DomainNameConfigurations": [
        {"CertificateArn": CERTIFICATE, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
    ],
}
MAPPING = {"ApiId": "{HttpApi}", "DomainName": "{CustomDomain}", "Stage": "{HttpApiApiGatewayDefaultStage}"}
RECORD = {
    "HostedZoneId": "Z0123456789",
    "Name": "calls.example.com",
    "Type": "A",
    "AliasTarget": {
        "DNSName": "{CustomDomain.RegionalDomainName}",
        "HostedZoneId": "{CustomDomain.RegionalHostedZoneId}",
    },
}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("api", [None, None, None]),
        ("forwarded", [None, None, None]),
        ("served", [SERVED_DOMAIN, MAPPING, None]),
        ("zone", [SERVED_DOMAIN, MAPPING, RECORD]),
        ("only", [SERVED_DOMAIN, MAPPING, None]),
    ],
)
def test_the_api_serves_a_domain_with_a_certificate(address, expected):
    assert domain(create(address)) == expected


def test_a_certificate_or_zone_without_a_domain_has_no_effect():
    parameters = ADDRESSES["zone"] | ADDRESSES["only"] | {"DomainName": ""}
    with_both, with_none = create(**parameters), create()
    assert with_both.resources == with_none.resources
    assert with_both.outputs == with_none.outputs


def drops_own_address(stack):
    (server,) = stack.of_type("AWS::ApiGatewayV2::Api")["HttpApi"]["Body"]["servers"]
    return server["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_apis_own_address_is_dropped_only_on_demand(address):
    assert drops_own_address(create(address)) is (address == "only")


@pytest.mark.parametrize("address", ["api", "forwarded"])
def test_the_apis_own_address_stays_if_it_is_the_only_one(address):
    assert drops_own_address(create(address, KeepApiAddress="false")) is False


def test_outputs_name_the_address_the_secrets_and_the_table(stack):
    api = f"https://{{HttpApi}}.execute-api.{REGION}.amazonaws.com"
    base = f"https://{stack.parameters['DomainName']}" if stack.parameters["DomainName"] else api
    target = {"DomainTarget": "{CustomDomain.RegionalDomainName}"} if stack.parameters["CertificateArn"] else {}
    assert stack.outputs == target | {
        "ConsoleUrl": f"{base}/",
        "ApiUrl": f"{api}/",
        "SalesforceCallbackUrl": f"{base}/auth/salesforce/callback",
        "AircallCallbackUrl": f"{base}/auth/aircall/callback",
        "WebhookUrl": f"{base}/webhooks/aircall/{{tenant}}",
        "SalesforceAppSecretArn": "{SalesforceAppSecret}",
        "AircallAppSecretArn": "{AircallAppSecret}",
        "TenantsTableName": "{TenantsTable}",
    }
