"""Freeze windows: spans of local time, weekly or once, in which nothing may be launched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = 7 * 24 * 60
_MOMENT = r"(?:(?P<{0}_day>[A-Za-z]{{3}})|(?P<{0}_date>\d{{4}}-\d\d-\d\d)) (?P<{0}_time>\d\d:\d\d)"
_WINDOW = re.compile(
    rf"{_MOMENT.format('from')} - {_MOMENT.format('to')} (?P<zone>[\w+\-/]+)(?:: (?P<reason>.+))?"
)
EXAMPLES = '"Fri 16:00 - Mon 08:00 Europe/Berlin" or "2026-12-18 16:00 - 2027-01-04 08:00 UTC"'


@dataclass(frozen=True)
class FreezeWindow:
    """One window; `text` is how the stack file writes it, `reason` what it gives after a colon."""

    text: str
    start: datetime | int
    end: datetime | int
    zone: ZoneInfo
    reason: str = ""

    def ends_at(self, now: datetime) -> datetime | None:
        """Return when the freeze that covers `now` is over, in its own zone; None outside of it."""
        try:
            local = now.astimezone(self.zone)
        except OverflowError:  # the calendar's last day: no window of a team is there
            return None
        if isinstance(self.start, int) and isinstance(self.end, int):
            return self._opens_weekly(local, self.start, self.end)
        assert isinstance(self.start, datetime)  # noqa: S101 - both are of one kind
        assert isinstance(self.end, datetime)  # noqa: S101
        return self.end if self.start <= local < self.end else None

    def _opens_weekly(self, local: datetime, start: int, end: int) -> datetime | None:
        minute = local.weekday() * 1440 + local.hour * 60 + local.minute
        if (minute - start) % _WEEK >= (end - start) % _WEEK:
            return None
        # Counted on the wall clock: a change to summer time moves the moment, not the hour.
        wall = local.replace(second=0, microsecond=0, tzinfo=None)
        # An hour that comes twice has two ends in it: the one ahead is in the same turn.
        opens = wall + timedelta(minutes=(end - minute) % _WEEK)
        return opens.replace(tzinfo=self.zone, fold=local.fold)


def read_window(text: str) -> FreezeWindow:
    """Return the window that the text describes. Raises ValueError with what is wrong."""
    match = _WINDOW.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"allowed: {EXAMPLES}")
    try:
        zone = ZoneInfo(match["zone"])
    except (KeyError, OSError, ValueError):
        raise ValueError(
            f"{match['zone']} is no time zone; allowed: one as in Europe/Berlin"
        ) from None
    start, end = _moment(match, "from", zone), _moment(match, "to", zone)
    if isinstance(start, int) != isinstance(end, int):
        raise ValueError("allowed: two weekdays or two dates, not one of each")
    if start == end or (isinstance(start, datetime) and isinstance(end, datetime) and start > end):
        raise ValueError("it ends before it begins")
    return FreezeWindow(text.strip(), start, end, zone, match["reason"] or "")


def _moment(match: re.Match[str], side: str, zone: ZoneInfo) -> datetime | int:
    hours, minutes = map(int, match[f"{side}_time"].split(":"))
    if hours > 23 or minutes > 59:
        raise ValueError(f"{match[f'{side}_time']} is no time of day")
    if match[f"{side}_date"]:
        day = datetime.fromisoformat(match[f"{side}_date"])
        return day.replace(hour=hours, minute=minutes, tzinfo=zone)
    name = match[f"{side}_day"].lower()
    if name not in _DAYS:
        raise ValueError(f"{match[f'{side}_day']} is no weekday; allowed: {', '.join(_DAYS)}")
    return _DAYS.index(name) * 1440 + hours * 60 + minutes


def format_local(moment: datetime) -> str:
    """Return a local moment as people say it: `Mon 2026-11-30 08:00 Europe/Berlin`."""
    return f"{moment:%a %Y-%m-%d %H:%M} {moment.tzinfo}"
