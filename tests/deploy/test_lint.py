"""cfn-lint on the template in two regions, and on its translation in all."""

import json

from cfnlint.api import lint
from cfnlint.helpers import REGIONS
from translate import ROOT, translate

# Findings that do not apply, with the reason. Every other one is a failure.
IGNORED = {
    "W2001 Parameter DeploymentPreference not used.": "SAM has replaced it by its value",
    "W7001 Mapping 'Deployments' is defined but not used": "SAM has replaced it by its value",
}


def findings(text, regions):
    found = lint(text, config={"regions": list(regions)})
    return [text for each in found if (text := f"{each.rule.id} {each.message}") not in IGNORED]


def test_the_template_has_no_errors_or_warnings():
    assert findings((ROOT / "template.yaml").read_text(), ["eu-west-1", "us-east-1"]) == []


def test_the_translation_has_no_errors_or_warnings_in_any_region():
    assert findings(json.dumps(translate()), REGIONS) == []


def test_errors_and_warnings_are_detected():
    template = {
        "Parameters": {"Spare": {"Type": "String"}},
        "Resources": {"EventsQueue": {"Type": "AWS::SQS::Queue", "Properties": {"Colour": "red"}}},
    }
    assert sorted(findings(json.dumps(template), ["eu-west-1"])) == [
        "E3002 Additional properties are not allowed ('Colour' was unexpected)",
        "W2001 Parameter Spare not used.",
    ]
