"""Checks whether any listed job has used the ids of the stack file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.client.ids import PAGE, describe_id_location
from tamr_provider.client.list_filter import configurations_filter
from tamr_provider.doctor.finding import OK, UNKNOWN, Finding
from tamr_provider.errors import TamrError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.models import Configuration

_MAX_CONFIGURATIONS = 15  # Configurations per filter; keeps the URL below about 2,000 characters.
_MAX_PAGES = 10  # Of 30 jobs; an id that only an older job used is reported as unproven.
_MAX_NAMES = 5  # Ids in one line.


def check_ids(client: JobsClient, configurations: Iterable[Configuration]) -> Iterator[Finding]:
    """Yield a finding for each kind of id that no listed job has used, or one if all were used.

    The API has no call that looks up an id, so an unused id is unproven, not wrong.
    """
    expected = list(dict.fromkeys(configurations))
    try:
        used = _find_used(client, expected)
    except TamrError as error:
        yield Finding(UNKNOWN, f"cannot check the ids: {error}", f"see {PAGE}")
        return
    unproven: dict[str, list[str]] = {}
    for configuration in expected:
        if configuration not in used:
            unproven.setdefault(describe_id_location(configuration), []).append(str(configuration))
    for place, names in unproven.items():
        message = f"no listed job has used these ids: {_shorten(names)}"
        yield Finding(UNKNOWN, message, f"compare them with Tamr: {place}; see {PAGE}")
    if not unproven:
        yield Finding(OK, "a listed job has used the ids of every step")


def _find_used(client: JobsClient, expected: Sequence[Configuration]) -> set[Configuration]:
    used: set[Configuration] = set()
    for start in range(0, len(expected), _MAX_CONFIGURATIONS):
        group = set(expected[start : start + _MAX_CONFIGURATIONS])
        pages = client.read_pages(configurations_filter(*sorted(group, key=str)))
        for number, page in enumerate(pages, start=1):
            used.update(job.configuration for job in page)
            if group <= used or number == _MAX_PAGES:
                break
    return used


def _shorten(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
