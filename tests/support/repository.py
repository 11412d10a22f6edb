"""A project in a git repository, and the tenant of its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.git_histories import git
from support.processes import Server, tamr

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


class Repository:
    """A project whose stack `dev` is run with `tamr up`."""

    def __init__(self, folder: Path, tenant: Server) -> None:
        self.folder = folder
        self.tenant = tenant

    def commit(self) -> None:
        git(self.folder, "add", "Pulumi.yaml", "stacks")
        git(self.folder, "commit", "--quiet", "--message", "a version")

    def run(self) -> subprocess.CompletedProcess[str]:
        return tamr(self.folder, "up")

    def up(self) -> int:
        """Run to the end and return how many jobs it launched."""
        before = len(self.tenant.posts())
        done = self.run()
        assert done.returncode == 0, done.stdout + done.stderr
        return len(self.tenant.posts()) - before
