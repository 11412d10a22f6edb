"""A changed version runs: one line of a stack file, committed, on a real emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.git_histories import git
from support.processes import emulator, project, stack_file, tamr
from support.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INSTANT = ["--load", "50ms", "--update", "50ms", "--publish", "50ms", "--pending", "10ms"]
CUSTOMERS = """\
    customers:
      version: {}
      trustDays: 36500  # the first date is fixed, the clock is not
      sources: [src_crm, src_erp]
      dataProduct: dp_customers
      workflows: [wf_apply]
      publish: [Test 123]
"""


class VersionedProject(Repository):
    def write(self, version: str, stack: str = "dev") -> None:
        text = f"config:\n  tamr:url: {self.tenant.url}\n  tamr-pipelines:products:\n"
        path = stack_file(self.folder).with_name(f"Pulumi.{stack}.yaml")
        path.write_text(text + CUSTOMERS.format(version), encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[VersionedProject]:
    with emulator(*INSTANT) as tenant:
        folder = project(tmp_path / "project", tenant.url)
        yield VersionedProject(folder, tenant)


@pytest.mark.parametrize("versions", [("v1", "v2"), ('"2026-11-20"', '"2026-11-21"')])
def test_one_line_runs_every_step_again_forwards_and_back(
    repository: VersionedProject, versions: tuple[str, str]
) -> None:
    for version in (*versions, *versions):
        repository.write(version)
        repository.commit()
        assert repository.up() == 5
        assert repository.up() == 0


def test_a_changed_version_is_not_deployed_or_promoted_before_it_ran(
    repository: VersionedProject,
) -> None:
    repository.write("v1")
    repository.write("v1", "prod")
    repository.commit()
    assert repository.up() == 5
    repository.write("v2")
    repository.commit()
    rows = json.loads(tamr(repository.folder, "status", "--stack", "dev", "--json").stdout)
    assert [(row["version"], row["state"]) for row in rows["products"]] == [("v2", "pending")]
    promoted = tamr(repository.folder, "promote", "customers", "--from", "dev", "--to", "prod")
    assert promoted.returncode == 75
    assert "v1" in stack_file(repository.folder).with_name("Pulumi.prod.yaml").read_text()


def test_a_plan_shows_the_effect_of_a_merge(repository: VersionedProject) -> None:
    repository.write("v1")
    repository.commit()
    assert repository.up() == 5
    git(repository.folder, "switch", "--quiet", "--create", "change")
    repository.write("v2")
    repository.commit()
    planned = tamr(repository.folder, "plan", "--base", "main", "--json")
    assert planned.returncode == 0, planned.stderr
    plan = json.loads(planned.stdout)
    assert plan["launches"] == 5
    text = tamr(repository.folder, "plan", "--base", "main").stdout
    commit = git(repository.folder, "rev-parse", "HEAD")[:7]
    assert f", commit {commit}" in text
    comment = tamr(repository.folder, "plan", "--base", "main", "--format", "markdown").stdout
    assert comment.startswith("### dev: customers v1 → v2\n\n5 jobs · 0 of 5 slots in use\n")


def test_a_plan_shows_what_is_deployed_and_what_is_wanted(repository: VersionedProject) -> None:
    repository.write("v1")
    repository.commit()
    assert "+ customers   v1   5 jobs\n" in tamr(repository.folder, "plan").stdout
    assert repository.up() == 5
    for version in ("v2", "v3"):
        repository.write(version)
        repository.commit()
    assert "+ customers   v1 → v3   5 jobs\n" in tamr(repository.folder, "plan").stdout


def test_an_uncommitted_version_is_planned_but_not_run(repository: VersionedProject) -> None:
    repository.write("v1")
    repository.commit()
    assert repository.up() == 5
    repository.write("v2")
    plan = tamr(repository.folder, "plan")
    assert plan.returncode == 0
    assert "Plan: 5 jobs to launch" in plan.stdout
    assert "version v2 is not committed. Commit it, or run: tamr bump customers" in plan.stdout
    refused = tamr(repository.folder, "up")
    assert refused.returncode == 2
    assert "version v2 is not committed" in refused.stderr
    assert len(repository.tenant.posts()) == 5


def test_a_bump_runs_before_it_is_committed(repository: VersionedProject) -> None:
    repository.write("v1")
    repository.commit()
    assert repository.up() == 5
    assert tamr(repository.folder, "bump", "customers", "v2").returncode == 0
    assert repository.up() == 5
    repository.commit()
    assert repository.up() == 0


def test_a_bump_runs_on_a_tenant_with_a_clock_ahead(tmp_path: Path) -> None:
    """A sped-up emulator is hours ahead after one run, so this machine's time is too early."""
    with emulator("--speed", "600") as tenant:
        folder = project(tmp_path / "project", tenant.url)
        repository = VersionedProject(folder, tenant)
        repository.write("v1")
        repository.commit()
        assert repository.up() == 5
        assert "ahead of this machine's" in tamr(folder, "plan").stdout
        assert "To set a later since, run: tamr bump" in tamr(folder, "up").stderr
        assert tamr(folder, "bump", "customers", "v2").returncode == 0
        assert repository.up() == 5
        assert repository.up() == 0


def test_an_amended_commit_runs_again_and_plan_shows_the_alternative(
    repository: VersionedProject,
) -> None:
    repository.write("v1")
    git(repository.folder, "add", ".")
    dates = {
        "GIT_AUTHOR_DATE": "2026-11-20T09:00:00Z",
        "GIT_COMMITTER_DATE": "2026-11-20T09:00:00Z",
    }
    git(repository.folder, "commit", "--quiet", "--message", "a version", env=dates)
    assert repository.up() == 5
    git(repository.folder, "commit", "--quiet", "--amend", "--no-edit")
    text = tamr(repository.folder, "plan").stdout
    assert "Plan: 5 jobs to launch" in text
    repair = "tamr bump customers v1 --since 2026-11-20T09:00:01Z --stack dev"
    assert text.count(f"To count those, run: {repair}") == 1
    assert tamr(repository.folder, *repair.split()[1:]).returncode == 0
    assert repository.up() == 0
