"""RFC 3339 timestamps in the form of the API."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)

LATEST = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=timezone.utc)


def format_timestamp(time: datetime) -> str:
    """Format a time in UTC with milliseconds: 2026-01-05T09:00:00.123Z."""
    utc = time.astimezone(timezone.utc)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    """Parse a timestamp with an offset and 0 to 9 fractional digits. Raises ValueError."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a time like 2026-01-05T09:00:00.123Z')
    *date, fraction, sign, hours, minutes = match.groups()
    zone = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if sign == "-":
        zone = -zone
    microseconds = int((fraction or "").ljust(6, "0")[:6])
    try:
        year, month, day, hour, minute, second = (int(part) for part in date)
        local = datetime(year, month, day, hour, minute, second, microseconds, timezone(zone))
        return local.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise ValueError(f'"{text}" is not a valid time') from None


def add_duration(time: datetime, duration: timedelta) -> datetime:
    """Return the time after a duration, at most LATEST."""
    try:
        return min(time + duration, LATEST)
    except OverflowError:
        return LATEST


def truncate_to_milliseconds(time: datetime) -> datetime:
    """Truncate a time to the precision of the API, so filters compare what clients see."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
