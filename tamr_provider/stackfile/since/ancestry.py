"""The history of a stack's products, read back until the answer is certain.

Commits are read from the newest to the oldest. Apart from clock differences, no commit further back
is newer than the last one read.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.stackfile.since.commit_files import CommitFiles
from tamr_provider.stackfile.since.git_objects import read_signature
from tamr_provider.stackfile.since.past_versions import PastVersions
from tamr_provider.stackfile.since.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tamr_provider.stackfile.since.commit_files import Files
    from tamr_provider.stackfile.since.git import Commit, Repository
    from tamr_provider.stackfile.since.git_objects import Signature
    from tamr_provider.stackfile.since.walk import Line

_FIRST_WINDOW = 512  # Commits; a shorter history is read as a whole.
_GROWTH = 2


class Ancestry:
    """The history of a stack's files. Use it as a context manager."""

    def __init__(self, repository: Repository, files: Files, project: str) -> None:
        self._repository = repository
        self._files = files
        self._objects = repository.objects()
        self._commit_files = CommitFiles(self._objects, files, project)
        self._walk: Walk | None = None

    def __enter__(self) -> Ancestry:
        return self

    def __exit__(self, *_: object) -> None:
        self._objects.close()

    def find_line(self, revisions: Sequence[str], is_enough: Callable[[Line], bool]) -> Line:
        """Return the line at which the revisions meet, reading back until `is_enough`.

        The line is empty if there is no commit.
        """
        stream = self._repository.commits(revisions, self._names)
        window: dict[str, Commit] = {}
        size = _FIRST_WINDOW
        while True:
            fresh = list(itertools.islice(stream, size - len(window)))
            window |= {commit.id: commit for commit in fresh}
            self._commit_files.prefetch(fresh)
            walk = Walk(window, self._commit_files, self._repository.shallow)
            line = walk.line()
            if len(window) < size or is_enough(line):
                self._walk = walk
                return line
            size *= _GROWTH

    def read_past(self) -> PastVersions:
        """Return the versions of the commits that `find_line` has read."""
        return PastVersions(self._walk.newest_first() if self._walk else [])

    def read_signatures(self, commits: Iterable[str]) -> dict[str, Signature]:
        """Return who wrote each commit, and when."""
        ids = list(dict.fromkeys(commits))
        self._objects.fetch(ids)
        return {id_: read_signature(self._objects, id_) for id_ in ids}

    def read_trunk(self) -> list[Revision]:
        """Return HEAD and its first parents, oldest first."""
        stream = self._repository.commits(["HEAD"], self._names)
        window = {commit.id: commit for commit in stream}
        self._commit_files.prefetch(list(window.values()))
        trunk = Walk(window, self._commit_files, self._repository.shallow).trunk()
        signatures = self.read_signatures(commit for (commit, _), _ in trunk)
        return [
            Revision(
                window[commit],
                self._commit_files.text(commit, files.stack),
                line,
                signatures[commit],
            )
            for (commit, files), line in reversed(trunk)
        ]

    @property
    def _names(self) -> list[str]:
        return sorted({self._files.stack.name, self._files.project.name})


@dataclass(frozen=True)
class Revision:
    """A commit of the checked-out branch, with the stack file's text and records.

    `text` is None if the file is missing or not UTF-8.
    """

    commit: Commit
    text: str | None
    line: Line
    signature: Signature
