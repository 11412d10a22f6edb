"""Which ready step should have the next free slot? Policies over many seeds, on paper.

No requests and no clock: jobs take what the scenario says, the policy sees usual durations only,
and an end is noticed a hundredth of the job's duration later. Everything else is equal.
"""

from __future__ import annotations

import heapq
import itertools
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.scenario import Job, Scenario, scenario_a

_NOTICED_LATE = 0.01
_OVERHEAD = 5.0  # a job is PENDING as long


@dataclass(frozen=True)
class Ready:
    """A step that could start: what is usual for it and for the phases behind it."""

    order: int
    job: Job
    later_phases: tuple[tuple[Job, ...], ...]


Policy = Callable[[Ready], float]


def typical_seconds(job: Job) -> float:
    return statistics.median(job.earlier)


def longest_path(ready: Ready) -> float:
    return typical_seconds(ready.job) + sum(
        max(typical_seconds(configuration) for configuration in part) for part in ready.later_phases
    )


POLICIES: dict[str, Policy] = {
    "longest remaining work first": longest_path,
    "most remaining work first, side by side added up": lambda ready: (
        typical_seconds(ready.job)
        + sum(
            typical_seconds(configuration) for part in ready.later_phases for configuration in part
        )
    ),
    "longest job first": lambda ready: typical_seconds(ready.job),
    "shortest job first": lambda ready: -typical_seconds(ready.job),
    "first come, first served": lambda _: 0.0,
}


def compare_policies(seeds: range) -> dict[str, list[float]]:
    """Return each policy's makespans over the lower bound, one for each seed."""
    return {
        name: [play(scenario_a(seed), policy) for seed in seeds]
        for name, policy in POLICIES.items()
    }


def play(scenario: Scenario, policy: Policy) -> float:
    """Return the makespan over the lower bound."""
    return _Play(scenario, policy).run() / _lower_bound(scenario)


class _Play:
    def __init__(self, scenario: Scenario, policy: Policy) -> None:
        self._policy, self._free = policy, scenario.slots - len(scenario.others)
        self._ready: list[Ready] = []
        self._asked: dict[str, list[Callable[[], None]]] = {}
        self._done: set[str] = set()
        self._numbers = itertools.count()  # so that of equal moments the first noted comes first
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        for other in scenario.others:
            self._at(other.seconds, self._leave)
        for pipeline in scenario.pipelines:
            self._ask((pipeline.loads, (pipeline.update,), pipeline.publishes))

    def run(self) -> float:
        now = 0.0
        self._fill(now)
        while self._events:
            now, _, happen = heapq.heappop(self._events)
            happen()
            self._fill(now)
        return now

    def _at(self, moment: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), happen))

    def _leave(self) -> None:
        self._free += 1

    def _ask(self, parts: tuple[tuple[Job, ...], ...]) -> None:
        if not parts:
            return
        left = len(parts[0])

        def one_less() -> None:
            nonlocal left
            left -= 1
            if not left:
                self._ask(parts[1:])

        for job in parts[0]:
            key = str(job.configuration)
            if key in self._done:
                one_less()
                continue
            if key not in self._asked:
                self._ready.append(Ready(len(self._asked), job, parts[1:]))
            self._asked.setdefault(key, []).append(one_less)

    def _fill(self, now: float) -> None:
        self._ready.sort(key=lambda each: (-self._policy(each), each.order))
        while self._ready and self._free:
            job = self._ready.pop(0).job
            self._free -= 1
            took = (_OVERHEAD + job.seconds) * (1 + _NOTICED_LATE)
            self._at(now + took, lambda job=job: self._end(job))  # type: ignore[misc]

    def _end(self, job: Job) -> None:
        self._free += 1
        self._done.add(str(job.configuration))
        for each in self._asked[str(job.configuration)]:
            each()


def _lower_bound(scenario: Scenario) -> float:
    work = sum(job.seconds + _OVERHEAD for job in scenario.jobs)
    held = sum(other.seconds for other in scenario.others)
    paths = [
        sum(
            max(job.seconds + _OVERHEAD for job in part)
            for part in (pipeline.loads, (pipeline.update,), pipeline.publishes)
        )
        for pipeline in scenario.pipelines
    ]
    return max((work + held) / scenario.slots, *paths)
