"""Configurations in the list's filter language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamr_provider.models import Configuration


def any_of(*configurations: Configuration) -> str:
    """Return what lets the jobs of any of these through, in parentheses."""
    return "(" + " OR ".join(f"({_same(each)})" for each in configurations) + ")"


def _same(configuration: Configuration) -> str:
    type_ = configuration.type
    return " AND ".join(
        f"(configuration.{type_}.{_snake(k)} = {_quote(v)})" for k, v in configuration.ids
    )


def _snake(name: str) -> str:
    # Paths in a filter are snake_case although the JSON is camelCase.
    return re.sub(r"[A-Z]", lambda sign: "_" + sign[0].lower(), name)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
