"""Which jobs a poll has to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.client.list_filter import configurations_filter, group_configurations
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tamr_provider.models import Configuration

_CONFIGURATIONS_PER_FILTER = 25


@dataclass(frozen=True)
class JobQuery:
    """Every active job, and those created or finished at or after a time.

    `ended_after` of None asks for no finished jobs by their end. If `configurations` is not empty,
    only theirs matter of the jobs created at or after `created_after`.
    """

    created_after: datetime
    ended_after: datetime | None = None
    configurations: frozenset[Configuration] = frozenset()

    def covers(self, other: JobQuery) -> bool:
        """Whether this query reads every job that the other one reads."""
        if self.created_after > other.created_after:
            return False
        if other.ended_after and not (self.ended_after and self.ended_after <= other.ended_after):
            return False
        if not self.configurations:
            return True
        return bool(other.configurations) and other.configurations <= self.configurations

    def extended_to(self, time: datetime) -> JobQuery:
        """Return a query that also reads what was created, or finished, at or after `time`."""
        ended_after = time if self.ended_after is None else min(self.ended_after, time)
        return JobQuery(min(self.created_after, time), ended_after)

    def to_filter(self) -> str:
        """Return the query in the list's filter language.

        Creation and state are defined for every job. A stop time is not, so it is part of the
        filter only if `ended_after` is set.
        """
        return " OR ".join([*self._active_or_ended(), f"({self._created()})"])

    def to_filters(self) -> Iterator[str]:
        """Yield several filters that together leave out the jobs of other configurations."""
        yield " OR ".join(self._active_or_ended())
        for group in group_configurations(
            sorted(self.configurations, key=str), _CONFIGURATIONS_PER_FILTER
        ):
            yield f"{configurations_filter(*group)} AND ({self._created()})"

    def _active_or_ended(self) -> list[str]:
        parts = ["(status.state != DONE)"]
        if self.ended_after is not None:
            ended_after = format_timestamp(self.ended_after)
            parts.append(f'(stop_time() AND (NOT stop_time() < "{ended_after}"))')
        return parts

    def _created(self) -> str:
        return f'NOT create_time() < "{format_timestamp(self.created_after)}"'
