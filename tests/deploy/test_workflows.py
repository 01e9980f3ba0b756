"""The workflows of GitHub Actions, which run only there: what zizmor finds in them, and rules of this repository.

A rule takes the workflows' texts by file name and returns its problems.
"""

import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from samcli.commands.deploy.command import cli as sam_deploy
from translate import ROOT, source

LOCAL = "$/.github/workflows/"
TEXTS = {path.name: path.read_text() for path in sorted((ROOT / ".github/workflows").iterdir())}
CREDENTIALS = "aws-actions/configure-aws-credentials"

# The keys that GitHub accepts, except `secrets`, which nothing needs.
WORKFLOW_KEYS = {"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"}
CALL_KEYS = {"name", "if", "needs", "permissions", "strategy", "concurrency", "uses", "with"}
JOB_KEYS = {"name", "if", "needs", "permissions", "strategy", "concurrency", "runs-on", "environment", "outputs", "env"}
JOB_KEYS |= {"defaults", "steps", "timeout-minutes", "continue-on-error", "container", "services"}
STEP_KEYS = {"id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env"}
STEP_KEYS |= {"continue-on-error", "timeout-minutes"}


def parse(text):
    """A workflow whose scalars are all texts: `on` would be a boolean."""
    return yaml.load(text, Loader=yaml.BaseLoader)


def jobs(texts):
    """All jobs: where, the workflow, the job."""
    for file, text in texts.items():
        workflow = parse(text)
        for name, job in workflow["jobs"].items():
            yield f"{file}/{name}", workflow, job


def steps(texts):
    for where, _, job in jobs(texts):
        for step in job.get("steps", []):
            yield where, job, step


def called(texts, job):
    """The file of this repository's workflow that a job calls, or an empty text."""
    file = job.get("uses", "").removeprefix(LOCAL)
    return file if file in texts else ""


def inputs(workflow):
    """The inputs of a workflow that others call."""
    return (workflow["on"].get("workflow_call") or {}).get("inputs", {})


def structure(texts):
    """Keys that do not exist, jobs that wait for no job, and calls with the wrong inputs."""
    problems = []
    for where, workflow, job in jobs(texts):
        keys = CALL_KEYS if "uses" in job else JOB_KEYS
        unknown = (workflow.keys() - WORKFLOW_KEYS) | (job.keys() - keys)
        unknown |= {key for step in job.get("steps", []) for key in step.keys() - STEP_KEYS}
        problems += [f"{where} has the key {key}" for key in sorted(unknown)]
        needs = job.get("needs", [])
        awaited = [needs] if isinstance(needs, str) else needs
        problems += [f"{where} needs {each}" for each in awaited if each not in workflow["jobs"]]
        if "uses" in job:
            if not called(texts, job):
                problems.append(f"{where} calls {job['uses']}")
                continue
            declared = inputs(parse(texts[called(texts, job)]))
            given = job.get("with", {}).keys()
            problems += [f"{where} hands over {key}" for key in sorted(given - declared.keys())]
            required = {key for key, each in declared.items() if each["required"] == "true"}
            problems += [f"{where} lacks {key}" for key in sorted(required - given)]
        elif any(("uses" in step) == ("run" in step) for step in job["steps"]):
            problems.append(f"{where} has a step that is not one action or script")
    return problems


