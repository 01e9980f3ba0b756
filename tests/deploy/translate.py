"""What CloudFormation makes of `template.yaml`: the SAM translation, and the stack with all its functions resolved.

Works on files only: no account and no network.
"""

import copy
import functools
import re
from pathlib import Path
from types import SimpleNamespace

from samcli.lib.cfn_language_extensions.sam_integration import expand_language_extensions
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
ACCOUNT = "123456789012"
# The bucket to which `sam deploy` would upload the functions.
BUCKET = "artifacts"


def source():
    """`template.yaml`, with the short forms of functions written out."""
    return copy.deepcopy(_source())


@functools.cache
def _source():
    return yaml_parse((ROOT / "template.yaml").read_text())


def translate(sam=None, parameters=None):
    """The CloudFormation template that the SAM transform makes of a template, by default of `template.yaml`."""
    parameters = dict(parameters or {})
    if sam is None:
        return copy.deepcopy(_translate(tuple(parameters.items())))
    return _transform(copy.deepcopy(sam), parameters)


@functools.cache
def _translate(parameters):
    return _transform(source(), dict(parameters))


def _transform(sam, parameters):
    for name, resource in sam["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://{BUCKET}/{name}"
    # The translator only asks the session for its region. It would look up names of managed policies in IAM; here it
    # knows none, so the template has to write ARNs.
    translator = Translator({}, Parser(), boto_session=SimpleNamespace(region_name=REGION))
    translated = translator.translate(sam, parameters)
    translator.metrics.publish()
    return translated


def expand(sam, parameters):
    """What `AWS::LanguageExtensions`, the first transform, makes of a template, as the SAM CLI imitates it."""
    values = {key: str(each.get("Default", "")) for key, each in sam["Parameters"].items()} | parameters
    values |= pseudo_parameters("calls", stack_id("calls"))
    return expand_language_extensions(sam, parameter_values=values, enabled=True).expanded_template


def pseudo_parameters(name, arn):
    return {
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::StackId": arn,
        "AWS::StackName": name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def stack_id(name, uuid="1c2fa620-982a-11e3-aff7-50e2416294e0"):
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{uuid}"


def is_allowed(value, parameter):
    """Whether CloudFormation accepts a value of a parameter."""
    if not re.search(parameter.get("AllowedPattern", ""), value):
        return False
    if value not in map(str, parameter.get("AllowedValues", [value])):
        return False
    return parameter["Type"] != "Number" or (
        parameter.get("MinValue", float(value)) <= float(value) <= parameter.get("MaxValue", float(value))
    )


class Stack:
    """A stack as CloudFormation would create it.

    `resources` and `outputs` hold what exists under the stack's conditions, with all functions resolved. A reference to
    a resource stays recognizable: `{EventsQueue}` for a `Ref`, `{EventsQueue.Arn}` for a `GetAtt`. `dangling` lists the
    references to what does not exist.
    """

    def __init__(self, template, parameters=None, name="calls", arn=None):
        self.template = template
        self.name = name
        self.dangling = []
        declared = template["Parameters"]
        self.parameters = {key: str(parameter.get("Default", "")) for key, parameter in declared.items()}
        for key, value in (parameters or {}).items():
            if not is_allowed(value, declared[key]):
                raise ValueError(f"{key} must not be {value!r}")
            self.parameters[key] = value
        lists = {key for key, parameter in declared.items() if parameter["Type"] == "CommaDelimitedList"}
        self._values = pseudo_parameters(name, arn or stack_id(name)) | {"AWS::NoValue": None}
        self._values |= {key: value.split(",") if key in lists else value for key, value in self.parameters.items()}
        self._existing = {key for key, resource in template["Resources"].items() if self._exists(resource)}
        self.resources = self._resolve_all(template["Resources"])
        self.outputs = {key: output["Value"] for key, output in self._resolve_all(template["Outputs"]).items()}

    def of_type(self, kind):
        """Properties of the resources of a type, by logical id."""
        found = {key: resource for key, resource in self.resources.items() if resource["Type"] == kind}
        return {key: resource.get("Properties", {}) for key, resource in found.items()}

    def refusals(self):
        """What CloudFormation answers if it refuses the parameters."""
        return [
            assertion["AssertDescription"]
            for name, rule in self.template["Rules"].items()
            if self._resolve(rule["RuleCondition"], f"Rules.{name}")
            for assertion in rule["Assertions"]
            if not self._resolve(assertion["Assert"], f"Rules.{name}")
        ]

    def condition(self, name):
        return self._resolve(self.template["Conditions"][name], f"Conditions.{name}")

    def _exists(self, part):
        return "Condition" not in part or self.condition(part["Condition"])

    def _resolve_all(self, parts):
        return {key: self._resolve(part, key) for key, part in parts.items() if self._exists(part)}

    def _resolve(self, value, place):
        """The value without functions, or `None` for `AWS::NoValue`."""
        if isinstance(value, list):
            return [item for item in (self._resolve(item, place) for item in value) if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function in ("Ref", "Condition") or function.startswith("Fn::"):
                return self._call(function, argument, place)
        resolved = {key: self._resolve(item, f"{place}.{key}") for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not None}

    def _call(self, function, argument, place):
        if function == "Fn::If":
            name, then, otherwise = argument
            return self._resolve(then if self.condition(name) else otherwise, place)
        if function == "Fn::GetAtt":
            return self._reference(".".join(argument), place)
        if function == "Fn::Sub":
            return self._substitute(argument, place)
        if function == "Ref":
            return self._reference(argument, place)
        if function == "Condition":
            return self.condition(argument)
        arguments = self._resolve(argument, place)
        match function:
            case "Fn::And":
                return all(arguments)
            case "Fn::Or":
                return any(arguments)
            case "Fn::Not":
                return not arguments[0]
            case "Fn::Equals":
                return arguments[0] == arguments[1]
            case "Fn::EachMemberEquals":
                return all(member == arguments[1] for member in arguments[0])
            case "Fn::Join":
                return arguments[0].join(arguments[1])
            case "Fn::Split":
                return arguments[1].split(arguments[0])
            case "Fn::Select":
                return arguments[1][int(arguments[0])]
        raise NotImplementedError(f"{place}: {function}")

    def _substitute(self, argument, place):
        text, values = argument if isinstance(argument, list) else (argument, {})

        def replace(found):
            key = found[1]
            if key.startswith("!"):
                return f"${{{key[1:]}}}"
            return str(self._resolve(values[key], place) if key in values else self._reference(key, place))

        return re.sub(r"\$\{([^}]+)\}", replace, text)

    def _reference(self, path, place):
        if path in self._values:
            return self._values[path]
        if path.split(".")[0] not in self._existing:
            self.dangling.append(f"{place} refers to {path}, which does not exist")
        return f"{{{path}}}"
