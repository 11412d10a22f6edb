"""A month of history for a new tenant, so that every screen has something to show.

The same time and the same durations give the same jobs. The IDs are those of the example stacks and
of `tamr init`: dev, staging and prod are three projects of one tenant. A script of other people
refreshes `contacts`, which no example stack has.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.emulator.configuration import EmulatedConfiguration
from tamr_provider.emulator.job import Job, JobError, JobLifecycle
from tamr_provider.emulator.timestamps import add_duration, truncate_to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.emulator.options import Options

_DAYS = 30
_RETRY_DELAY = timedelta(minutes=20)  # A person reads why a job failed, and starts it again.
_LAUNCH_DELAY = timedelta(seconds=3)
_STOPPED = "stopped"  # In place of an error.


@dataclass(frozen=True)
class _Refresh:
    """A pipeline that runs every few days; jobs of one stage run in parallel.

    `breaks` says, by days ago, which stage's last job does not succeed at first, and why.
    `is_broken_today` leaves the latest run there after a second attempt.
    """

    stages: Sequence[Sequence[EmulatedConfiguration]]
    hours_ago: float  # The start of the latest run.
    every_days: int = 1
    breaks: Mapping[int, tuple[int, str, str]] = field(default_factory=dict)
    is_broken_today: bool = False


def _load(source: str) -> EmulatedConfiguration:
    return EmulatedConfiguration("load", {"sourceId": source})


def _update(product: str) -> EmulatedConfiguration:
    return EmulatedConfiguration("update", {"dataProductId": product})


def _publish(destination: str, product: str) -> EmulatedConfiguration:
    return EmulatedConfiguration(
        "publish", {"destinationId": destination, "dataProductId": product}
    )


def _stages(
    sources: str, product: str, destination: str, suffix: str
) -> list[list[EmulatedConfiguration]]:
    data_product = f"{product}{suffix}"
    loads = [_load(f"{source}{suffix}") for source in sources.split()]
    return [loads, [_update(data_product)], [_publish(destination, data_product)]]


_DEV_CUSTOMERS = [
    [_load("src_crm"), _load("src_erp")],
    [_update("dp_customers")],
    [EmulatedConfiguration("update", {"workflowId": "wf_apply"})],
    [
        _publish("Test 123", "dp_customers"),
        EmulatedConfiguration("publish", {"destinationId": "dst_legacy"}),
    ],
]
_EXPIRED = "The credentials of connection 'sap-prod' expired."
_FULL = "The destination has no space left."
_PLANNING = "Something went wrong while planning the job"
_LONG = "Column 'country' has values of more than 2 characters."
_REFRESHES = {
    "dev customers": _Refresh(_DEV_CUSTOMERS, 9, every_days=2, breaks={6: (1, _STOPPED, "")}),
    "dev suppliers": _Refresh(
        _stages("src_sap", "dp_suppliers", "Supplier export", ""), 7, every_days=2
    ),
    "staging customers": _Refresh(
        _stages("src_crm src_erp", "dp_customers", "Customer export staging", "_staging"),
        5,
        breaks={4: (1, _STOPPED, ""), 9: (0, "BAD_DATA", _LONG), 22: (1, _STOPPED, "")},
    ),
    "staging suppliers": _Refresh(
        _stages("src_sap", "dp_suppliers", "Supplier export staging", "_staging"),
        2.5,
        breaks={0: (0, "NO_ACCESS", _EXPIRED), 16: (2, "TARGET_FULL", _FULL)},
        is_broken_today=True,
    ),
    "prod customers": _Refresh(
        _stages("src_crm src_erp", "dp_customers", "Customer export", "_prod"),
        0.75,
        every_days=3,
        breaks={12: (1, "PLANNING_FAILED", _PLANNING)},
    ),
    "prod suppliers": _Refresh(
        _stages("src_sap", "dp_suppliers", "Supplier export", "_prod"), 26, every_days=3
    ),
    "contacts": _Refresh(
        _stages("src_web", "dp_contacts", "Newsletter", ""),
        0.5,
        breaks={2: (2, "TARGET_FULL", _FULL), 13: (0, _STOPPED, "")},
    ),
}


def month_of_jobs(now: datetime, options: Options) -> list[Job]:
    """Return the jobs of the last 30 days, oldest first; the newest ones may still be running."""
    jobs = [
        job
        for name, refresh in _REFRESHES.items()
        for days_ago in range(0, _DAYS, refresh.every_days)
        for job in _Run(name, refresh, days_ago, now, options).jobs()
        if job.created_at <= now
    ]
    return sorted(jobs, key=lambda job: (job.created_at, job.id))


class _Run:
    """One run of a refresh, on one day."""

    def __init__(
        self, name: str, refresh: _Refresh, days_ago: int, now: datetime, options: Options
    ) -> None:
        self._refresh = refresh
        self._is_left_broken = refresh.is_broken_today and days_ago == 0
        self._break = refresh.breaks.get(days_ago)
        self._start = now - timedelta(days=days_ago, hours=refresh.hours_ago)
        self._options = options
        self._random = random.Random(f"{name} {days_ago}")  # noqa: S311 - not a secret

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs; a stage starts when the one before it has ended."""
        time = self._start
        for stage, configurations in enumerate(self._refresh.stages):
            attempts = [
                job
                for configuration in configurations
                for job in self._attempts(
                    configuration, time, self._break_of(stage, configuration, configurations)
                )
            ]
            yield from attempts
            if self._is_left_broken:
                return
            time = add_duration(max(_end(job) for job in attempts), _LAUNCH_DELAY)

    def _break_of(
        self,
        stage: int,
        configuration: EmulatedConfiguration,
        configurations: Sequence[EmulatedConfiguration],
    ) -> tuple[str, str] | None:
        if self._break is None or self._break[0] != stage or configuration != configurations[-1]:
            return None
        return self._break[1:]

    def _attempts(
        self, configuration: EmulatedConfiguration, start: datetime, broken: tuple[str, str] | None
    ) -> list[Job]:
        first = self._job(configuration, start, broken)
        if broken is None:
            return [first]
        again = broken if self._is_left_broken else None
        return [first, self._job(configuration, add_duration(_end(first), _RETRY_DELAY), again)]

    def _job(
        self, configuration: EmulatedConfiguration, start: datetime, broken: tuple[str, str] | None
    ) -> Job:
        usual = self._options.duration(configuration.type)
        of_configuration = random.Random(str(configuration)).uniform(0.6, 1.0)  # noqa: S311
        share = self._random.uniform(0.9, 1.2) * (1 if broken is None else 0.4)
        outcome, error = _ending(broken)
        lifecycle = JobLifecycle(
            pending=self._options.pending,
            duration=_whole_milliseconds(usual * of_configuration * share),
            stopping=self._options.stopping,
            outcome=outcome,
            error=error,
        )
        job_id = f"job_{self._random.getrandbits(88):022x}"
        return Job(job_id, configuration, truncate_to_milliseconds(start), lifecycle)


def _ending(broken: tuple[str, str] | None) -> tuple[str, JobError | None]:
    if broken is None:
        return "succeeded", None
    reason, message = broken
    return (_STOPPED, None) if reason == _STOPPED else ("failed", JobError(reason, message))


def _end(job: Job) -> datetime:
    return add_duration(job.created_at, job.lifecycle.pending + job.lifecycle.duration)


def _whole_milliseconds(duration: timedelta) -> timedelta:
    return timedelta(milliseconds=duration // timedelta(milliseconds=1))
