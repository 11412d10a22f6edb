"""Git objects, read with `git cat-file`: commits, trees and file contents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

_BATCH_SIZE = 64  # Requests to `cat-file` in flight; fewer bytes than the smallest pipe buffer.
_LAST_SECOND = 253_402_214_400  # The range of datetime ends with the year 9999.


@dataclass(frozen=True)
class Signature:
    """Who wrote a commit, and why; a rebase or an amend changes only `committed_at`.

    `subject` is the first line of its message.
    """

    author: str
    authored_at: datetime
    committed_at: datetime
    subject: str = ""


@dataclass(frozen=True)
class Node:
    """An entry of a tree; `kind` is file, folder, link or module."""

    kind: str
    id: str


_KINDS = {b"40000": "folder", b"160000": "module", b"120000": "link"}


class Objects:
    """Reads objects by ID or git expression, in batches."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._known: dict[str, tuple[str, bytes]] = {}

    def close(self) -> None:
        """Stop git."""
        self._process.kill()
        self._process.communicate()

    def fetch(self, names: Iterable[str]) -> None:
        """Read objects in advance, which is faster than one at a time."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._known]
        for start in range(0, len(wanted), _BATCH_SIZE):
            self._read(wanted[start : start + _BATCH_SIZE])

    def content(self, name: str) -> bytes:
        """Return the content of an object. Raises InputError if it is missing."""
        self.fetch([name])
        return self._known[name][1]

    def forget(self, name: str) -> None:
        """Free the memory of an object."""
        self._known.pop(name, None)

    def entry(self, tree: str, part: str) -> Node | None:
        """Return the entry of a tree by its name, or None."""
        wanted = part.encode("utf-8", "surrogateescape")
        if b" %b\0" % wanted not in self.content(tree):
            return None
        return next((node for name, node in self._nodes(tree) if name == wanted), None)

    def tree(self, tree: str) -> dict[str, Node]:
        """Return all entries of a tree by name."""
        return {name.decode("utf-8", "surrogateescape"): node for name, node in self._nodes(tree)}

    def _nodes(self, tree: str) -> Iterator[tuple[bytes, Node]]:
        content = self.content(tree)
        length, start = len(self._known[tree][0]) // 2, 0
        while start < len(content):
            space = content.index(b" ", start)
            end = content.index(b"\0", space)
            kind = _KINDS.get(content[start:space], "file")
            yield content[space + 1 : end], Node(kind, content[end + 1 : end + 1 + length].hex())
            start = end + 1 + length

    def _read(self, names: list[str]) -> None:
        process = self._process
        assert process.stdin is not None  # noqa: S101 - A pipe.
        assert process.stdout is not None  # noqa: S101 - A pipe.
        process.stdin.write("".join(f"{name}\n" for name in names).encode())
        process.stdin.flush()
        for name in names:
            head = process.stdout.readline().decode("utf-8", "replace").split()
            if len(head) != 3:
                problem = " ".join(head) or self._error_output()
                raise git_error(
                    ("cat-file",), f"{problem}. The repository is damaged or incomplete"
                )
            self._known[name] = head[0], process.stdout.read(int(head[2]))
            process.stdout.read(1)

    def _error_output(self) -> str:
        assert self._process.stderr is not None  # noqa: S101 - A pipe.
        return self._process.stderr.read().decode("utf-8", "replace").strip() or "it exited"


def tree_of(commit: str) -> str:
    """Return the git expression for the tree of a commit."""
    return f"{commit}^{{tree}}"


def find_node(objects: Objects, commit: str, path: PurePosixPath) -> Node | None:
    """Return the entry at a path of a commit, or None."""
    found = Node("folder", tree_of(commit))
    for part in path.parts:
        if found.kind != "folder":
            return None
        step = objects.entry(found.id, part)
        if step is None:
            return None
        found = step
    return found


def find_file(objects: Objects, commit: str, path: PurePosixPath) -> str | None:
    """Return the ID of a file's content at a commit, or None if there is no such file."""
    node = find_node(objects, commit, path)
    return node.id if node is not None and node.kind == "file" else None


def read_signature(objects: Objects, commit: str) -> Signature:
    """Return who wrote a commit, when, and the first line of its message."""
    author, authored_at = _signed(objects, commit, b"author")
    message = objects.content(commit).partition(b"\n\n")[2]
    subject = message.lstrip(b"\n").partition(b"\n")[0].decode("utf-8", "replace")
    return Signature(author, authored_at, committed_at(objects, commit), subject)


def committed_at(objects: Objects, commit: str) -> datetime:
    """Return the committer date of a commit."""
    return _signed(objects, commit, b"committer")[1]


def _signed(objects: Objects, commit: str, role: bytes) -> tuple[str, datetime]:
    for line in objects.content(commit).split(b"\n"):
        if line.startswith(role + b" "):
            who, at, _ = line.rsplit(b" ", 2)
            name = who[len(role) + 1 :].rpartition(b" <")[0].decode("utf-8", "replace")
            return name, to_datetime(at.decode())
    raise InputError(f"git: commit {commit[:7]} has no {role.decode()}")


def to_datetime(seconds: str) -> datetime:
    """Return the time of a number of seconds since 1970, at most the year 9999."""
    return datetime.fromtimestamp(min(int(seconds), _LAST_SECOND), timezone.utc)


def git_error(words: tuple[str, ...], problem: str) -> InputError:
    """Return an error with the reason in git's error output."""
    lines = [line.strip() for line in problem.splitlines() if line.strip()]
    reason = next((line for line in lines if line.startswith("fatal:")), (lines or ["failed"])[0])
    return InputError(f"git {words[0]}: {reason.removeprefix('fatal: ')}")
