"""Configurations in the list's filter language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tamr_provider.models import Configuration

# Characters of an encoded filter. Servers and proxies take addresses of 8 KB, some of them half.
_LONGEST = 4000
_REST = 500  # of them for what a filter says besides its configurations


def is_short(filter_: str) -> bool:
    """Whether a filter fits into an address that every server takes."""
    return _length(filter_) <= _LONGEST


def _length(filter_: str) -> int:
    return len(quote(filter_, safe=""))


def bundles(
    configurations: Iterable[Configuration], most: int
) -> Iterator[tuple[Configuration, ...]]:
    """Yield the configurations in groups whose filter is short, at most so many in one.

    One that is too long by itself is a group of its own.
    """
    group: tuple[Configuration, ...] = ()
    for configuration in configurations:
        larger = (*group, configuration)
        if group and (
            len(group) == most or _length(configurations_filter(*larger)) > _LONGEST - _REST
        ):
            yield group
            larger = (configuration,)
        group = larger
    if group:
        yield group


def configurations_filter(*configurations: Configuration) -> str:
    """Return what lets the jobs of any of these through, in parentheses."""
    return "(" + " OR ".join(f"({_same(configuration)})" for configuration in configurations) + ")"


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
