"""A changed version under the real engine: committed, uncommitted, and in a shallow clone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from support.git_histories import git
from support.processes import QUICK, Server, emulator, stack_file
from support.pulumi_cli import Pulumi
from support.repository import Repository

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"),
]
CUSTOMERS = """\
    customers:
      version: v1
      sources: [src_crm, src_erp]
      dataProduct: dp_customers
      workflows: [wf_apply]
      publish: [Test 123]
"""


class EngineProject(Repository):
    """The same with a stack of the engine, run with `pulumi up`."""

    def __init__(self, folder: Path, tenant: Server) -> None:
        self.pulumi = Pulumi(folder, tenant.url, CUSTOMERS)
        super().__init__(self.pulumi.folder, tenant)

    def run(self) -> subprocess.CompletedProcess[str]:
        return self.pulumi.up()

    def change(self, before: str, after: str) -> None:
        path = stack_file(self.folder)
        path.write_text(path.read_text().replace(f"version: {before}\n", f"version: {after}\n"))


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[EngineProject]:
    with emulator(*QUICK) as tenant:
        repository = EngineProject(tmp_path, tenant)
        repository.commit()
        assert repository.up() == 5
        yield repository


def test_one_committed_line_runs_every_step_again_forwards_and_back(
    repository: EngineProject,
) -> None:
    for before, after in [("v1", "v2"), ("v2", "v1")]:
        repository.change(before, after)
        repository.commit()
        assert repository.up() == 5
        assert repository.up() == 0
    for resource in repository.pulumi.deployment()["resources"]:
        assert "sinceFrom" not in {**resource.get("inputs", {}), **resource.get("outputs", {})}


def test_an_uncommitted_version_is_previewed_but_refused(repository: EngineProject) -> None:
    path = "tamr-pipelines:products.customers.version"
    assert repository.pulumi.run("config", "set", "--path", path, "v9").returncode == 0
    preview = repository.pulumi.run("preview").stdout
    assert "version v9 is not committed. Commit it, or run: tamr bump customers v9" in preview
    assert "~ 5 to update" in preview
    refused = repository.pulumi.up()
    assert refused.returncode != 0
    assert "products.customers: version v9 is not committed" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert len(repository.tenant.posts()) == 5


def test_a_date_that_the_engine_rewrote_is_not_a_change(repository: EngineProject) -> None:
    repository.change("v1", "2026-11-21")
    repository.commit()
    assert repository.up() == 5
    assert repository.pulumi.run("config", "set", "tamr:slots", "4").returncode == 0
    assert "2026-11-21 00:00:00 +0000 UTC" in stack_file(repository.folder).read_text()
    assert repository.up() == 0


def test_in_a_shallow_clone_the_since_of_the_state_counts(repository: EngineProject) -> None:
    clone = repository.folder.with_name("clone")
    git(clone.parent, "clone", "--quiet", "--depth=1", repository.folder.as_uri(), clone.name)
    shutil.rmtree(repository.folder / ".git")
    shutil.move(clone / ".git", repository.folder / ".git")
    assert repository.up() == 0
    repository.change("v1", "v2")
    repository.commit()
    git(
        repository.folder,
        "clone",
        "--quiet",
        "--depth=1",
        repository.folder.as_uri(),
        str(clone) + "2",
    )
    shutil.rmtree(repository.folder / ".git")
    shutil.move(str(clone) + "2/.git", repository.folder / ".git")
    refused = repository.pulumi.up()
    assert refused.returncode != 0
    assert (
        "version v2 is not v1, the last one that ran, and its commit is beyond this shallow clone"
        in refused.stdout
    )
    assert "fetch-depth: 0" in refused.stdout
    assert len(repository.tenant.posts()) == 5
