"""The history of a stack's products, as far back as the question needs it.

Read the newest commits first and stop when the answer is certain: no commit further back can be
newer than the last one read, but for the clocks' difference. Of each commit only what its parents
lack is looked at.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tamr_provider.stackfile.since.effective import Record, advance, merge
from tamr_provider.stackfile.since.git import (
    committed_at,
    find_file,
    find_node,
    read_signature,
    root_of,
)
from tamr_provider.stackfile.since.revisions import UNREADABLE, Entries, Entry
from tamr_provider.stackfile.since.revisions import Reader as RevisionReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tamr_provider.stackfile.since.git import Commit, Objects, Repository, Signature

# A `since` or a commit may be this far ahead of the clock; what is further ahead launches nothing.
_AHEAD = timedelta(minutes=10)
_FIRST_WINDOW = 512  # commits; a history of so many is read as a whole
_GROWTH = 2
_AT_ONCE = 64  # stack files in memory
_NEVER = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Files:
    """Where a revision has the stack file and Pulumi.yaml, from the repository's top."""

    stack: PurePosixPath
    project: PurePosixPath


@dataclass(frozen=True)
class Line:
    """The records of all products at one commit.

    A product without a record never was on this line, or before `unseen_until` at the latest.
    """

    records: Mapping[str, Record] = field(default_factory=dict)
    unseen_until: datetime | None = None
    is_unread: bool = False

    def record(self, name: str) -> Record:
        """Return a product's record, an empty one where it has none."""
        empty = Record(unseen_until=self.unseen_until, is_unread=self.is_unread)
        return self.records.get(name) or empty

    def predecessor(self, name: str, entry: Entry, present: Iterable[str]) -> Record:
        """Return the record that a product continues: its name's, else its data product's."""
        if name in self.records or not entry.data_product:
            return self.record(name)
        renamed = [
            record
            for other, record in self.records.items()
            if record.data_product == entry.data_product and other not in present
        ]
        return merge(renamed) if renamed else self.record(name)


class Ancestry:
    """The history of a stack's files, read back from some revisions; a context manager."""

    def __init__(self, repository: Repository, files: Files, project: str) -> None:
        self._repository = repository
        self._files = files
        self._objects = repository.objects()
        self._reader = _Reader(self._objects, files, project)

    def __enter__(self) -> Ancestry:
        return self

    def __exit__(self, *_: object) -> None:
        self._objects.close()

    def line(self, revisions: Sequence[str], is_enough: Callable[[Line], bool]) -> Line:
        """Return the records of all products where the revisions meet.

        Reads back until `is_enough`. An empty line says that there is no commit.
        """
        stream = self._repository.commits(revisions, self._names)
        window: dict[str, Commit] = {}
        size = _FIRST_WINDOW
        while True:
            fresh = list(itertools.islice(stream, size - len(window)))
            window |= {commit.id: commit for commit in fresh}
            self._reader.prefetch(fresh)
            line = _Walk(window, self._reader, self._repository.shallow).line()
            if len(window) < size or is_enough(line):
                return line
            size *= _GROWTH

    def signatures(self, commits: Iterable[str]) -> dict[str, Signature]:
        """Return who wrote each commit, and when."""
        wanted = list(dict.fromkeys(commits))
        self._objects.fetch(wanted)
        return {commit: read_signature(self._objects, commit) for commit in wanted}

    def trunk(self) -> list[Revision]:
        """Return the commits that HEAD's first parents lead through, the oldest first."""
        stream = self._repository.commits(["HEAD"], self._names)
        window = {commit.id: commit for commit in stream}
        self._reader.prefetch(list(window.values()))
        trunk = _Walk(window, self._reader, self._repository.shallow).trunk()
        signed = self.signatures(commit for (commit, _), _ in trunk)
        return [
            Revision(window[commit], self._reader.text(commit, there.stack), line, signed[commit])
            for (commit, there), line in reversed(trunk)
        ]

    @property
    def _names(self) -> list[str]:
        return sorted({self._files.stack.name, self._files.project.name})


