"""Filters for configurations, in the filter language of the job list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tamr_provider.models import Configuration

# Characters of an encoded filter. Servers and proxies accept URLs of 8 KB, some only half.
_MAX_LENGTH = 4000
_RESERVED_LENGTH = 500  # For the other conditions of the filter.


def is_short(filter_: str) -> bool:
    """Return whether a filter fits into a URL that every server accepts."""
    return _length(filter_) <= _MAX_LENGTH


def _length(filter_: str) -> int:
    return len(quote(filter_, safe=""))


def group_configurations(
    configurations: Iterable[Configuration], max_count: int
) -> Iterator[tuple[Configuration, ...]]:
    """Yield the configurations in groups with a short filter, at most `max_count` in one group.

    A configuration that is too long for a short filter is a group of its own.
    """
    group: tuple[Configuration, ...] = ()
    for configuration in configurations:
        larger = (*group, configuration)
        length = _length(configurations_filter(*larger))
        if group and (len(group) == max_count or length > _MAX_LENGTH - _RESERVED_LENGTH):
            yield group
            larger = (configuration,)
        group = larger
    if group:
        yield group


def configurations_filter(*configurations: Configuration) -> str:
    """Return a filter for jobs with any of the configurations, in parentheses."""
    clauses = (f"({_clause(configuration)})" for configuration in configurations)
    return f"({' OR '.join(clauses)})"


def _clause(configuration: Configuration) -> str:
    type_ = configuration.type
    return " AND ".join(
        f"(configuration.{type_}.{_snake(k)} = {_quote(v)})" for k, v in configuration.ids
    )


def _snake(name: str) -> str:
    # Filter paths are snake_case, JSON keys are camelCase.
    return re.sub(r"[A-Z]", lambda capital: "_" + capital[0].lower(), name)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
