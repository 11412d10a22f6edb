"""The stack file and Pulumi.yaml at each commit, also if they were elsewhere before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tamr_provider.stackfile.since.git_objects import committed_at, find_file, find_node, tree_of
from tamr_provider.stackfile.since.revisions import Reader as RevisionReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tamr_provider.stackfile.since.git import Commit
    from tamr_provider.stackfile.since.git_objects import Objects
    from tamr_provider.stackfile.since.revisions import Entries

_BATCH_SIZE = 64  # Stack files in memory.


@dataclass(frozen=True)
class Files:
    """The paths of the stack file and Pulumi.yaml at a commit, from the top of the repository."""

    stack: PurePosixPath
    project: PurePosixPath


class CommitFiles:
    """Reads the products of commits, and finds the files at their parents."""

    def __init__(self, objects: Objects, files: Files, project: str) -> None:
        self._objects = objects
        self.files = files
        self._revisions = RevisionReader(project)
        self._entries: dict[tuple[str | None, str | None], Entries | None] = {}
        self._seen: set[str] = set()

    def prefetch(self, commits: Sequence[Commit]) -> None:
        """Read the files of the commits in advance, one level of folders at a time."""
        self._objects.fetch(tree_of(commit.id) for commit in commits)
        folders = {self.files.stack.parent, self.files.project.parent}
        for folder in sorted({parent for path in folders for parent in (path, *path.parents)}):
            found = (find_node(self._objects, commit.id, folder) for commit in commits)
            self._objects.fetch(node.id for node in found if node and node.kind == "folder")
        for start in range(0, len(commits), _BATCH_SIZE):
            batch = commits[start : start + _BATCH_SIZE]
            stacks = (find_file(self._objects, commit.id, self.files.stack) for commit in batch)
            self._objects.fetch(id_ for id_ in stacks if id_ and id_ not in self._seen)
            for commit in batch:
                self.entries(commit.id, self.files)

    def entries(self, commit: str, files: Files) -> Entries | None:
        """Return the products of a commit by name, or None if it cannot be read."""
        stack = find_file(self._objects, commit, files.stack)
        project = find_file(self._objects, commit, files.project)
        if (stack, project) not in self._entries:
            texts = [self._objects.content(id_) if id_ else None for id_ in (stack, project)]
            self._entries[stack, project] = self._revisions.read(texts[0], texts[1])
        if stack is not None:
            self._seen.add(stack)
            self._objects.forget(stack)
        return self._entries[stack, project]

    def text(self, commit: str, path: PurePosixPath) -> str | None:
        """Return a file's text, or None if it is missing or not UTF-8."""
        id_ = find_file(self._objects, commit, path)
        try:
            return self._objects.content(id_).decode("utf-8-sig") if id_ else None
        except UnicodeDecodeError:
            return None

    def committed_at(self, commit: str) -> datetime:
        """Return the committer date of a commit."""
        return committed_at(self._objects, commit)

    def find_files(self, parent: str, child: str, files: Files) -> Files:
        """Return the paths at a parent of the files that a child has at `files`."""
        return Files(
            self._find_path(parent, child, files.stack),
            self._find_path(parent, child, files.project),
        )

    def _find_path(self, parent: str, child: str, path: PurePosixPath) -> PurePosixPath:
        """Return the old path of a file that moved from one folder to one other, else `path`."""
        if find_file(self._objects, parent, path) or not find_file(self._objects, child, path):
            return path
        before, after = tree_of(parent), tree_of(child)
        removed = set(self._find_only_in(before, after, path.name, PurePosixPath()))
        added = set(self._find_only_in(after, before, path.name, PurePosixPath()))
        return removed.pop() if len(removed) == len(added) == 1 else path

    def _find_only_in(
        self, tree: str, other_tree: str, name: str, folder: PurePosixPath
    ) -> Iterator[PurePosixPath]:
        """Yield the paths of files with the name that are in one tree only."""
        others = self._objects.tree(other_tree) if other_tree else {}
        for part, node in self._objects.tree(tree).items():
            other = others.get(part)
            if part == name and node.kind == "file" and (not other or other.kind != "file"):
                yield folder / part
            elif node.kind == "folder" and node != other:
                below = other.id if other and other.kind == "folder" else ""
                yield from self._find_only_in(node.id, below, name, folder / part)
