"""The records of all products, computed from the oldest commit to the newest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tamr_provider.stackfile.since.commit_files import Files
from tamr_provider.stackfile.since.effective import Record, advance, merge
from tamr_provider.stackfile.since.revisions import UNREADABLE, Entries, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tamr_provider.stackfile.since.commit_files import CommitFiles
    from tamr_provider.stackfile.since.git import Commit

_MAX_AHEAD = timedelta(minutes=10)  # A since or commit that is further ahead launches nothing.
_NEVER = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Line:
    """The records of all products at one commit.

    A product without a record was never on this line, except before `unseen_until`.
    """

    records: Mapping[str, Record] = field(default_factory=dict)
    unseen_until: datetime | None = None
    is_unread: bool = False

    def record(self, name: str) -> Record:
        """Return the record of a product, or an empty one."""
        empty = Record(unseen_until=self.unseen_until, is_unread=self.is_unread)
        return self.records.get(name) or empty

    def predecessor(self, name: str, entry: Entry, present: Iterable[str]) -> Record:
        """Return the earlier record of a product: by its name, else by its data product."""
        if name in self.records or not entry.data_product:
            return self.record(name)
        renamed = [
            record
            for other, record in self.records.items()
            if record.data_product == entry.data_product and other not in present
        ]
        return merge(renamed) if renamed else self.record(name)


_Node = tuple[str, Files]


class Walk:
    """Applies the rules to a window of commits, from the oldest to the newest."""

    def __init__(
        self, window: Mapping[str, Commit], files: CommitFiles, shallow: frozenset[str]
    ) -> None:
        self._window = window
        self._commit_files = files
        self._shallow = shallow
        unseen = {
            parent
            for commit in window.values()
            for parent in commit.parents
            if parent not in window
        }
        dates = (files.committed_at(commit) for commit in unseen)
        self._horizon = max(dates, default=_NEVER) + _MAX_AHEAD
        self._lines: dict[_Node, Line] = {}
        self._known_parents: dict[_Node, list[_Node]] = {}

    def line(self) -> Line:
        """Return the line at which the newest commits meet."""
        tips = self._tips()
        lines = self._read(tips)
        return _join([lines[tip] for tip in tips]) if tips else Line()

    def newest_first(self) -> list[tuple[Line, Entries]]:
        """Return each commit's line and products, as far as they can be read."""
        known = ((line, self._commit_files.entries(*node)) for node, line in self._lines.items())
        return [(line, entries) for line, entries in known if entries is not None][::-1]

    def trunk(self) -> list[tuple[_Node, Line]]:
        """Return the newest commit and its first parents, with their lines."""
        tips = self._tips()
        lines = self._read(tips)
        found: list[tuple[_Node, Line]] = []
        node = tips[0] if tips else None
        while node is not None:
            found.append((node, lines[node]))
            node = next(iter(self._parents(node)), None)
        return found

    def _tips(self) -> list[_Node]:
        inner = {parent for commit in self._window.values() for parent in commit.parents}
        tips = sorted(id_ for id_ in self._window if id_ not in inner)
        return [(tip, self._commit_files.files) for tip in tips]

    def _read(self, tips: list[_Node]) -> Mapping[_Node, Line]:
        for node in self._oldest_first(tips):
            self._lines[node] = self._advance(node)
        return self._lines

    def _oldest_first(self, nodes: list[_Node]) -> Iterator[_Node]:
        """Yield commits after their parents, without recursion because histories are long."""
        seen: set[_Node] = set()
        stack = [(node, False) for node in nodes]
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
                (parent, self._commit_files.find_files(parent, commit, files))
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
            before.append(Line(unseen_until=commit.committed_at + _MAX_AHEAD, is_unread=True))
        entries = self._commit_files.entries(*node)
        if entries is None:
            known = {name for line in before for name in line.records}
            entries = {name: Entry(UNREADABLE) for name in known}
        return _advance_line(before, entries, self._changed(node, entries, len(before)), commit)

    def _changed(self, node: _Node, entries: Entries, lines: int) -> Iterable[str]:
        """Return the products that may differ from the parent, or all if there are several."""
        parents = self._parents(node)
        known = self._commit_files.entries(*parents[0]) if len(parents) == lines == 1 else None
        if known is None:
            return entries
        return [name for name, entry in entries.items() if known.get(name) is not entry]


def _advance_line(
    before: Sequence[Line], entries: Entries, candidates: Iterable[str], commit: Commit
) -> Line:
    """Return the line at a commit in which only the candidates can have changed."""
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
    if any(record is not first for record in records) or len(first.current) != 1:
        return False
    same_owner = entry.data_product in (first.data_product, "")
    return first.current[0].pair == entry.pair and same_owner


def _owner(records: Sequence[Record]) -> str:
    return next((record.data_product for record in records if record.data_product), "")


def _join(lines: Sequence[Line]) -> Line:
    """Return the common line of several parents."""
    if len(lines) == 1:
        return lines[0]
    names = dict.fromkeys(name for line in lines for name in line.records)
    unseen = [line.unseen_until for line in lines if line.unseen_until is not None]
    joined = {}
    for name in names:
        records = [line.record(name) for line in lines]
        first = records[0]
        is_same = all(record is first for record in records)
        joined[name] = first if is_same else replace(merge(records), data_product=_owner(records))
    return Line(joined, max(unseen, default=None))
