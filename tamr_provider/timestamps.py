"""Timestamps and durations in every spelling that users, Tamr and the engine write.

Tamr writes RFC 3339 with 0, 3, 6 or 9 fractional digits. Users write the same, or a date. The
Pulumi engine rewrites an unquoted timestamp of a stack file in Go's format
(`2026-11-20 09:00:00 +0000 UTC`). Python 3.10's own parser accepts none of these reliably.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo

EXAMPLES = "2h, 3d, yesterday, 2026-11-25 or 2026-11-25T09:00:00Z"
_DAYS_AGO = {"today": 0, "yesterday": 1}
_TIMESTAMP = re.compile(
    r"""(?P<y>\d{4})-(?P<mo>\d{1,2})-(?P<d>\d{1,2})
    (?:(?:[Tt]|[ ]+)(?P<h>\d{1,2}):(?P<mi>\d{1,2}):(?P<s>\d{1,2})(?:\.(?P<f>\d{1,9}))?
       (?:[ ]*(?P<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)(?:[ ]+[A-Z+-][A-Z0-9+-]*)?)?
    )?""",
    re.VERBOSE,
)
_MAX_DURATION = timedelta(days=36_525)  # Keeps sums with a timestamp within the calendar.
_NUMBER = r"(\d+(?:\.\d+)?)"
_DURATION = re.compile(
    "".join(rf"(?:{_NUMBER}{unit})?" for unit in ("d", "h", "m(?!s)", "s", "ms")), re.ASCII
)


def parse_timestamp(text: str) -> datetime | None:
    """Return the timestamp in UTC, or None if `text` is not one or has no UTC offset.

    A date without a time is its midnight in UTC. Digits beyond microseconds are cut off.
    """
    match = _TIMESTAMP.fullmatch(text.strip())
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


def parse_moment(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Return the time that a user means by an age (`2h`), a day (`yesterday`) or a timestamp.

    An age counts back from `now`. A day is its midnight in `zone`, None for this machine's.

    Raises:
        ValueError: `text` is something else, or a number without a unit.
    """
    try:
        known = parse_day(text, now, zone) or parse_timestamp(text)
        return known or now - parse_duration(text)
    except (ValueError, OverflowError):
        hint = ". A number needs a unit, for example 2h" if text.strip().isdecimal() else ""
        raise ValueError(f"expected a time, for example {EXAMPLES}, got {text!r}{hint}") from None


def parse_day(text: str, now: datetime, zone: tzinfo | None = None) -> datetime | None:
    """Return the midnight in `zone` of `today`, `yesterday` or a date, None for other text."""
    word = text.strip().lower()
    match = _TIMESTAMP.fullmatch(word)
    try:
        if word in _DAYS_AGO:
            day = now.astimezone(zone).date() - timedelta(days=_DAYS_AGO[word])
        elif match is not None and match["h"] is None:
            day = date(int(match["y"]), int(match["mo"]), int(match["d"]))
        else:
            return None
        # Without a zone, astimezone takes the naive time for this machine's.
        midnight = datetime.combine(day, time.min, zone).astimezone(zone)
        midnight.astimezone(timezone.utc)
    except (ValueError, OverflowError):  # A date that the calendar does not have.
        return None
    return midnight


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
    """Return the local time of day, with the date unless it is today's."""
    local = _to_local(moment)
    is_today = local.date() == _to_local(now).date()
    return local.strftime("%H:%M" if is_today else "%b %d, %H:%M")


def format_minute(moment: datetime) -> str:
    """Return a time for people in several zones: `2026-11-20 16:40 UTC`."""
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def _to_local(moment: datetime) -> datetime:
    try:
        return moment.astimezone()
    except (OverflowError, ValueError):  # The first or last day of the calendar.
        return moment


def add_duration(moment: datetime, duration: timedelta) -> datetime:
    """Return `moment + duration`, or the last moment of the calendar if that is earlier."""
    try:
        return moment + duration
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)


def parse_duration(text: str) -> timedelta:
    """Return the duration that `3d`, `5h30m`, `20m`, `90s`, `1.5h` or `500ms` stands for.

    Raises:
        ValueError: `text` is something else, a number without a unit, or over a hundred years.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"expected a duration with a unit, for example 4h or 3d, got {text!r}")
    days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
    try:
        duration = timedelta(days, seconds, 0, milliseconds, minutes, hours)
    except OverflowError:
        duration = timedelta.max
    if duration > _MAX_DURATION:
        raise ValueError(f"expected a duration of at most 100 years, got {text!r}")
    return duration


def format_duration(duration: timedelta) -> str:
    """Return at most two units, such as `42s`, `12m`, `3h05m` or `2d4h`."""
    seconds = max(0, round(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 48:
        return f"{hours}h{minutes % 60:02}m"
    return f"{hours // 24}d{hours % 24}h"
