"""Order and pages of the job list."""

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
_MAX_SIZE = 30

# (0 if started else 1, start or creation time, number in the order of creation)
Position = tuple[int, float, int]


@dataclass(frozen=True)
class Page:
    """One page of jobs; the last page has an empty `next_token`."""

    snapshots: Sequence[JobSnapshot]
    next_token: str


def list_page(snapshots: Sequence[JobSnapshot], query: Mapping[str, str]) -> Page:
    """Filter, sort and paginate jobs in the order of creation. Raises ApiError."""
    filter_ = query.get("filter", "")
    matches, size = parse_filter(filter_), _page_size(query.get("pageSize", ""))
    after = _read_token(query.get("pageToken", ""), filter_)
    positions = {
        _position(snapshot, number): snapshot
        for number, snapshot in enumerate(snapshots)
        if matches(snapshot)
    }
    left = sorted((position for position in positions if position < after), reverse=True)
    token = _token(left[size - 1], filter_) if len(left) > size else ""
    return Page([positions[position] for position in left[:size]], token)


def _position(snapshot: JobSnapshot, number: int) -> Position:
    """Return a sort key; a greater one comes earlier in the list (U7)."""
    start = snapshot.entry_time("RUNNING")
    if start is None:
        return 1, snapshot.job.created_at.timestamp(), number
    return 0, start.timestamp(), number


def _page_size(text: str) -> int:
    try:
        size = int(text or 0)
    except ValueError:
        size = -1
    if not 0 <= size <= _MAX_SIZE:  # U6
        raise ApiError(400, f"expected pageSize from 1 to {_MAX_SIZE}, got {text}")
    return size or _DEFAULT_SIZE


def _token(position: Position, filter_: str) -> str:
    data = json.dumps([*position, _digest(filter_)])
    return base64.urlsafe_b64encode(data.encode()).decode()


def _read_token(token: str, filter_: str) -> Position:
    if not token:
        return 2, 0, 0
    try:
        started, time, number, digest = json.loads(base64.urlsafe_b64decode(token.encode()))
        position = int(started), float(time), int(number)
    except (ValueError, TypeError, OverflowError):
        raise ApiError(400, "pageToken is not from a list response") from None
    if digest != _digest(filter_):
        raise ApiError(400, "the filter must stay the same on every page")
    return position


def _digest(filter_: str) -> str:
    return hashlib.sha256(filter_.encode()).hexdigest()[:16]