def expressions(value):
    """The expressions in a part of a workflow, without their texts in quotes."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from expressions(f"${{{{ {each} }}}}" if key == "if" and "${{" not in each else each)
    elif isinstance(value, list):
        for each in value:
            yield from expressions(each)
    else:
        for found in re.findall(r"\$\{\{(.*?)\}\}", value, re.DOTALL):
            yield re.sub(r"'[^']*'", "''", found)


def references(texts):
    """Expressions that name what does not exist, and secrets: a deployment needs none."""
    problems = [f"{file} names secrets" for file, text in texts.items() if "secrets" in text]
    for where, workflow, job in jobs(texts):
        included = job.get("strategy", {}).get("matrix", {}).get("include", [])
        known = {
            "github": {"event_name", "ref", "token"},
            "runner": {"arch", "os", "temp"},
            "vars": {"ARCHITECTURE", "AWS_REGION", "AWS_ROLE_ARN", "DEPLOY"},
            "inputs": inputs(workflow),
            "matrix": set().union(*included),
            "steps": {step["id"] for step in job.get("steps", []) if "id" in step},
        }
        for expression in expressions([job, workflow.get("concurrency", "")]):
            for context, name in re.findall(r"(?<![\w.])([a-z]+)\.([\w-]+)", expression):
                if name not in known.get(context, ()):
                    problems.append(f"{where} names {context}.{name}")
    return problems


def permissions(texts):
    """A job has the permissions that it needs, and no others; what a workflow grants to all its jobs is nothing."""
    problems = []
    for where, workflow, job in jobs(texts):
        if workflow.get("permissions") != {}:
            problems.append(f"{where} has permissions of its workflow")
        content = texts.get(called(texts, job)) or yaml.dump(job)
        needed = {"contents": "write" if "gh release" in content else "read"}
        if CREDENTIALS in content:
            needed["id-token"] = "write"
        if job.get("permissions") != needed:
            problems.append(f"{where} has the permissions {job.get('permissions')}")
    return problems


def pins(texts):
    """Actions are named by commit, with the version as a comment, and all workflows use the same one."""
    problems = []
    versions = {}
    for file, text in texts.items():
        for line in re.findall(r"uses: (.*)", text):
            if line.startswith(LOCAL):
                continue
            pinned = re.fullmatch(r"([\w-]+/[\w-]+)(?:/[\w-]+)?@([0-9a-f]{40} # v\d+\.\d+\.\d+)", line)
            if not pinned:
                problems.append(f"{file} does not pin {line}")
            elif versions.setdefault(pinned[1], pinned[2]) != pinned[2]:
                problems.append(f"{file} uses another version of {pinned[1]}")
    return problems


def timeouts(texts):
    minutes = {where: job.get("timeout-minutes", "0") for where, _, job in jobs(texts) if "uses" not in job}
    return [f"{where} has no timeout" for where, each in minutes.items() if not 0 < int(each) <= 120]


def deployments(texts):
    """Deployments get temporary credentials by OIDC in an environment of GitHub, one at a time for each."""
    problems = []
    for where, job, step in steps(texts):
        if "configure-aws" not in step.get("uses", ""):
            continue
        expected = {"role-to-assume": "${{ vars.AWS_ROLE_ARN }}", "aws-region": "${{ vars.AWS_REGION }}"}
        if step["with"] != expected | {"mask-aws-account-id": "true"}:
            problems.append(f"{where} has other credentials than by OIDC")
        # Nothing that is installed or unpacked afterwards could see them.
        if job["steps"].index(step) != len(job["steps"]) - 2:
            problems.append(f"{where} shows its credentials to more than sam")
        if job.get("environment") != "${{ inputs.environment }}":
            problems.append(f"{where} has no environment")
        group = {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": "false"}
        if job.get("concurrency") != group:
            problems.append(f"{where} may overlap")
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text()).keys() - {"version"}
    branch = "github.event_name == 'push' && github.ref == 'refs/heads/main' && "
    triggers = {"dev": {"ci.yml": branch}, "prod": {"release.yml": ""}}
    for where, _, job in jobs(texts):
        if called(texts, job) == "deploy.yml":
            options = job.get("with", {})
            if options.get("config-env") not in configured:
                problems.append(f"{where} deploys {options.get('config-env')}")
            when = triggers.get(options.get("environment"), {}).get(where.split("/")[0])
            if when is None or job.get("if") != f"{when}vars.DEPLOY == 'true'":
                problems.append(f"{where} deploys to {options.get('environment')} at the wrong time")
            if job.get("needs") != ["test", "packages"]:
                problems.append(f"{where} deploys what is not tested")
    return problems


def commands(texts):
    """Scripts that bash cannot read, and files and options that they name and that do not exist."""
    problems = []
    options = {option for parameter in sam_deploy.params for option in parameter.opts + parameter.secondary_opts}
    folders = "|".join(re.escape(path.name) for path in ROOT.iterdir() if path.is_dir() and path.name != "target")
    for where, _, step in steps(texts):
        script = step.get("run", "")
        checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
        if checked.returncode:
            problems.append(f"{where} has a script that bash cannot read")
        hashed = re.findall(r"'([^']+)'", "".join(re.findall(r"hashFiles\((.*?)\)", str(step))))
        named = re.findall(rf"(?<![\w/.])((?:{folders})/[\w./-]+)", script)
        problems += [f"{where} names {path}" for path in hashed + named if not (ROOT / path).exists()]
        run = re.findall(rf"^\s*((?:{folders})/[\w./-]+)", script, re.MULTILINE)
        problems += [f"{where} cannot run {path}" for path in run if not os.access(ROOT / path, os.X_OK)]
        if '/sam" deploy' in script:
            used = re.findall(r"(?<= )--[\w-]+", script)
            problems += [f"{where} hands {option} to sam deploy" for option in used if option not in options]
    return problems


RULES = [structure, references, permissions, pins, timeouts, deployments, commands]
CHECKOUT = re.search(r"actions/checkout@(.*)", TEXTS["test.yml"])[1]
BRANCH = "github.ref == 'refs/heads/main' && "

# A rule, a change of a workflow, and what the rule then says.
BROKEN = [
    (structure, "test.yml", "runs-on:", "run-on:", "test.yml/gate has the key run-on"),
    (structure, "test.yml", "jobs:", "job: x\njobs:", "test.yml/gate has the key job"),
    (structure, "test.yml", "id: cache", "ids: cache", "test.yml/gate has the key ids"),
    (structure, "ci.yml", "[test, packages]", "[tests, packages]", "ci.yml/deploy needs tests"),
    (structure, "ci.yml", "/test.yml", "/tests.yml", f"ci.yml/test calls {LOCAL}tests.yml"),
    (structure, "ci.yml", "      config-env: default", "", "ci.yml/deploy lacks config-env"),
    (structure, "ci.yml", "with:", "with:\n      colour: red", "ci.yml/deploy hands over colour"),
    (
        structure,
        "dependencies.yml",
        "run: tests/deny",
        "id: deny",
        "dependencies.yml/deny has a step that is not one action or script",
    ),
    (references, "packages.yml", "matrix.runner", "matrix.machine", "packages.yml/build names matrix.machine"),
    (references, "deploy.yml", "inputs.config-env", "inputs.env", "deploy.yml/deploy names inputs.env"),
    (references, "test.yml", "id: cache", "id: caches", "test.yml/gate names steps.cache"),
    (references, "release.yml", "github.token", "secrets.TOKEN", "release.yml names secrets"),
    (references, "ci.yml", "jobs:", "secrets: inherit\njobs:", "ci.yml names secrets"),
    (references, "ci.yml", "vars.DEPLOY", "vars.DEPLOYS", "ci.yml/deploy names vars.DEPLOYS"),
    (
        permissions,
        "test.yml",
        "permissions: {}",
        "permissions: read-all",
        "test.yml/gate has permissions of its workflow",
    ),
    (permissions, "packages.yml", ": read", ": write", "packages.yml/build has the permissions {'contents': 'write'}"),
    (permissions, "ci.yml", "id-token: write", "", "ci.yml/deploy has the permissions {'contents': 'read'}"),
    (pins, "test.yml", CHECKOUT, "v7", "test.yml does not pin actions/checkout@v7"),
    (pins, "test.yml", CHECKOUT, CHECKOUT[:40], f"test.yml does not pin actions/checkout@{CHECKOUT[:40]}"),
    (pins, "test.yml", CHECKOUT, f"{'0' * 40} # v7.0.0", "test.yml uses another version of actions/checkout"),
    (timeouts, "packages.yml", "timeout-minutes: 120", "", "packages.yml/build has no timeout"),
    (timeouts, "packages.yml", "timeout-minutes: 120", "timeout-minutes: 360", "packages.yml/build has no timeout"),
    (
        deployments,
        "deploy.yml",
        "role-to-assume",
        "aws-access-key-id",
        "deploy.yml/deploy has other credentials than by OIDC",
    ),
    (
        deployments,
        "deploy.yml",
        "- name: Deploy",
        "- run: date\n      - name: Deploy",
        "deploy.yml/deploy shows its credentials to more than sam",
    ),
    (deployments, "deploy.yml", "environment: ${{", "env: ${{", "deploy.yml/deploy has no environment"),
    (deployments, "deploy.yml", "in-progress: false", "in-progress: true", "deploy.yml/deploy may overlap"),
    (deployments, "ci.yml", "config-env: default", "config-env: test", "ci.yml/deploy deploys test"),
    (deployments, "ci.yml", "environment: dev", "environment: prod", "ci.yml/deploy deploys to prod at the wrong time"),
    (deployments, "ci.yml", BRANCH, "", "ci.yml/deploy deploys to dev at the wrong time"),
    (deployments, "release.yml", "[test, packages]", "packages", "release.yml/deploy deploys what is not tested"),
    (commands, "release.yml", "tests/release ", "tests/releases ", "release.yml/notes names tests/releases"),
    (
        commands,
        "dependencies.yml",
        ": tests/deny",
        ": tests/policies.rs",
        "dependencies.yml/deny cannot run tests/policies.rs",
    ),
    (commands, "test.yml", "'Cargo.lock'", "'cargo.lock'", "test.yml/gate names cargo.lock"),
    (commands, "test.yml", "run: .ci/run", "run: if .ci/run", "test.yml/gate has a script that bash cannot read"),
    (commands, "deploy.yml", "--config-env", "--environment", "deploy.yml/deploy hands --environment to sam deploy"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_workflows_keep_the_rule(rule):
    assert rule(TEXTS) == []


@pytest.mark.parametrize(("rule", "file", "old", "new", "expected"), BROKEN, ids=[broken[-1] for broken in BROKEN])
def test_a_broken_workflow_is_detected(rule, file, old, new, expected):
    assert old in TEXTS[file]
    assert rule(TEXTS | {file: TEXTS[file].replace(old, new)})[0] == expected


def test_each_push_and_pull_request_is_tested():
    assert parse(TEXTS["ci.yml"])["on"] == {"push": {"branches": ["**"]}, "pull_request": "", "workflow_dispatch": ""}
    assert parse(TEXTS["ci.yml"])["jobs"]["test"].keys() == {"name", "permissions", "uses"}
    assert ".ci/run" in [step.get("run") for _, _, step in steps({"test.yml": TEXTS["test.yml"]})]


def test_dependencies_are_checked_each_week():
    assert parse(TEXTS["dependencies.yml"])["on"].keys() == {"push", "pull_request", "schedule", "workflow_dispatch"}


def test_only_a_tag_is_a_release():
    assert parse(TEXTS["release.yml"])["on"] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}


def test_packages_are_built_for_each_architecture_and_the_default_one_is_deployed():
    architecture = source()["Parameters"]["Architecture"]
    built = parse(TEXTS["packages.yml"])["jobs"]["build"]["strategy"]["matrix"]["include"]
    assert [each["architecture"] for each in built] == architecture["AllowedValues"]
    assert f"packages-${{{{ vars.ARCHITECTURE || '{architecture['Default']}' }}}}" in TEXTS["deploy.yml"]


def audit(folder):
    """What zizmor finds in the workflows of a folder, without a network: the kind of finding and the file."""
    zizmor = Path(sys.executable).with_name("zizmor")
    options = [
        "--offline",
        "--no-config",
        "--persona",
        "auditor",
        "--no-ignores",
        "--no-exit-codes",
        "--strict-collection",
    ]
    # Fails if it cannot read a file, and not because of what it finds.
    run = subprocess.run(
        [zizmor, *options, "--quiet", "--format", "json-v1", folder], capture_output=True, text=True, check=True
    )
    found = {
        (each["ident"], each["locations"][0]["symbolic"]["key"]["Local"]["verbatim_path"])
        for each in json.loads(run.stdout)
    }
    return sorted(f"{Path(file).name}: {ident}" for ident, file in found)


def test_zizmor_finds_nothing():
    assert audit(ROOT / ".github") == []


def test_zizmor_finds_what_is_dangerous(tmp_path):
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    (folder / "dangerous.yml").write_text("""
name: Dangerous
on: pull_request_target
permissions: write-all
concurrency: { group: dangerous, cancel-in-progress: true }
jobs:
  build:
    name: Build
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v7
      - run: echo "${{ github.event.pull_request.title }}"
