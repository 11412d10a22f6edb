"""What a run cost, read off the tenant's own record: the same measure for everybody."""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.scenario import Scenario

POLL_LOOP_SECONDS = 30.0  # between two looks of the documentation's poll loop


@dataclass(frozen=True)
class Figures:
    """Shares are of the run, or of a job's duration; `poll_loop` is what that would send a job.

    `ratio` is the makespan over its lower bound. `idle` is the share of the slots' time in which
    one was free while a step was ready; `launches` tells how many jobs ran for one that had to.
    """

    ratio: float
    idle: float
    late_median: float
    late_worst: float
    requests: float
    poll_loop: float
    launches: float

    def dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class _JobRun:
    created: float
    finished: float

    @property
    def length(self) -> float:
        return self.finished - self.created


def measure(scenario: Scenario, record: Mapping[str, Any]) -> Figures:
    """Return a run's figures; it begins with its first request.

    Starting a process does not get faster with the emulated clock, so it is not in here.
    """
    requests = record["requests"][len(scenario.others) :]
    requests = [request for request in requests if not request["path"].startswith("/_emulator")]
    first = _seconds(requests[0]["at"])
    jobs = [job for job in record["jobs"] if not job["jobId"].startswith("job_h")]
    wanted = {json.dumps(job.configuration, sort_keys=True) for job in scenario.jobs}
    ours = {json.dumps(job["configuration"], sort_keys=True): _job_run(job) for job in jobs}
    held = [ran for key, ran in ours.items() if key not in wanted]
    ours = {key: ran for key, ran in ours.items() if key in wanted}
    makespan = max(our.finished for our in ours.values()) - first
    late = [
        (_known_finished_at(job, requests) - _job_run(job).finished) / _job_run(job).length
        for job in jobs
        if json.dumps(job["configuration"], sort_keys=True) in wanted
    ]
    polls = [math.ceil(our.length / POLL_LOOP_SECONDS) + 1 for our in ours.values()]
    return Figures(
        ratio=makespan / lower_bound(scenario, ours, held, first),
        idle=_idle_slot_seconds(scenario, ours, held, first) / (scenario.slots * makespan),
        late_median=statistics.median(late),
        late_worst=max(late),
        requests=len(requests) / len(ours),
        poll_loop=statistics.mean(polls),
        launches=(len(jobs) - len(held)) / len(ours),
    )


def lower_bound(
    scenario: Scenario, ours: Mapping[str, _JobRun], held: Iterable[_JobRun], first: float
) -> float:
    """Return the least time: the longest path, or the work in the slots that others leave."""
    work = sum(our.length for our in ours.values())
    taken = [max(0.0, span.finished - first) for span in held]
    # Others hold from the start on, so the free slots only grow.
    least, time = 0.0, 0.0
    free = scenario.slots - len(taken)
    for end in [*sorted(taken), math.inf]:
        if work <= (end - time) * free:
            least = time + work / free
            break
        work -= (end - time) * free
        time, free = end, free + 1
    paths = []
    for pipeline in scenario.pipelines:
        parts = (pipeline.loads, (pipeline.update,), pipeline.publishes)
        paths.append(sum(max(_run_of_job(ours, job).length for job in part) for part in parts))
    return max(least, *paths)


def _idle_slot_seconds(
    scenario: Scenario, ours: Mapping[str, _JobRun], held: Iterable[_JobRun], first: float
) -> float:
    """Return the slot-seconds that were free while a step was ready."""
    events: list[tuple[float, int, int]] = []
    for ran in (*ours.values(), *held):
        events += [(ran.created, 1, 0), (ran.finished, -1, 0)]
    for key, ready in _ready_at(scenario, ours, first).items():
        events += [(ready, 0, 1), (ours[key].created, 0, -1)]
    idle, busy, waiting, last = 0.0, 0, 0, first
    for at, started, asked in sorted(events):
        moment = max(first, at)
        idle += max(0, min(scenario.slots - busy, waiting)) * (moment - last)
        busy, waiting, last = busy + started, waiting + asked, moment
    return idle


def _ready_at(scenario: Scenario, ours: Mapping[str, _JobRun], first: float) -> dict[str, float]:
    ready: dict[str, float] = {}
    for pipeline in scenario.pipelines:
        after = first
        for part in (pipeline.loads, (pipeline.update,), pipeline.publishes):
            for job in part:
                ready.setdefault(_key(job), after)
            after = max(_run_of_job(ours, job).finished for job in part)
    return ready


def _known_finished_at(job: Mapping[str, Any], requests: Iterable[Mapping[str, Any]]) -> float:
    """Return when the first answer told of a job's end: a look at the list, or at the job."""
    finished = _seconds(job["finished"])
    return min(
        _seconds(request["at"])
        for request in requests
        if request["method"] == "GET"
        and _seconds(request["at"]) >= finished
        and (
            request.get("jobId") == job["jobId"]
            or "status.state != DONE" in request["query"].get("filter", "")
        )
    )


def _run_of_job(ours: Mapping[str, _JobRun], job: Any) -> _JobRun:
    return ours[_key(job)]


def _key(job: Any) -> str:
    return json.dumps(job.configuration, sort_keys=True)


def _job_run(job: Mapping[str, Any]) -> _JobRun:
    return _JobRun(_seconds(job["created"]), _seconds(job["finished"]))


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
