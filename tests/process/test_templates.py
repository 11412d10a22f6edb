"""The CI templates: valid, pinned and careful with secrets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.ci_runners import (
    GITHUB,
    GITLAB,
    SHELLS,
    TEMPLATES,
    WORKFLOWS,
    shell_of,
    steps,
    workflow,
)
from support.processes import tamr


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *(("vendor.github-workflows", GITHUB / f"{name}.yml") for name in WORKFLOWS),
        ("vendor.gitlab-ci", GITLAB),
    ],
    ids=[*WORKFLOWS, "gitlab"],
)
def test_each_template_is_valid_by_the_published_schema(schema: str, path: Path) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    """In a project as `tamr init` writes it, with every finding that no comment silences."""
    assert tamr(tmp_path, "init", "shop", "--ci", "github").returncode == 0
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--no-ignores", "--format", "json", "shop"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, json.loads(done.stdout)) == (0, []), done.stderr


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit_and_no_event_text_reaches_a_shell(name: str) -> None:
    for step in steps(name).values():
        if "uses" in step:
            assert re.search(r"@[0-9a-f]{40}$", step["uses"])
        assert "${{" not in step.get("run", "")
    assert {job["runs-on"] for job in workflow(name)["jobs"].values()} == {"ubuntu-24.04"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_step_fails_with_any_part_of_a_pipe(name: str) -> None:
    for step in steps(name).values():
        if "run" in step:
            assert shell_of(name, step) == SHELLS["bash"]


@pytest.mark.parametrize("path", [*(GITHUB / f"{n}.yml" for n in WORKFLOWS), GITLAB])
def test_nothing_is_piped_from_the_network_or_decided_by_words_of_a_log(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    assert not re.search(r"(curl|wget)[^\n]*\|", text)
    assert "grep" not in text
    if "curl" in text:
        assert "sha256sum --check" in text
        assert re.search(r"PULUMI_SHA256: [0-9a-f]{64}$", text, re.MULTILINE)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_whole_history_is_fetched_without_leaving_a_token(name: str) -> None:
    """Since when a version counts is read from the history."""
    checkout = next(step for key, step in steps(name).items() if "checkout" in key)
    assert checkout["with"]["fetch-depth"] == "0"
    assert checkout["with"]["persist-credentials"] == "false"
    assert yaml.safe_load(GITLAB.read_text())["variables"]["GIT_DEPTH"] == "0"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_secrets_are_given_to_single_steps_and_never_to_a_fork(name: str) -> None:
    document = workflow(name)
    assert not {"pull_request_target", "workflow_run"} & set(document["on"])
    assert "secrets." not in json.dumps(document.get("env", {}))
    for job in document["jobs"].values():
        assert "secrets." not in json.dumps(job.get("env", {}))
        has_key = "secrets.TAMR" in json.dumps(job["steps"])
        if has_key and "pull_request" in document["on"]:
            same = "github.event.pull_request.head.repo.full_name == github.repository"
            assert job["if"] == same


def test_each_job_has_the_permissions_that_it_needs() -> None:
    granted = {
        f"{name} {key}": job["permissions"]
        for name in WORKFLOWS
        for key, job in workflow(name)["jobs"].items()
    }
    assert {json.dumps(workflow(name)["permissions"]) for name in WORKFLOWS} == {"{}"}
    assert granted == {
        "tamr-check plan": {"contents": "read", "pull-requests": "write", "checks": "write"},
        "tamr-check fork": {},
        "tamr-up up": {"contents": "read", "actions": "write", "pull-requests": "write"},
        "tamr-up promote": {"actions": "write"},
        "tamr-promote promote": {"contents": "write", "pull-requests": "write"},
    }


def test_a_run_is_never_cancelled_and_hands_over_before_its_time_limit() -> None:
    up = workflow("tamr-up")["jobs"]["up"]
    assert up["concurrency"]["cancel-in-progress"] == "false"
    assert "${{ matrix.stack }}" in up["concurrency"]["group"]
    assert steps("tamr-up")["Up"]["env"]["TAMR_HAND_OVER_AFTER"] == "5h30m"
    assert 330 < int(up["timeout-minutes"]) <= 350
    gitlab = yaml.safe_load(GITLAB.read_text())["tamr-up"]
    assert gitlab["interruptible"] is False
    assert gitlab["resource_group"] == "tamr-up-$STACK"
    assert (gitlab["timeout"], gitlab["variables"]["TAMR_HAND_OVER_AFTER"]) == ("6h", "5h30m")


def test_each_stack_is_an_environment_with_its_tenants_address() -> None:
    """On GitHub the hourly runs are no deployments of their own."""
    environment = workflow("tamr-up")["jobs"]["up"]["environment"]
    assert environment == {
        "name": "${{ matrix.stack }}",
        "url": "${{ steps.status.outputs.url }}",
        "deployment": "${{ github.event_name != 'schedule' }}",
    }
    gitlab = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["tamr-up"]
    assert gitlab["environment"] == {"name": "$STACK", "url": "$DEPLOYED_TO"}
    assert gitlab["artifacts"] == {"when": "always", "reports": {"dotenv": "environment.env"}}


def test_a_product_that_failed_stops_no_promotion_of_the_others() -> None:
    promote = workflow("tamr-up")["jobs"]["promote"]
    assert (promote["needs"], promote["if"]) == ("up", "${{ !cancelled() }}")
    gitlab = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["tamr-promote"]
    assert [rule["when"] for rule in gitlab["rules"]] == ["always"]


def table(ci: str) -> list[list[str]]:
    """Return the cells of the table of secrets and variables in a README."""
    lines = (TEMPLATES / ci / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def listed(where: str) -> dict[str, tuple[str, set[str]]]:
    """Return kind and workflows of every name in GitHub's table."""
    found = {}
    for names, kind, seen, _ in table("github"):
        for name in re.findall(r"`(\w+)`", names):
            found[name] = (kind.partition(",")[0].rstrip("s"), set(seen.split(", ")))
    return found