""")
    kinds = ["artipacked", "dangerous-triggers", "excessive-permissions", "template-injection", "unpinned-uses"]
    assert audit(tmp_path) == [f"dangerous.yml: {kind}" for kind in kinds]


def test_zizmor_reads_every_workflow(tmp_path):
    (tmp_path / "broken.yml").write_text("jobs: [")
    with pytest.raises(subprocess.CalledProcessError):
        audit(tmp_path / "broken.yml")


notes = runpy.run_path(str(ROOT / "tests/release"))["notes"]
MANIFEST = '[workspace.package]\nversion = "1.2.3"\n'
CHANGELOG = """# Changelog

## [Unreleased]

- Not yet

## [1.2.3] - 2026-12-01

### Added

- A thing ([docs](docs/things.md#one)), as [above](#unreleased) and [elsewhere](https://example.com/a).

## [1.2.2] - 2026-11-01

- Before
"""


def test_the_notes_of_a_release_are_its_section_with_links_that_work_on_its_page():
    url = "https://example.com/blob/v1.2.3"
    assert notes("v1.2.3", MANIFEST, CHANGELOG, url) == (
        f"### Added\n\n- A thing ([docs]({url}/docs/things.md#one)), as [above]({url}/CHANGELOG.md#unreleased) "
        "and [elsewhere](https://example.com/a)."
    )


@pytest.mark.parametrize(
    ("tag", "old", "new", "expected"),
    [
        ("1.2.3", "", "", "1.2.3 is not a tag vX.Y.Z"),
        ("v1.2.3-rc1", "", "", "v1.2.3-rc1 is not a tag vX.Y.Z"),
        ("v1.2.2", "", "", "the version in Cargo.toml is 1.2.3, not 1.2.2"),
        ("v1.2.3", "[1.2.3]", "[1.2.4]", "CHANGELOG.md has no section [1.2.3] with a date"),
        ("v1.2.3", " - 2026-12-01", "", "CHANGELOG.md has no section [1.2.3] with a date"),
        ("v1.2.3", "### Added", "## [1.2.1] - 2026-10-01", "the section [1.2.3] of CHANGELOG.md is empty"),
    ],
)
def test_a_release_without_notes_or_of_another_version_is_refused(tag, old, new, expected):
    with pytest.raises(ValueError, match=re.escape(expected)):
        notes(tag, MANIFEST, CHANGELOG.replace(old, new))


def test_each_entry_of_the_changelog_can_be_in_a_release():
    manifest = (ROOT / "Cargo.toml").read_text()
    version = tomllib.loads(manifest)["workspace"]["package"]["version"]
    entries = (ROOT / "CHANGELOG.md").read_text().replace("\n## ", "\n### ")
    changelog = f"## [{version}] - 2026-12-01\n\n{entries}"
    links = re.findall(r"\]\((.*?)\)", notes(f"v{version}", manifest, changelog, "https://example.com"))
    assert links
    assert [link for link in links if not link.startswith("https://")] == []


def test_the_script_says_why_it_refuses_a_tag():
    refused = subprocess.run([ROOT / "tests/release", "v0.0.0"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert re.fullmatch(r"error: the version in Cargo\.toml is .*, not 0\.0\.0\n", refused.stderr)
