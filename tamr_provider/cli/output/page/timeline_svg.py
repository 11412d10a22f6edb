"""A timeline as numbers for a drawing: per cent across, pixels down, and words for each bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tamr_provider.environments.timeline import PLANNED
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from tamr_provider.environments.timeline import Bar, Timeline

_LANE, _TOP, _THINNEST = 30, 26, 0.4
_TICKS = [timedelta(hours=each) for each in (1, 3, 6, 12)]
_MOST_TICKS = 10
_SIGNS = {"failed": "✕ ", "stopped": "■ ", "pending": "… ", PLANNED: "○ "}


@dataclass(frozen=True)
class HourLine:
    """A line at a full hour."""

    x: float
    text: str


@dataclass(frozen=True)
class TimelineBar:
    """One bar: its place, what it is, and what it says; `waited` is a share of its width."""

    x: float
    y: int
    width: float
    waited: float
    kind: str
    state: str
    ours: bool
    label: str
    name: str
    job_id: str
    times: str
    whose: str
    reason: str

    @property
    def words(self) -> str:
        """Everything about it in one line, for those who hear it."""
        return ", ".join(filter(None, (self.name, self.state, self.whose, self.times, self.reason)))


@dataclass(frozen=True)
class TimelineSvg:
    """A timeline ready to be drawn."""

    url: str
    stacks: str
    height: int
    now_x: float
    ticks: tuple[HourLine, ...]
    bars: tuple[TimelineBar, ...]
    slots: int


def draw(timeline: Timeline) -> TimelineSvg:
    """Return the drawing of a timeline; times are in UTC."""
    span = timeline.end - timeline.begin

    def x(moment: datetime) -> float:
        return round(100 * ((moment - timeline.begin) / span), 3)

    bars = tuple(_drawn(bar, x(bar.start), x(bar.end)) for bar in timeline.bars)
    height = _TOP + _LANE * max(timeline.lanes, timeline.slots) + 4
    ticks = tuple(HourLine(x(tick), f"{tick:%H:%M}") for tick in _ticks(timeline))
    return TimelineSvg(
        timeline.url,
        ", ".join(timeline.stacks),
        height,
        x(timeline.now),
        ticks,
        bars,
        timeline.slots,
    )


def _drawn(bar: Bar, left: float, right: float) -> TimelineBar:
    length = bar.end - bar.start
    name = str(bar.configuration)
    return TimelineBar(
        x=left,
        y=_TOP + _LANE * bar.lane,
        width=max(_THINNEST, round(right - left, 3)),
        waited=round(100 * ((bar.runs_from - bar.start) / length), 1) if length else 0,
        kind=bar.configuration.type or "unknown",
        state=bar.state,
        ours=bool(bar.whose),
        label=f"{_SIGNS.get(bar.state, '')}{name}",
        name=name,
        job_id=bar.job_id,
        times=_times(bar),
        whose=f"for {', '.join(bar.whose)}" if bar.whose else "of others",
        reason=bar.reason,
    )


def _times(bar: Bar) -> str:
    start, end = (f"{each.astimezone(timezone.utc):%b %d %H:%M}" for each in (bar.start, bar.end))
    if bar.state == PLANNED:
        known = bar.end > bar.start
        return f"from {start}" + (f" to about {end}" if known else ", duration unknown")
    if bar.is_expected:
        return f"since {start}" + (f", until about {end}" if bar.end > bar.start else "")
    return f"{start} to {end} ({format_duration(bar.end - bar.start)})"


def _ticks(timeline: Timeline) -> list[datetime]:
    span = timeline.end - timeline.begin
    step = next((each for each in _TICKS if span / each <= _MOST_TICKS), _TICKS[-1])
    at = timeline.begin.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    count = 1 + (timeline.end - at) // step
    ticks = (at + number * step for number in range(count))
    return [tick for tick in ticks if tick >= timeline.begin]