@dataclass(frozen=True)
class Revision:
    """A commit of the checked-out branch: the stack file's text, and the records at it.

    `text` is None where the file was not there or is not UTF-8.
    """

    commit: Commit
    text: str | None
    line: Line
    signature: Signature


class _Reader:
    """Reads the products of a commit, and where its parent had the files."""

    def __init__(self, objects: Objects, files: Files, project: str) -> None:
        self._objects = objects
        self.files = files
        self._revisions = RevisionReader(project)
        self._entries: dict[tuple[str | None, str | None], Entries | None] = {}
        self._seen: set[str] = set()

    def prefetch(self, commits: Sequence[Commit]) -> None:
        """Read what the commits have at the usual places, a level of folders at a time."""
        self._objects.fetch(root_of(commit.id) for commit in commits)
        folders = {self.files.stack.parent, self.files.project.parent}
        for folder in sorted({parent for path in folders for parent in (path, *path.parents)}):
            found = (find_node(self._objects, commit.id, folder) for commit in commits)
            self._objects.fetch(node.id for node in found if node and node.kind == "folder")
        for start in range(0, len(commits), _AT_ONCE):
            some = commits[start : start + _AT_ONCE]
            stacks = (find_file(self._objects, commit.id, self.files.stack) for commit in some)
            self._objects.fetch(id_ for id_ in stacks if id_ and id_ not in self._seen)
            for commit in some:
                self.entries(commit.id, self.files)

    def entries(self, commit: str, files: Files) -> Entries | None:
        """Return the products of a commit by name, None where it cannot be read."""
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
        """Return a file's text, None where it is not there or is not UTF-8."""
        id_ = find_file(self._objects, commit, path)
        try:
            return self._objects.content(id_).decode("utf-8-sig") if id_ else None
        except UnicodeDecodeError:
            return None

    def committed_at(self, commit: str) -> datetime:
        """Return when a commit was committed."""
        return committed_at(self._objects, commit)

    def files_of(self, parent: str, child: str, files: Files) -> Files:
        """Return where a parent had the files that a child has at `files`."""
        return Files(
            self._before(parent, child, files.stack), self._before(parent, child, files.project)
        )

    def _before(self, parent: str, child: str, path: PurePosixPath) -> PurePosixPath:
        """Return the path, or the old one of a file that left one folder and came to one other."""
        if find_file(self._objects, parent, path) or not find_file(self._objects, child, path):
            return path
        trees = root_of(parent), root_of(child)
        left = set(self._only_here(trees[0], trees[1], path.name, PurePosixPath()))
        came = set(self._only_here(trees[1], trees[0], path.name, PurePosixPath()))
        return left.pop() if len(left) == len(came) == 1 else path

    def _only_here(
        self, here: str, there: str, name: str, folder: PurePosixPath
    ) -> Iterator[PurePosixPath]:
        """Yield the paths of files of that name that one tree has and the other has not."""
        theirs = self._objects.tree(there) if there else {}
        for part, node in self._objects.tree(here).items():
            other = theirs.get(part)
            if part == name and node.kind == "file" and (not other or other.kind != "file"):
                yield folder / part
            elif node.kind == "folder" and node != other:
                below = other.id if other and other.kind == "folder" else ""
                yield from self._only_here(node.id, below, name, folder / part)


_Node = tuple[str, Files]


