"""Which of two versions is the older one."""

from __future__ import annotations

import re

from tamr_provider.timestamps import parse_timestamp

_DIGITS = re.compile(r"[0-9]+")


def is_older(version: str, than: str) -> bool:
    """Whether a version is certainly an older one: an earlier date, or a label with less in it.

    Labels are compared by their numbers where they are alike otherwise: v9 is older than v10.
    """
    moments = parse_timestamp(version), parse_timestamp(than)
    if moments[0] is not None and moments[1] is not None:
        return moments[0] < moments[1]
    if _DIGITS.sub("#", version) != _DIGITS.sub("#", than):
        return False
    numbers = [[int(each) for each in _DIGITS.findall(text)] for text in (version, than)]
    return numbers[0] < numbers[1]
