"""A timeline as numbers for an SVG: percent across, pixels down, and text for each bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tamr_provider.environments.timeline import PLANNED
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from tamr_provider.environments.timeline import Bar, Timeline

_LANE, _TOP, _THINNEST = 30, 26, 0.4
_TICKS = [timedelta(hours=hours) for hours in (1, 3, 6, 12)]
_MAX_TICKS = 10
_SIGNS = {"failed": "✕ ", "stopped": "■ ", "pending": "… ", PLANNED: "○ "}


@dataclass(frozen=True)
class HourLine:
    """A line at a full hour."""

    x: float
    text: str


@dataclass(frozen=True)
class TimelineBar:
    """One bar; `waited` is the percentage of its width before the job ran."""

    x: float
    y: int
    width: float
    waited: float
    kind: str
    state: str
    is_ours: bool
    label: str
    name: str
    job_id: str
    times: str
    owner: str
    reason: str

    @property
    def words(self) -> str:
        """Everything in one line, for screen readers."""
        return ", ".join(filter(None, (self.name, self.state, self.owner, self.times, self.reason)))


@dataclass(frozen=True)
class TimelineSvg:
    """A timeline as the template needs it."""

    url: str
    stacks: str
    height: int
    now_x: float
    ticks: tuple[HourLine, ...]
    bars: tuple[TimelineBar, ...]
    slots: int


def build_svg(timeline: Timeline) -> TimelineSvg:
    """Return the SVG of a timeline; times are in UTC."""
    span = timeline.end - timeline.begin

    def x(moment: datetime) -> float:
        return round(100 * ((moment - timeline.begin) / span), 3)

    bars = tuple(_make_bar(bar, x(bar.start), x(bar.end)) for bar in timeline.bars)
    height = _TOP + _LANE * max(timeline.lanes, timeline.slots) + 4
    ticks = tuple(HourLine(x(tick), f"{tick:%H:%M}") for tick in _list_ticks(timeline))
    stacks = ", ".join(timeline.stacks)
    now_x = x(timeline.now)
    return TimelineSvg(timeline.url, stacks, height, now_x, ticks, bars, timeline.slots)


def _make_bar(bar: Bar, left: float, right: float) -> TimelineBar:
    length = bar.end - bar.start
    name = str(bar.configuration)
    return TimelineBar(
        x=left,
        y=_TOP + _LANE * bar.lane,
        width=max(_THINNEST, round(right - left, 3)),
        waited=round(100 * ((bar.runs_from - bar.start) / length), 1) if length else 0,
        kind=bar.configuration.type or "unknown",
        state=bar.state,
        is_ours=bool(bar.owners),
        label=f"{_SIGNS.get(bar.state, '')}{name}",
        name=name,
        job_id=bar.job_id,
        times=_format_times(bar),
        owner=f"for {', '.join(bar.owners)}" if bar.owners else "other users",
        reason=bar.reason,
    )


def _format_times(bar: Bar) -> str:
    start, end = (f"{at.astimezone(timezone.utc):%b %d %H:%M}" for at in (bar.start, bar.end))
    if bar.state == PLANNED:
        is_known = bar.end > bar.start
        return f"from {start}" + (f" to about {end}" if is_known else ", duration unknown")
    if bar.is_expected:
        return f"since {start}" + (f", until about {end}" if bar.end > bar.start else "")
    return f"{start} to {end} ({format_duration(bar.end - bar.start)})"


def _list_ticks(timeline: Timeline) -> list[datetime]:
    span = timeline.end - timeline.begin
    step = next((tick for tick in _TICKS if span / tick <= _MAX_TICKS), _TICKS[-1])
    at = timeline.begin.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    count = 1 + (timeline.end - at) // step
    ticks = (at + number * step for number in range(count))
    return [tick for tick in ticks if tick >= timeline.begin]
