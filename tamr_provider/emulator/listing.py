"""The order of a list, and its pages."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.emulator.api_error import ApiError
from tamr_provider.emulator.filter_parser import parse_filter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tamr_provider.emulator.job import JobSnapshot

_DEFAULT_SIZE = 10
_LARGEST_SIZE = 30

# Whether it started, when it did or was created, and its number in the order of creation.
Place = tuple[int, float, int]


@dataclass(frozen=True)
class Page:
    """One page of jobs; `next_token` is empty on the last."""

    snapshots: Sequence[JobSnapshot]
    next_token: str


def list_page(snapshots: Sequence[JobSnapshot], query: Mapping[str, str]) -> Page:
    """Choose, sort and cut; `looks` in the order of creation. Raises RefusalError."""
    wanted = query.get("filter", "")
    fits, size = parse_filter(wanted), _page_size(query.get("pageSize", ""))
    after = _read_token(query.get("pageToken", ""), wanted)
    places = {
        _place(snapshot, number): snapshot
        for number, snapshot in enumerate(snapshots)
        if fits(snapshot)
    }
    left = sorted((place for place in places if place < after), reverse=True)
    token = _token(left[size - 1], wanted) if len(left) > size else ""
    return Page([places[place] for place in left[:size]], token)


def _place(snapshot: JobSnapshot, number: int) -> Place:
    """Return a key that is greater the earlier a job comes in the list (U7)."""
    start = snapshot.entry_time("RUNNING")
    if start is None:
        return 1, snapshot.job.created_at.timestamp(), number
    return 0, start.timestamp(), number


def _page_size(text: str) -> int:
    try:
        size = int(text or 0)
    except ValueError:
        size = -1
    if not 0 <= size <= _LARGEST_SIZE:  # U6
        raise ApiError(400, f"pageSize is a number from 1 to {_LARGEST_SIZE}; found {text}")
    return size or _DEFAULT_SIZE


def _token(place: Place, wanted: str) -> str:
    data = json.dumps([*place, _digest(wanted)])
    return base64.urlsafe_b64encode(data.encode()).decode()


def _read_token(token: str, wanted: str) -> Place:
    if not token:
        return 2, 0, 0
    try:
        started, moment, number, digest = json.loads(base64.urlsafe_b64decode(token.encode()))
        place = int(started), float(moment), int(number)
    except (ValueError, TypeError, OverflowError):
        raise ApiError(400, "pageToken is not one that a list answered") from None
    if digest != _digest(wanted):
        raise ApiError(400, "the filter must stay the same on every page")
    return place


def _digest(wanted: str) -> str:
    return hashlib.sha256(wanted.encode()).hexdigest()[:16]
