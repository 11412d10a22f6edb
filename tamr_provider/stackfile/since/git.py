"""Git's objects, read with plumbing: which commits there are, and what a file held at each."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

# Variables that point git at another repository, at other objects or at a rewritten history.
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
_AT_ONCE = 64  # requests on their way to `cat-file`: fewer bytes than the smallest pipe buffer
_LAST_SECOND = 253_402_214_400  # Source: datetime ends with the year 9999


@dataclass(frozen=True)
class Commit:
    """A commit; `parents` are the nearest ones that concern the files asked for."""

    id: str
    committed_at: datetime
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """Who wrote a commit and when, before a rebase or an amend gave it its committer date."""

    author: str
    authored_at: datetime


@dataclass(frozen=True)
class Node:
    """What stands in a tree: `kind` is file, folder, link or module."""

    kind: str
    id: str


_KINDS = {b"40000": "folder", b"160000": "module", b"120000": "link"}


class Repository:
    """The repository around a folder, or None from `find` where no `.git` is above it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        words = ("rev-parse", "--show-toplevel", "--git-common-dir")
        top, common = self._run(*words).rstrip("\n").split("\n")
        self.top = Path(top).resolve()
        self._common = Path(folder, common)

    @classmethod
    def find(cls, folder: Path) -> Repository | None:
        """Return the repository. Raises InputError with git's words where it cannot be read."""
        folder = folder.resolve()
        if any((parent / ".git").exists() for parent in (folder, *folder.parents)):
            return cls(folder)
        return None

    @cached_property
    def shallow(self) -> frozenset[str]:
        """The commits whose parents the clone left out."""
        path = self._common / "shallow"
        return frozenset(path.read_text("ascii").split()) if path.is_file() else frozenset()

    def commits(self, revisions: Iterable[str], names: Iterable[str]) -> Iterator[Commit]:
        """Yield the commits, the newest first, with which a file of one of the names changed.

        Merges always count: git's own simplification would drop the side that lost. In a shallow
        clone all commits come, so that its border is among them. Yields nothing where there is
        no commit yet. Raises InputError where a revision is unknown.
        """
        paths = [] if self.shallow else [f":(top,glob)**/{name}" for name in names]
        # By date alone, a parent that is newer than its child would be left out of its parents.
        options = ("--full-history", "--date-order", "--parents", "--timestamp")
        words = ("rev-list", *options, "--end-of-options", *revisions, "--", *paths)
        with self._start(*words) as process:
            assert process.stdout is not None  # noqa: S101 - asked for
            try:
                for line in process.stdout:
                    at, id_, *parents = line.decode("ascii").split()
                    yield Commit(id_, _moment(at), tuple(parents))
            except GeneratorExit:
                process.kill()
                raise
            assert process.stderr is not None  # noqa: S101 - asked for
            problem = process.stderr.read().decode("utf-8", "replace")
        if process.returncode and self._has_commits():
            _refuse(words, problem)

    def objects(self) -> Objects:
        """Return a reader of objects, to be closed."""
        return Objects(self._start("cat-file", "--batch"))

    def _has_commits(self) -> bool:
        with self._start("rev-parse", "--quiet", "--verify", "HEAD") as process:
            process.communicate()
        return process.returncode == 0

    def _run(self, *words: str) -> str:
        with self._start(*words) as process:
            out, problem = process.communicate()
        if process.returncode:
            _refuse(words, problem.decode("utf-8", "replace"))
        return out.decode("utf-8", "surrogateescape")

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        env = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
        env |= {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull, "LC_ALL": "C"}
        try:
            return subprocess.Popen(  # noqa: S603 - no shell, and git's own words
                ["git", "-C", str(self._folder), *words],  # noqa: S607 - the git that the user has
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
            )
        except FileNotFoundError:
            raise InputError(
                "git: not found on PATH. The project is in a git repository, whose history says "
                "since when a version counts. Install git"
            ) from None


class Objects:
    """Reads objects by id or by git's expressions, many at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._known: dict[str, tuple[str, bytes]] = {}

    def close(self) -> None:
        """End git."""
        self._process.kill()
        self._process.communicate()

    def fetch(self, names: Iterable[str]) -> None:
        """Read objects that are asked for later, which is quicker than one by one."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._known]
        for start in range(0, len(wanted), _AT_ONCE):
            self._read(wanted[start : start + _AT_ONCE])

    def content(self, name: str) -> bytes:
        """Return an object's content. Raises InputError where it is missing."""
        self.fetch([name])
        return self._known[name][1]

    def forget(self, name: str) -> None:
        """Let go of a content that is not needed any more."""
        self._known.pop(name, None)

    def entry(self, tree: str, part: str) -> Node | None:
        """Return what a tree has under a name; a commit's tree is `<commit>^{tree}`."""
        wanted = part.encode("utf-8", "surrogateescape")
        if b" %b\0" % wanted not in self.content(tree):
            return None
        return next((node for name, node in self._nodes(tree) if name == wanted), None)

    def tree(self, tree: str) -> dict[str, Node]:
        """Return all that a tree has, by its name."""
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
        assert process.stdin is not None  # noqa: S101 - asked for
        assert process.stdout is not None  # noqa: S101 - asked for
        process.stdin.write("".join(f"{name}\n" for name in names).encode())
        process.stdin.flush()
        for name in names:
            head = process.stdout.readline().decode("utf-8", "replace").split()
            if len(head) != 3:
                said = " ".join(head) or self._last_words()
                _refuse(("cat-file",), f"{said}. The repository is damaged or incomplete")
            self._known[name] = head[0], process.stdout.read(int(head[2]))
            process.stdout.read(1)

    def _last_words(self) -> str:
        assert self._process.stderr is not None  # noqa: S101 - asked for
        return self._process.stderr.read().decode("utf-8", "replace").strip() or "it ended"


def root_of(commit: str) -> str:
    """Return the expression for a commit's tree."""
    return f"{commit}^{{tree}}"


def find_node(objects: Objects, commit: str, path: PurePosixPath) -> Node | None:
    """Return what stands at a path at a commit, None where nothing does."""
    found = Node("folder", root_of(commit))
    for part in path.parts:
        if found.kind != "folder":
            return None
        step = objects.entry(found.id, part)
        if step is None:
            return None
        found = step
    return found


def find_file(objects: Objects, commit: str, path: PurePosixPath) -> str | None:
    """Return the id of a file's content at a commit, None where the file is not there."""
    node = find_node(objects, commit, path)
    return node.id if node is not None and node.kind == "file" else None


def read_signature(objects: Objects, commit: str) -> Signature:
    """Return who wrote a commit, and when."""
    return Signature(*_signed(objects, commit, b"author"))


def committed_at(objects: Objects, commit: str) -> datetime:
    """Return the committer date of a commit."""
    return _signed(objects, commit, b"committer")[1]


def _signed(objects: Objects, commit: str, role: bytes) -> tuple[str, datetime]:
    for line in objects.content(commit).split(b"\n"):
        if line.startswith(role + b" "):
            who, at, _ = line.rsplit(b" ", 2)
            name = who[len(role) + 1 :].rpartition(b" <")[0].decode("utf-8", "replace")
            return name, _moment(at.decode())
    raise InputError(f"git: commit {commit[:7]} has no {role.decode()}")


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(min(int(seconds), _LAST_SECOND), timezone.utc)


def _refuse(words: tuple[str, ...], problem: str) -> NoReturn:
    lines = [line.strip() for line in problem.splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("fatal:")), (lines or ["it failed"])[0])
    raise InputError(f"git {words[0]}: {said.removeprefix('fatal: ')}")
