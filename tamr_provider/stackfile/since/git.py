"""A git repository, read with plumbing commands."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.stackfile.since.git_objects import Objects, git_error, to_datetime

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

# Variables that select another repository, other objects or a rewritten history.
_MISLEADING = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_CEILING_DIRECTORIES",
)


@dataclass(frozen=True)
class Commit:
    """A commit; `parents` are the nearest ones that change one of the requested files."""

    id: str
    committed_at: datetime
    parents: tuple[str, ...] = ()


class Repository:
    """The git repository that contains a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        words = ("rev-parse", "--show-toplevel", "--git-common-dir")
        top, common = self._run(*words).rstrip("\n").split("\n")
        self.top = Path(top).resolve()
        self._common = Path(folder, common)

    @classmethod
    def find(cls, folder: Path) -> Repository | None:
        """Return the repository, None without a `.git`. Raises InputError if git cannot read it."""
        folder = folder.resolve()
        if any((parent / ".git").exists() for parent in (folder, *folder.parents)):
            return cls(folder)
        return None

    @cached_property
    def shallow(self) -> frozenset[str]:
        """IDs of the commits whose parents are not in the clone."""
        path = self._common / "shallow"
        return frozenset(path.read_text("ascii").split()) if path.is_file() else frozenset()

    def commits(self, revisions: Iterable[str], names: Iterable[str]) -> Iterator[Commit]:
        """Yield the commits that change a file with one of the names, newest first.

        Merges are always included, because git's simplification would drop the losing side. A
        shallow clone yields all commits, so that its border is included. Without a commit, nothing.
        Raises InputError if a revision is unknown.
        """
        paths = [] if self.shallow else [f":(top,glob)**/{name}" for name in names]
        # Other orders would drop a parent that is newer than its child.
        options = ("--full-history", "--date-order", "--parents", "--timestamp")
        words = ("rev-list", *options, "--end-of-options", *revisions, "--", *paths)
        with self._start(*words) as process:
            assert process.stdout is not None  # noqa: S101 - A pipe.
            try:
                for line in process.stdout:
                    at, id_, *parents = line.decode("ascii").split()
                    yield Commit(id_, to_datetime(at), tuple(parents))
            except GeneratorExit:
                process.kill()
                raise
            assert process.stderr is not None  # noqa: S101 - A pipe.
            problem = process.stderr.read().decode("utf-8", "replace")
        if process.returncode and self._has_commits():
            raise git_error(words, problem)

    def objects(self) -> Objects:
        """Return a reader of objects. The caller closes it."""
        return Objects(self._start("cat-file", "--batch"))

    def _has_commits(self) -> bool:
        with self._start("rev-parse", "--quiet", "--verify", "HEAD") as process:
            process.communicate()
        return process.returncode == 0

    def _run(self, *words: str) -> str:
        with self._start(*words) as process:
            out, problem = process.communicate()
        if process.returncode:
            raise git_error(words, problem.decode("utf-8", "replace"))
        return out.decode("utf-8", "surrogateescape")

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        env = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
        env |= {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull, "LC_ALL": "C"}
        try:
            return subprocess.Popen(  # noqa: S603 - No shell.
                ["git", "-C", str(self._folder), *words],  # noqa: S607 - The user's git.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
            )
        except FileNotFoundError:
            raise InputError(
                "git: not found on PATH. The history of this repository has the since of each "
                "version. Install git."
            ) from None
