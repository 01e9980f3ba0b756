"""`samconfig.toml` answers all questions of `sam deploy`, and the template asks none of its own."""

import copy
import tomllib

import pytest
from samcli.cli.types import CfnParameterOverridesType
from translate import ROOT, source

ENVIRONMENTS = {"default", "prod"}


def config():
    return tomllib.loads((ROOT / "samconfig.toml").read_text())


def deployments(config):
    """The options of `sam deploy` by environment: its own, and those for all commands."""
    return {
        environment: commands.get("global", {}).get("parameters", {}) | commands.get("deploy", {}).get("parameters", {})
        for environment, commands in config.items()
        if environment != "version"
    }


def overrides(options):
    return CfnParameterOverridesType().convert(options.get("parameter_overrides", ""), None, None)


def unanswered(config):
    """What `sam deploy` would ask, lack or refuse, by environment."""
    problems = []
    parameters = source()["Parameters"]
    stacks = set()
    for environment, options in deployments(config).items():
        name = options.get("stack_name")
        if not name or name in stacks:
            problems.append(f"{environment} has no stack_name of its own")
        stacks.add(name)
        if options.get("resolve_s3") is not True:
            problems.append(f"{environment} has no bucket for the code")
        # The template names no role, so CAPABILITY_NAMED_IAM would allow more than it needs.
        if options.get("capabilities") not in ("CAPABILITY_IAM", ["CAPABILITY_IAM"]):
            problems.append(f"{environment} has the capabilities {options.get('capabilities')}")
        if options.get("confirm_changeset") is not False or options.get("guided"):
            problems.append(f"{environment} asks for a confirmation")
        problems += [
            f"{environment} sets {key}, which is no parameter" for key in overrides(options) if key not in parameters
        ]
    return problems


def test_no_environment_asks_anything():
    assert unanswered(config()) == []
    assert deployments(config()).keys() == ENVIRONMENTS
    assert config()["version"] == 0.1


def test_only_the_development_stack_is_updated_at_once_and_can_lose_its_tables():
    options = {environment: overrides(each) for environment, each in deployments(config()).items()}
    loose = {"DeletionProtection": "false", "DeploymentPreference": "AllAtOnce"}
    assert loose.items() <= options["default"].items()
    assert not loose.items() & options["prod"].items()


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("stack_name", "aircall-to-salesforce", "prod has no stack_name of its own"),
        ("resolve_s3", False, "default has no bucket for the code"),
        ("capabilities", "CAPABILITY_NAMED_IAM", "default has the capabilities CAPABILITY_NAMED_IAM"),
        ("confirm_changeset", True, "default asks for a confirmation"),
        ("guided", True, "default asks for a confirmation"),
        ("parameter_overrides", "LogLevel=info Colour=red", "default sets Colour, which is no parameter"),
        ("parameter_overrides", ["LogLevel=info", "Colour=red"], "default sets Colour, which is no parameter"),
    ],
)
def test_questions_are_detected(key, value, expected):
    changed = copy.deepcopy(config())
    changed["default"]["deploy"]["parameters"][key] = value
    assert unanswered(changed) == [expected]


def asked(template):
    """Parameters without a default, or hidden ones, which `sam deploy --guided` cannot leave empty."""
    return [key for key, each in template["Parameters"].items() if "Default" not in each or each.get("NoEcho")]


def test_every_parameter_has_a_default_and_none_is_hidden():
    template = source()
    assert asked(template) == []
    template["Parameters"]["LogLevel"]["NoEcho"] = True
    del template["Parameters"]["DomainName"]["Default"]
    assert asked(template) == ["LogLevel", "DomainName"]
