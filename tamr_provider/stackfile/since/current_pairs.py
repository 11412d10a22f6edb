"""The versions that a run asks for now, compared with their history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tamr_provider.stackfile.since.effective import (
    BY_DATE,
    BY_FILE,
    Record,
    VersionSince,
    advance,
    since_that_counts,
)
from tamr_provider.stackfile.since.origin import (
    CUT_OFF,
    NEW_TO_HEAD,
    UNCOMMITTED,
    Since,
    describe_cut_off,
    describe_uncommitted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tamr_provider.stackfile.since.revisions import Entry, Pair
    from tamr_provider.stackfile.since.walk import Line


class CurrentPairs:
    """The current pair of each product, compared with its history."""

    def __init__(
        self, entries: Mapping[str, Entry], stack: str, now: datetime, is_merge: bool
    ) -> None:
        self._entries = entries
        self._stack = stack
        self._now = now
        self._is_merge = is_merge

    def is_settled(self, line: Line) -> bool:
        """Return whether no older commit can change a since."""
        return all(self._find_version_since(name, line).is_certain for name in self._entries)

    def find_since(self, name: str, line: Line) -> Since:
        """Return the effective since of a product."""
        pair, record = self._entries[name].pair, self._record(name, line)
        counted = self._find_version_since(name, line)
        ignored = pair.since if pair.since not in (None, counted.effective) else None
        since = Since(
            counted.effective,
            by=counted.by,
            commit=counted.commit,
            ignored=ignored if ignored and counted.floor and ignored <= counted.floor else None,
            floor=counted.floor,
        )
        if not counted.is_certain:
            return replace(since, known_by=CUT_OFF, problem=f": {describe_cut_off(pair.version)}")
        if self._is_merge or _is_unchanged(record, pair):
            return since
        return self._uncommitted(name, record, since)

    def _uncommitted(self, name: str, record: Record, since: Since) -> Since:
        pair = self._entries[name].pair
        if not record.current and since.by in (BY_FILE, BY_DATE):
            return replace(since, known_by=NEW_TO_HEAD)
        if since_that_counts(record, pair) is not None:
            return replace(since, known_by=UNCOMMITTED)
        what = f"version {pair.version}"
        if any(counted.pair.version == pair.version for counted in record.current):
            what = "its since"
        problem = f": {describe_uncommitted(what, name, pair.version, self._stack)}"
        return replace(since, at=self._now, known_by=UNCOMMITTED, problem=problem)

    def _record(self, name: str, line: Line) -> Record:
        return line.predecessor(name, self._entries[name], self._entries)

    def _find_version_since(self, name: str, line: Line) -> VersionSince:
        pair, record = self._entries[name].pair, self._record(name, line)
        if _is_unchanged(record, pair):
            return record.current[0]
        return advance(record, pair, "", self._now).current[0]


def _is_unchanged(record: Record, pair: Pair) -> bool:
    return len(record.current) == 1 and record.current[0].pair == pair
