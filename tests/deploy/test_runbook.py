"""The runbook in docs/operating.md has a section for each alarm of the translated template, and for no other."""

import re

from conftest import create
from translate import ROOT


def runbook():
    return (ROOT / "docs/operating.md").read_text()


def sections(text):
    """The sections about alarms: the alarms in each heading, and its text. Several alarms may share one."""
    (part,) = re.findall(r"^## Alarms\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    found = re.findall(r"^### (\w+Alarm(?:, \w+Alarm)*)\n(.*?)(?=^### |\Z)", part, re.DOTALL | re.MULTILINE)
    return [(heading.split(", "), body) for heading, body in found]


def gaps(stack, text):
    """Alarms without a section, sections without an alarm, and sections that do not say what to do."""
    alarms = stack.of_type("AWS::CloudWatch::Alarm").keys()
    described = [alarm for heading, _ in sections(text) for alarm in heading]
    problems = [f"{alarm} has no section" for alarm in sorted(alarms - set(described))]
    problems += [f"{alarm} is no alarm" for alarm in sorted(set(described) - alarms)]
    problems += [f"{alarm} has two sections" for alarm in sorted(alarms) if described.count(alarm) > 1]
    for heading, body in sections(text):
        for label in ("**Means:**", "**Do:**"):
            if f"\n{label} " not in body:
                problems.append(f"{', '.join(heading)} lacks {label}")
    return problems


def test_every_alarm_has_a_section_which_says_what_it_means_and_what_to_do():
    assert gaps(create(), runbook()) == []


def test_gaps_are_detected():
    stack, text = create(), runbook()
    assert gaps(stack, text.replace("### SweepAlarm\n", "### Sweeps\n")) == ["SweepAlarm has no section"]
    assert gaps(stack, text.replace("### SweepAlarm\n", "### SweepAlarm, NightAlarm\n")) == ["NightAlarm is no alarm"]
    twice = text.replace("### SweepAlarm\n", "### SweepAlarm, PendingAgeAlarm\n")
    assert gaps(stack, twice) == ["PendingAgeAlarm has two sections"]
    before, after = text.split("### SweepAlarm\n")
    assert gaps(stack, f"{before}### SweepAlarm\n{after.replace('**Do:**', 'Do:', 1)}") == ["SweepAlarm lacks **Do:**"]
