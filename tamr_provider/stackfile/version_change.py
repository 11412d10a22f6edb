"""The order of versions."""

from __future__ import annotations

import re

from tamr_provider.timestamps import parse_timestamp

_DIGITS = re.compile(r"[0-9]+")


def is_older(version: str, than: str) -> bool:
    """Return whether a version is certainly older: an earlier date, or a label with lower numbers.

    Labels are compared if only their numbers differ: v9 is older than v10.
    """
    date, other_date = parse_timestamp(version), parse_timestamp(than)
    if date is not None and other_date is not None:
        return date < other_date
    if _DIGITS.sub("#", version) != _DIGITS.sub("#", than):
        return False
    return _numbers(version) < _numbers(than)


def _numbers(label: str) -> list[int]:
    return [int(digits) for digits in _DIGITS.findall(label)]