def used() -> dict[str, tuple[str, set[str]]]:
    found: dict[str, tuple[str, set[str]]] = {}
    for name in WORKFLOWS:
        for kind, key in re.findall(r"\b(secrets|vars)\.(\w+)", json.dumps(workflow(name))):
            word = {"secrets": "secret", "vars": "variable"}[kind]
            found.setdefault(key, (word, set()))[1].add(name)
    return found


def test_the_readme_lists_every_secret_and_variable_and_who_sees_it() -> None:
    assert listed("github") == used()
    text = (TEMPLATES / "github/README.md").read_text(encoding="utf-8")
    assert "Settings > Secrets and variables > Actions" in text


def test_gitlabs_header_names_what_the_pipeline_uses() -> None:
    header, _, rest = GITLAB.read_text(encoding="utf-8").partition("stages:")
    names = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", header))
    read = set(re.findall(r"`([A-Z_]+)`", " ".join(row[0] for row in table("gitlab"))))
    assert names <= read
    script = (TEMPLATES / "gitlab/ci/gitlab.py").read_text(encoding="utf-8")
    assert "GITLAB_TOKEN" in rest
    assert "GITLAB_TOKEN" in script
    assert "TAMR_API_KEY_$(" in rest
    assert "pulumi up" in rest


@pytest.mark.parametrize(
    ("ci", "expected"),
    [
        ("github", {f".github/workflows/{name}.yml" for name in WORKFLOWS}),
        ("gitlab", {".gitlab-ci.yml", "ci/gitlab.py"}),
        ("none", set[str]()),
    ],
)
def test_init_adds_the_workflows_that_were_asked_for(
    tmp_path: Path, ci: str, expected: set[str]
) -> None:
    assert tamr(tmp_path, "init", "shop", "--ci", ci).returncode == 0
    made = {
        path.relative_to(tmp_path / "shop").as_posix()
        for path in (tmp_path / "shop").rglob("*")
        if path.is_file()
    }
    assert {path for path in made if path.startswith((".github", ".gitlab", "ci/"))} == expected
    readme = (tmp_path / "shop/README.md").read_text(encoding="utf-8")
    assert ("TAMR_API_KEY_PROD` |" in readme) == (ci != "none")
    assert readme.count("\n# ") == 0
