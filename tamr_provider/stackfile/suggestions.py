"""Names for messages about an unknown one: the closest, else those that are known."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_NAMES = 12  # More names hide the message.
_MIN_START = 3  # Characters; fewer begin too many names.


def suggest(name: str, known: Sequence[str]) -> str:
    """Return `did you mean X?` with the closest of the known names, "" if none is close."""
    typed = name.lower()
    near = difflib.get_close_matches(typed, [word.lower() for word in known], 1)
    found = [word for word in known if word.lower() in near]
    # The beginning of a long name is not close enough to it.
    found += [word for word in known if len(typed) >= _MIN_START and word.lower().startswith(typed)]
    return f"did you mean {found[0]}?" if found else ""


def suggest_or_list(name: str, known: Sequence[str], label: str) -> str:
    """Return `(did you mean X?)`, else the known names: `(defined: a, b)` with that label."""
    return f"({suggest(name, known) or f'{label}: {_shorten(known)}'})"


def _shorten(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMES
    return (", ".join(names[:_MAX_NAMES]) or "none") + (f" and {more} more" if more > 0 else "")
