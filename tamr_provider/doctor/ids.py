"""The ids of the stack file: whether any job in the tenant's list has used them."""

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

_TOGETHER = 15  # configurations in one filter: an address of some 2,000 characters
_MAX_PAGES = 10  # of 30 jobs; a rare job behind more of them is called unproven, which is harmless
_SHOWN = 5  # ids in one line


def check_ids(client: JobsClient, configurations: Iterable[Configuration]) -> Iterator[Finding]:
    """Yield a finding for each kind of id that no listed job has used, or one if all were used.

    Tamr has no call that knows ids by themselves, so an unused id is unproven, not wrong.
    """
    wanted = list(dict.fromkeys(configurations))
    try:
        used = _used(client, wanted)
    except TamrError as error:
        yield Finding(UNKNOWN, f"the ids could not be checked: {error}", f"see {PAGE}")
        return
    unproven: dict[str, list[str]] = {}
    for configuration in wanted:
        if configuration not in used:
            unproven.setdefault(describe_id_location(configuration), []).append(str(configuration))
    for place, names in unproven.items():
        what = f"no listed job has used these ids: {_shorten(names)}"
        yield Finding(UNKNOWN, what, f"compare them with Tamr: {place}; see {PAGE}")
    if not unproven:
        yield Finding(OK, "a listed job has used the ids of every step")


def _used(client: JobsClient, wanted: Sequence[Configuration]) -> set[Configuration]:
    used: set[Configuration] = set()
    for start in range(0, len(wanted), _TOGETHER):
        some = set(wanted[start : start + _TOGETHER])
        for number, page in enumerate(
            client.read_pages(configurations_filter(*sorted(some, key=str))), start=1
        ):
            used.update(job.configuration for job in page)
            if some <= used or number == _MAX_PAGES:
                break
    return used


def _shorten(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
