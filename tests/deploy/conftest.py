"""The stacks that the checks look at, and how a check proves that it can fail."""

import functools
import itertools
import os

import pytest
from translate import ACCOUNT, REGION, Stack, source, translate

# No check depends on the account, profile or region of whoever runs it, or could reach it.
for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
    del os.environ[variable]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}

CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
DOMAIN = {"DomainName": "calls.example.com"}
SERVED = DOMAIN | {"CertificateArn": CERTIFICATE}
ADDRESSES = {
    "api": {},
    "forwarded": DOMAIN,
    "served": SERVED,
    "zone": SERVED | {"HostedZoneId": "Z0123456789"},
    "only": SERVED | {"KeepApiAddress": "false"},
}
NAMES = {"short": "calls", "long": "a" * 100}
VARIANTS = list(itertools.product(["arm64", "x86_64"], ADDRESSES, NAMES))


def create(address="api", name="short", sam=None, translated=None, **parameters):
    """A stack of `template.yaml`, after a change of it (`sam`) or of its translation (`translated`)."""
    parameters = ADDRESSES[address] | parameters
    changed = None
    if sam:
        changed = source()
        sam(changed)
    template = translate(changed, parameters)
    if translated:
        translated(template)
    return Stack(template, parameters, NAMES[name])


@functools.cache
def variant(architecture, address, name):
    return create(address, name, Architecture=architecture)


@pytest.fixture(params=VARIANTS, ids="-".join)
def stack(request):
    """A stack per architecture, kind of address and length of the name. Tests do not change it."""
    return variant(*request.param)


def put(*path):
    """A change of a template: sets the value at a path, or removes it if it is `None`."""
    *path, last, value = path

    def change(template):
        for key in path:
            template = template[key]
        if value is None:
            del template[last]
        else:
            template[last] = value

    return change


def missing_or_unexpected(found, expected):
    """What is in one of two dictionaries by logical id and not in the other."""
    problems = [f"{key} does not exist" for key in sorted(expected.keys() - found.keys())]
    return problems + [f"{key} is not expected" for key in sorted(found.keys() - expected.keys())]


def assert_detects(rule, expected, address="api", **changes):
    """Asserts that a rule finds this one problem, and nothing else, after a change of the template."""
    assert rule(create(address, **changes)) == [expected]
