"""Moments and lengths of time in every spelling that reaches us.

Tamr writes RFC 3339 with 0, 3, 6 or 9 fractional digits; people write the same, or a date; the
Pulumi engine rewrites an unquoted timestamp of a stack file in Go's way
(`2026-11-20 09:00:00 +0000 UTC`). Python 3.10's own parser takes none of these reliably.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_MOMENT = re.compile(
    r"""(?P<y>\d{4})-(?P<mo>\d{1,2})-(?P<d>\d{1,2})
    (?:(?:[Tt]|[ ]+)(?P<h>\d{1,2}):(?P<mi>\d{1,2}):(?P<s>\d{1,2})(?:\.(?P<f>\d{1,9}))?
       (?:[ ]*(?P<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)(?:[ ]+[A-Z+-][A-Z0-9+-]*)?)?
    )?""",
    re.VERBOSE,
)
_LONGEST = timedelta(days=36_525)  # so that a moment and a length always make a moment
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


def parse_timestamp(text: str) -> datetime | None:
    """Return the moment in UTC, or None where the text is none or has no zone.

    A date alone is its midnight in UTC. Digits beyond microseconds are cut off.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None or (match["h"] is not None and match["zone"] is None):
        return None
    micros = int((match["f"] or "0")[:6].ljust(6, "0"))
    clock = (int(match["h"] or 0), int(match["mi"] or 0), int(match["s"] or 0), micros)
    try:
        local = datetime(
            int(match["y"]),
            int(match["mo"]),
            int(match["d"]),
            *clock,
            tzinfo=_zone(match["zone"] or "Z"),
        )
        return local.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    if text in "Zz":
        return timezone.utc
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def format_timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with as many fractional digits as needed (0, 3 or 6)."""
    utc = moment.astimezone(timezone.utc)
    spec = "milliseconds" if utc.microsecond % 1000 == 0 else "microseconds"
    if utc.microsecond == 0:
        spec = "seconds"
    return utc.isoformat(timespec=spec).replace("+00:00", "Z")


def format_seconds(moment: datetime) -> str:
    """Return RFC 3339 in UTC without fractional digits."""
    return format_timestamp(moment.replace(microsecond=0))


def format_local_time(moment: datetime, now: datetime) -> str:
    """Return a moment as this machine's clock shows it, with the day where it is another one."""
    here, today = _here(moment), _here(now).date()
    return here.strftime("%H:%M" if here.date() == today else "%b %d, %H:%M")


def _here(moment: datetime) -> datetime:
    try:
        return moment.astimezone()
    except (OverflowError, ValueError):  # at either end of the calendar
        return moment


def later(moment: datetime, length: timedelta) -> datetime:
    """Return the moment after a length of time, at the latest the calendar's last."""
    try:
        return moment + length
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)


def parse_duration(text: str) -> timedelta | None:
    """Return the length of `5h30m`, `20m`, `90s` or `1.5h`, or None where the text is none.

    More than a hundred years is none.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    try:
        length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
    return length if length <= _LONGEST else None


def format_duration(length: timedelta) -> str:
    """Return a length for people: `42s`, `12m`, `3h05m`, `2d4h`."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 48:
        return f"{hours}h{minutes % 60:02}m"
    return f"{hours // 24}d{hours % 24}h"
