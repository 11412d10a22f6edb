"""Durations in the form 20m, 5s, 1h30m, 500ms."""

from __future__ import annotations

import re
from datetime import timedelta

_NUMBER = r"(\d{1,6}(?:\.\d{1,6})?)"
_PARTS = re.compile(
    "".join(rf"(?:{_NUMBER}{unit})?" for unit in ("d", "h", "m(?!s)", "s", "ms")), re.ASCII
)
_MILLISECONDS = (86_400_000, 3_600_000, 60_000, 1_000, 1)


def parse_duration(text: str) -> timedelta:
    """Parse a duration with millisecond precision. Raises ValueError."""
    match = _PARTS.fullmatch(text)
    if not text or match is None:
        raise ValueError(f'"{text}" is not a duration like 20m, 5s, 1h30m or 500ms')
    parts = zip(match.groups("0"), _MILLISECONDS, strict=True)
    return timedelta(milliseconds=round(sum(float(number) * unit for number, unit in parts)))
