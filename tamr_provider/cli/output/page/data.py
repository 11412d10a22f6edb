"""What the page's script draws from: the details of each cell, and the jobs of each timeline.

JSON without markup. Names and jobs that occur often are in lists, and other parts name their place
there, so that the page stays small.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from tamr_provider.cli.output.page.headline import web_address
from tamr_provider.decision.states import State
from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tamr_provider.cli.output.page.matrix import Cell, Matrix
    from tamr_provider.environments.status import ProductStatus
    from tamr_provider.environments.timeline import Bar, Lane, Timeline
    from tamr_provider.planning.product_state import StepState

_STATES = list(State)
_MINUTE = timedelta(minutes=1)
# Earlier jobs are drawn in groups. A shorter span where the longer one has too many jobs.
_DETAILED = [timedelta(hours=hours) for hours in (24, 6)]
_MAX_BARS = 600  # Of one tenant, about 20 kB.
_GAP = timedelta(minutes=30)


def format_data(
    matrix: Matrix, timelines: Sequence[Timeline], urls: dict[str, str], now: datetime
) -> Markup:
    """Return the JSON for the page's data block; `urls` are the tenants of the stacks."""
    index = _Index()
    document: dict[str, Any] = {
        "now": _seconds(now),
        "states": [
            [state.symbol, state.color, state.step_words, state.product_words] for state in State
        ],
        "urls": {stack: web_address(url) for stack, url in urls.items()},
        "cells": [_cell_to_json(cell, now, index) for cell in matrix.cells],
        "tenants": [_timeline_to_json(timeline, index) for timeline in timelines],
    }
    document |= {"names": list(index.names), "jobs": list(index.jobs), "words": list(index.words)}
    text = json.dumps(_make_visible(document), ensure_ascii=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing in it can end the block


class _Index:
    """The names and jobs that other parts refer to by number."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.jobs: dict[str, int] = {}
        self.words: dict[tuple[str, int], int] = {}

    def name(self, text: str) -> int:
        return self.names.setdefault(text, len(self.names))

    def word(self, bar: Bar) -> int:
        """Return the number of a bar's words and state."""
        return self.words.setdefault((bar.words, _STATES.index(bar.state)), len(self.words))

    def job(self, job_id: str) -> int:
        """Return the number of a job, -1 for none."""
        return self.jobs.setdefault(job_id, len(self.jobs)) if job_id else -1


def _make_visible(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return [_make_visible(item) for item in value]
    if isinstance(value, dict):
        return {key: _make_visible(item) for key, item in value.items()}
    return value


def _seconds(moment: datetime | None, since: datetime | None = None) -> int | None:
    """Return seconds since a time, or since the epoch; None if the moment is unknown."""
    if moment is None:
        return None
    return round(moment.timestamp() - (since.timestamp() if since else 0))


def _drop_empty(known: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in known.items() if value is not None and value not in ("", [])
    }


def _cell_to_json(cell: Cell, now: datetime, index: _Index) -> dict[str, Any]:
    """Return what the cell itself does not show; times are seconds from `now`."""
    status, product, hint = cell.status, cell.status.product, cell.promotion
    progress, asked = status.progress, status.requested_by
    known = {
        "state": None if progress.is_satisfied else _STATES.index(progress.state),
        "since": _seconds(product.since, now),
        "origin": _find_origin(status),
        "asked": asked and _seconds(asked.at, now),
        "request": asked.pull_request if asked else "",
        "deployed": cell.old_version,
        "at": None if progress.is_satisfied else _seconds(status.deployed_since, now),
        "command": index.name(progress.next_command) if progress.next_command else None,
        "promote": hint and [hint.source, hint.version, hint.command],
        "steps": [_step_to_json(step, now, index) for step in progress.steps],
    }
    return _drop_empty(known)


def _find_origin(status: ProductStatus) -> str:
    """Return where the since of a version comes from, "" if from the commit that the cell shows."""
    asked, since = status.requested_by, status.since
    if since is None or (asked is not None and since.origin.endswith(asked.commit[:7])):
        return ""
    return since.origin


def _step_to_json(step: StepState, now: datetime, index: _Index) -> list[Any]:
    """Return the step's name, job and end; then, unless satisfied, state, reason and until."""
    finished_at = step.job.finished_at if step.job else None
    facts: list[Any] = [index.name(step.name), index.job(step.job_id), _seconds(finished_at, now)]
    if step.state is State.SATISFIED:
        return facts
    return [*facts, _STATES.index(step.state), index.name(step.reason), _seconds(step.until, now)]


def _timeline_to_json(timeline: Timeline, index: _Index) -> dict[str, Any]:
    bars = [bar for lane in timeline.lanes for bar in lane.bars]
    long, short = (timeline.now - span for span in _DETAILED)
    since = long if sum(bar.end >= long for bar in bars) <= _MAX_BARS else short
    return {
        "slots": timeline.slots,
        "back": round((timeline.now - timeline.begin).total_seconds()),
        "now": _seconds(timeline.now),
        "url": web_address(timeline.url),
        "lanes": [_lane_to_json(lane, timeline.now, since, index) for lane in timeline.lanes],
    }


def _lane_to_json(lane: Lane, now: datetime, since: datetime, index: _Index) -> list[Any]:
    """Return product, stack, the jobs that ended at or after `since`, and groups of earlier ones.

    Product and stack are -1 for other users.
    """
    early = [bar for bar in lane.bars if bar.end < since]
    late = [bar for bar in lane.bars if bar.end >= since]
    owner = lane.owner
    return [
        index.name(owner.product) if owner else -1,
        index.name(owner.stack) if owner else -1,
        [_bar_to_json(bar, now, index) for bar in late],
        [group.to_json(now) for group in _group(early)],
    ]


def _bar_to_json(bar: Bar, now: datetime, index: _Index) -> list[Any]:
    """Return name, words, job, start from now, length and wait in seconds; then a reason."""
    facts = [
        index.name(str(bar.configuration)),
        index.word(bar),
        index.job(bar.job_id),
        round((bar.start - now).total_seconds()),
        round((bar.end - bar.start).total_seconds()),
        round((bar.runs_from - bar.start).total_seconds()),
    ]
    return [*facts, index.name(bar.reason)] if bar.reason else facts


@dataclass(frozen=True)
class _Group:
    """Consecutive jobs of a lane as one bar."""

    state: State
    start: datetime
    end: datetime
    count: int = 1

    def to_json(self, now: datetime) -> list[int]:
        """Return start from now and length in minutes, how many jobs, and the state if bad."""
        start = round((self.start - now) / _MINUTE)
        facts = [start, round((self.end - self.start) / _MINUTE), self.count]
        return facts if self.state is State.SATISFIED else [*facts, _STATES.index(self.state)]


def _group(bars: Iterable[Bar]) -> Iterator[_Group]:
    """Yield jobs that overlap or follow soon as one, with the most urgent state."""
    group: _Group | None = None
    for bar in bars:
        if group is not None and bar.start <= group.end + _GAP:
            state = min(group.state, bar.state, key=_STATES.index)
            group = _Group(state, group.start, max(group.end, bar.end), group.count + 1)
            continue
        if group is not None:
            yield group
        group = _Group(bar.state, bar.start, bar.end)
    if group is not None:
        yield group
