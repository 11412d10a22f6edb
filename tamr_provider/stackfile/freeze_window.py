"""Freeze windows: periods of local time, weekly or once, without launches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = 7 * 24 * 60
_EDGE = r"(?:(?P<{0}_day>[A-Za-z]{{3}})|(?P<{0}_date>\d{{4}}-\d\d-\d\d)) (?P<{0}_time>\d\d:\d\d)"
_WINDOW = re.compile(
    rf"{_EDGE.format('from')} - {_EDGE.format('to')} (?P<zone>[\w+\-/]+)(?:: (?P<reason>.+))?"
)
# For the JSON Schema: every window fits, and so do some that the parser refuses.
WINDOW_PATTERN = (
    r"^\s*([A-Za-z]{3}|\d{4}-\d\d-\d\d) \d\d:\d\d - ([A-Za-z]{3}|\d{4}-\d\d-\d\d) \d\d:\d\d "
    r"[\w+\-/]+(: .+)?\s*$"
)
EXAMPLES = '"Fri 16:00 - Mon 08:00 Europe/Berlin" or "2026-12-18 16:00 - 2027-01-04 08:00 UTC"'


@dataclass(frozen=True)
class FreezeWindow:
    """A window; `start` and `end` are minutes of the week, or two timestamps.

    `text` is the window as the stack file has it, `reason` is its part after the colon.
    """

    text: str
    start: datetime | int
    end: datetime | int
    zone: ZoneInfo
    reason: str = ""

    def ends_at(self, now: datetime) -> datetime | None:
        """Return the end of the window in its time zone, or None if it does not cover `now`."""
        try:
            local = now.astimezone(self.zone)
        except OverflowError:  # The last day of the calendar.
            return None
        if isinstance(self.start, int) and isinstance(self.end, int):
            return self._weekly_end(local, self.start, self.end)
        assert isinstance(self.start, datetime)  # noqa: S101 - Both have one type.
        assert isinstance(self.end, datetime)  # noqa: S101
        return self.end if self.start <= local < self.end else None

    def _weekly_end(self, local: datetime, start: int, end: int) -> datetime | None:
        minute = local.weekday() * 1440 + local.hour * 60 + local.minute
        if (minute - start) % _WEEK >= (end - start) % _WEEK:
            return None
        # On the wall clock, so that daylight saving time does not move the hour.
        wall = local.replace(second=0, microsecond=0, tzinfo=None)
        # In an hour that comes twice, the end that is ahead has the same fold.
        ends_at = wall + timedelta(minutes=(end - minute) % _WEEK)
        return ends_at.replace(tzinfo=self.zone, fold=local.fold)


def parse_window(text: str) -> FreezeWindow:
    """Return the window that `text` describes. Raises ValueError if it is not one."""
    match = _WINDOW.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected {EXAMPLES}, got {text[:80]!r}")
    try:
        zone = ZoneInfo(match["zone"])
    except (KeyError, OSError, ValueError):
        got = match["zone"]
        raise ValueError(f"expected an IANA time zone such as Europe/Berlin, got {got}") from None
    start = _parse_edge(match, "from", zone)
    end = _parse_edge(match, "to", zone)
    if isinstance(start, int) != isinstance(end, int):
        raise ValueError(f"expected two weekdays or two dates, got {text[:80]!r}")
    if start == end or (isinstance(start, datetime) and isinstance(end, datetime) and start > end):
        raise ValueError(f"expected a window that starts before it ends, got {text[:80]!r}")
    return FreezeWindow(text.strip(), start, end, zone, match["reason"] or "")


def _parse_edge(match: re.Match[str], side: str, zone: ZoneInfo) -> datetime | int:
    time, date = match[f"{side}_time"], match[f"{side}_date"]
    hours, minutes = map(int, time.split(":"))
    if hours > 23 or minutes > 59:
        raise ValueError(f"expected a time of day as HH:MM, got {time}")
    if date:
        try:
            day = datetime.fromisoformat(date)
        except ValueError:
            raise ValueError(f"expected a date of the calendar, got {date}") from None
        return day.replace(hour=hours, minute=minutes, tzinfo=zone)
    name = match[f"{side}_day"].lower()
    if name not in _DAYS:
        raise ValueError(f"expected one of {', '.join(_DAYS)}, got {name}")
    return _DAYS.index(name) * 1440 + hours * 60 + minutes


def format_local(moment: datetime) -> str:
    """Format as `Mon 2026-11-30 08:00 Europe/Berlin`."""
    return f"{moment:%a %Y-%m-%d %H:%M} {moment.tzinfo}"