class _Walk:
    """Applies the rules from the oldest commit read to the newest."""

    def __init__(
        self, window: Mapping[str, Commit], reader: _Reader, shallow: frozenset[str]
    ) -> None:
        self._window = window
        self._reader = reader
        self._shallow = shallow
        unseen = {
            parent
            for commit in window.values()
            for parent in commit.parents
            if parent not in window
        }
        dates = (reader.committed_at(commit) for commit in unseen)
        self._horizon = max(dates, default=_NEVER) + _AHEAD
        self._lines: dict[_Node, Line] = {}
        self._known_parents: dict[_Node, list[_Node]] = {}

    def line(self) -> Line:
        """Return the products where the newest commits meet."""
        tips = self._tips()
        lines = self._read(tips)
        return _join([lines[tip] for tip in tips]) if tips else Line()

    def trunk(self) -> list[tuple[_Node, Line]]:
        """Return the commits from the newest on by their first parents, each with its line."""
        tips = self._tips()
        lines, found = self._read(tips), list[tuple[_Node, Line]]()
        node = tips[0] if tips else None
        while node is not None:
            found.append((node, lines[node]))
            node = next(iter(self._parents(node)), None)
        return found

    def _tips(self) -> list[_Node]:
        inner = {parent for commit in self._window.values() for parent in commit.parents}
        tips = sorted(id_ for id_ in self._window if id_ not in inner)
        return [(tip, self._reader.files) for tip in tips]

    def _read(self, tips: list[_Node]) -> Mapping[_Node, Line]:
        for node in self._oldest_first(tips):
            self._lines[node] = self._advance(node)
        return self._lines

    def _oldest_first(self, nodes: list[_Node]) -> Iterator[_Node]:
        """Yield each commit after its parents, without recursion: histories are long."""
        seen, stack = set[_Node](), [(node, False) for node in nodes]
        while stack:
            node, is_ready = stack.pop()
            if is_ready:
                yield node
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack += [(parent, False) for parent in self._parents(node) if parent not in seen]

    def _parents(self, node: _Node) -> list[_Node]:
        if node not in self._known_parents:
            commit, files = node
            self._known_parents[node] = [
                (parent, self._reader.files_of(parent, commit, files))
                for parent in self._window[commit].parents
                if parent in self._window
            ]
        return self._known_parents[node]

    def _advance(self, node: _Node) -> Line:
        commit = self._window[node[0]]
        before = [self._lines[parent] for parent in self._parents(node)]
        if any(parent not in self._window for parent in commit.parents):
            before.append(Line(unseen_until=self._horizon, is_unread=True))
        if commit.id in self._shallow:
            before.append(Line(unseen_until=commit.committed_at + _AHEAD, is_unread=True))
        entries = self._reader.entries(*node)
        if entries is None:
            known = {name for line in before for name in line.records}
            entries = {name: Entry(UNREADABLE) for name in known}
        return _step(before, entries, self._changed(node, entries, len(before)), commit)

    def _changed(self, node: _Node, entries: Entries, lines: int) -> Iterable[str]:
        """Return the products that may differ from the only parent's, all where there are more."""
        parents = self._parents(node)
        known = self._reader.entries(*parents[0]) if len(parents) == lines == 1 else None
        if known is None:
            return entries
        return [name for name, entry in entries.items() if known.get(name) is not entry]


def _step(
    before: Sequence[Line], entries: Entries, candidates: Iterable[str], commit: Commit
) -> Line:
    """Return the line at a commit; only the candidates can have changed."""
    changed: dict[str, Record] = {}
    for name in candidates:
        entry = entries[name]
        records = [line.predecessor(name, entry, entries) for line in before] or [Record()]
        if not _is_unchanged(records, entry):
            owner = entry.data_product or _owner(records)
            changed[name] = advance(
                merge(records), entry.pair, commit.id, commit.committed_at, owner
            )
    joined = _join(before) if before else Line()
    if not changed and not joined.is_unread:
        return joined
    return Line({**joined.records, **changed}, joined.unseen_until)


def _is_unchanged(records: Sequence[Record], entry: Entry) -> bool:
    first = records[0]
    if any(record is not first for record in records) or len(first.stands) != 1:
        return False
    same_owner = entry.data_product in (first.data_product, "")
    return first.stands[0].pair == entry.pair and same_owner


def _owner(records: Sequence[Record]) -> str:
    return next((record.data_product for record in records if record.data_product), "")


def _join(lines: Sequence[Line]) -> Line:
    """Return what several lines say of products that the commit itself does not have."""
    if len(lines) == 1:
        return lines[0]
    names = dict.fromkeys(name for line in lines for name in line.records)
    unseen = [line.unseen_until for line in lines if line.unseen_until is not None]
    joined = {}
    for name in names:
        records = [line.record(name) for line in lines]
        first = records[0]
        same = all(record is first for record in records)
        joined[name] = first if same else replace(merge(records), data_product=_owner(records))
    return Line(joined, max(unseen, default=None))
