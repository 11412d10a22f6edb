"""The rules of the effective since, applied from one commit to the next.

Pure functions: from a product's records at all parents to its record at the commit. The order of
the parents does not matter. docs/when-a-version-counts.md explains the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.stackfile.since.revisions import Pair

_SECOND = timedelta(seconds=1)
BY_COMMIT, BY_FILE, BY_DATE = "commit", "file", "date"


@dataclass(frozen=True)
class VersionSince:
    """The pair of a product at a commit, with its effective since.

    `by` is the source of `effective`: the commit's time, the file's since or the version's date.
    `commit` brought the version. `is_certain` is False if an unread commit could change it.
    """

    pair: Pair
    effective: datetime
    commit: str
    by: str
    is_certain: bool = True
    floor: datetime | None = None


@dataclass(frozen=True)
class Record:
    """What is known about a product up to a commit.

    `current` has one entry, or several if lines met while the product was away. `peaks` are the two
    versions with the latest effective since, so that the floor of any version is known.
    `changed_at` is the time of the last change. `unseen_until` is the latest possible time of an
    unread commit, None if all were read. `is_unread` means that the commit itself is unread, so it
    may have any version.
    """

    current: tuple[VersionSince, ...] = ()
    peaks: tuple[tuple[str, datetime], ...] = ()
    changed_at: datetime | None = None
    unseen_until: datetime | None = None
    is_unread: bool = False
    data_product: str = ""

    def floor(self, version: str) -> datetime | None:
        """Return the latest effective since of any other version, or None."""
        return max((at for other, at in self.peaks if other != version), default=None)


def merge(records: Sequence[Record]) -> Record:
    """Return the record that several parents have together."""
    if len(records) == 1:
        return records[0]
    known_sinces = dict.fromkeys(counted for record in records for counted in record.current)
    return Record(
        current=tuple(
            sorted(
                known_sinces, key=lambda counted: (counted.effective, counted.commit, counted.by)
            )
        ),
        peaks=_highest([peak for record in records for peak in record.peaks]),
        changed_at=_latest(record.changed_at for record in records),
        unseen_until=_latest(record.unseen_until for record in records),
        is_unread=any(record.is_unread for record in records),
    )


def advance(
    before: Record, pair: Pair, commit: str, committed_at: datetime, data_product: str = ""
) -> Record:
    """Return the record at a commit whose file has the pair."""
    # A job in the same second may be older than the commit.
    own_time = committed_at.replace(microsecond=0) + _SECOND
    counted = _find_version_since(before, pair, commit, own_time)
    changed_at = before.changed_at
    if not before.current or any(known.pair != pair for known in before.current):
        changed_at = _latest((own_time, changed_at))
    return Record(
        current=(counted,),
        peaks=_highest([*before.peaks, (pair.version, counted.effective)]),
        changed_at=changed_at,
        unseen_until=before.unseen_until,
        data_product=data_product,
    )


def _find_version_since(
    before: Record, pair: Pair, commit: str, own_time: datetime
) -> VersionSince:
    floor = before.floor(pair.version)
    bound = before.unseen_until
    if not before.current:
        return _first(before, pair, commit, own_time)
    at = since_that_counts(before, pair)
    if at is not None:
        return VersionSince(pair, at, commit, BY_FILE, _is_above(at, bound), floor)
    kept = _kept(before, pair, floor)
    if kept is not None:
        certain = kept.is_certain and _is_above(kept.effective, bound)
        return VersionSince(
            pair, kept.effective, kept.commit, kept.by, certain, floor or kept.floor
        )
    own_time = max(own_time, before.changed_at or own_time)
    if floor is not None and own_time <= floor:
        own_time = floor.replace(microsecond=0) + _SECOND
    certain = not before.is_unread and _is_above(own_time, bound)
    return VersionSince(pair, own_time, commit, BY_COMMIT, certain, floor)


def since_that_counts(before: Record, pair: Pair) -> datetime | None:
    """Return the pair's since if no parent has it and it is after the floor, else None."""
    floor = before.floor(pair.version)
    if pair.since is None or any(known.pair.since == pair.since for known in before.current):
        return None
    return pair.since if floor is None or pair.since > floor else None


def _first(before: Record, pair: Pair, commit: str, own_time: datetime) -> VersionSince:
    bound = before.unseen_until
    if pair.since is not None:
        return VersionSince(pair, pair.since, commit, BY_FILE, _is_above(pair.since, bound))
    date = parse_timestamp(pair.version)
    if date is not None:
        # If the product was only away, its version counts from the commit.
        return VersionSince(pair, date, commit, BY_DATE, bound is None)
    certain = not before.is_unread and _is_above(own_time, bound)
    return VersionSince(pair, own_time, commit, BY_COMMIT, certain)


def _kept(before: Record, pair: Pair, floor: datetime | None) -> VersionSince | None:
    same = [known for known in before.current if known.pair.version == pair.version]
    last = max(same, key=lambda counted: counted.effective, default=None)
    return last if last is not None and (floor is None or last.effective > floor) else None


def _is_above(moment: datetime, bound: datetime | None) -> bool:
    return bound is None or moment > bound


def _highest(peaks: Sequence[tuple[str, datetime]]) -> tuple[tuple[str, datetime], ...]:
    latest: dict[str, datetime] = {}
    for version, at in peaks:
        latest[version] = max(at, latest.get(version, at))
    return tuple(sorted(latest.items(), key=lambda peak: (peak[1], peak[0]))[-2:])


def _latest(moments: object) -> datetime | None:
    found = [moment for moment in moments if moment is not None]  # type: ignore[attr-defined]
    return max(found, default=None)
