"""A tenant that judges each POST of a run by what it had shown to that run.

The record is read with the stamps that the tenant shows, the only ones that a run can know.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from support.simulation import Actor, RacyWorld
from tamr_provider.emulator.fault_rules import FaultRules, JobRule
from tamr_provider.emulator.job import JobError
from tamr_provider.models import Configuration
from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    from support.three_clocks import ThreeClocks
    from tamr_provider.reconciler.stack_run import StackRun

LOAD, UPDATE = Configuration.load("src_crm"), Configuration.update("dp")
MAX_ATTEMPTS = 3
QUICK = dict.fromkeys(("load", "update"), timedelta(seconds=30))
TWINS = timedelta(seconds=10)
FRESH_SECONDS = 6.0  # the oldest poll that a POST may rest on
Facts = dict[str, Any]


class Party(Actor):
    """A run of a stack, and what the tenant showed when it last saw the list.

    `own` are the jobs whose creation a response told it; `gaps` counts how often it was stopped and
    woken.
    """

    stack: Facts
    run: StackRun | None = None
    seen: tuple[Facts, ...] = ()
    seen_at = 0.0
    gaps = 0

    def __init__(self, play: Any) -> None:
        super().__init__(play)
        self.own: set[str] = set()


class Skewed:
    """The clock of a machine that is some minutes off."""

    def __init__(self, world: World, skew: timedelta) -> None:
        self._clock, self._skew = world.clock, skew

    def now(self) -> datetime:
        return self._clock.true_now() + self._skew

    def monotonic(self) -> float:
        return self._clock.elapsed

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return self._clock.wait(event, seconds)


class World(RacyWorld):
    """A tenant that may lose the next response, and judges each POST of a run."""

    def __init__(self, failures: Iterable[bool], clocks: ThreeClocks) -> None:
        jobs = [
            JobRule(times=1, outcome="failed", error=JobError("BOOM", ""))
            if fails
            else JobRule(times=1)
            for fails in failures
        ]
        super().__init__(0, fault_rules=FaultRules(jobs=jobs), durations=QUICK)
        self.clocks = clocks
        self.loss, self.wrong = "", list[str]()
        self.theirs, self.stopped_by_hand = set[str](), set[str]()
        self.disturbed = set[str]()
        self.sender: dict[str, Party] = {}

    def _travel(self) -> None:
        self.simulation.pause(self.clock.elapsed)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        party = self.simulation.on_the_floor()
        if isinstance(party, Party) and _is_create(request):
            age = self.clock.elapsed - party.seen_at
            if age > FRESH_SECONDS and party.gaps < 3:
                self.wrong.append(f"a POST was sent on a poll of {age:.0f} s ago")
            request.extensions["sent_at"] = self.clock.elapsed
        return super()._answer(request)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        party = self.simulation.on_the_floor()
        if not isinstance(party, Party):
            return super()._serve(request)
        if request.method == "POST":
            self._judge(party, request)
        loss, self.loss = self.loss, ""
        if loss == "429":
            return httpx.Response(429, json={"message": "busy"})
        if not loss.endswith("before"):
            answer = super()._serve(request)
            self._take_note(party, request, answer, lost=bool(loss))
        if loss.startswith("lost"):
            raise httpx.ReadTimeout("lost", request=request)
        if loss.startswith("error"):
            return httpx.Response(200, json={"statusCode": 503, "message": "an error under 200"})
        # To a GET a 409 is a refusal and ends the run, as it should.
        status = 409 if loss.startswith("409") and request.method == "POST" else 503
        return httpx.Response(status, json={"message": "lost"}) if loss else answer

    def _take_note(
        self, party: Party, request: httpx.Request, answer: httpx.Response, *, lost: bool
    ) -> None:
        if _is_create(request) and answer.status_code == 200:
            job_id = answer.json()["jobId"]
            self.sender[job_id] = party
            if lost or self.clock.elapsed - request.extensions["sent_at"] > FRESH_SECONDS:
                self.disturbed.add(job_id)
            if not lost:
                party.own.add(job_id)
        # A poll asks for whatever is active, and the question before a POST for one configuration;
        # the other lists are for usual durations.
        asked = request.url.params.get("filter", "")
        if not lost and "status.state != DONE" in asked:
            party.seen = tuple(self.shown())
            party.seen_at = self.clock.elapsed
        elif not lost and "AND (NOT create_time()" in asked:
            ids = {job["jobId"] for job in answer.json().get("jobs") or []}
            others = [job for job in party.seen if job["jobId"] not in ids]
            party.seen = (*others, *(job for job in self.shown() if job["jobId"] in ids))
            party.seen_at = self.clock.elapsed

    def shown(self) -> list[Facts]:
        """Return the record of all jobs, with the stamps that the tenant shows."""
        clocks = self.clocks
        return [
            {
                **job,
                "created": parse_time(job["created"]) + clocks.created,
                "finished": parse_time(job["finished"]) + clocks.done if job["finished"] else None,
            }
            for job in self.jobs()
        ]

    def _judge(self, party: Party, request: httpx.Request) -> None:
        if _is_create(request):
            configuration = Configuration.from_wire(json.loads(request.read())["configuration"])
            for why in why_not(configuration, party, self.stopped_by_hand):
                self.wrong.append(f"{configuration} was launched although {why}")
            return
        job_id = request.url.path.split("/")[-1].partition(":")[0]
        if job_id not in party.own and not self._is_twin(job_id):
            self.wrong.append(f"{job_id} was stopped, which is neither ours nor a twin")

    def _is_twin(self, job_id: str) -> bool:
        jobs = {job["jobId"]: job for job in self.shown()}
        job = jobs[job_id]
        return any(
            other["configuration"] == job["configuration"]
            and timedelta(0) <= job["created"] - other["created"] <= TWINS
            for name, other in jobs.items()
            if name != job_id
        )


def _is_create(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("/jobs")


def parse_time(text: str) -> datetime:
    moment = parse_timestamp(text)
    assert moment is not None
    return moment


def equal(
    configuration: Configuration, jobs: Iterable[Facts], not_before: datetime | None = None
) -> list[Facts]:
    """Return the recent enough jobs of a configuration, oldest first."""
    name = configuration.to_wire()
    found = [job for job in jobs if job["configuration"] == name]
    recent = [job for job in found if not_before is None or job["created"] >= not_before]
    return sorted(recent, key=lambda job: (job["created"], job["jobId"]))


def not_before(
    configuration: Configuration, jobs: Iterable[Facts], since: datetime
) -> datetime | None:
    """Return a step's not-before, None where the step before it is not satisfied."""
    if configuration == LOAD:
        return since
    loads = [job for job in equal(LOAD, jobs, since) if job["outcome"] == "succeeded"]
    return max(since, loads[0]["finished"]) if loads else None


def why_not(configuration: Configuration, party: Party, by_hand: set[str]) -> list[str]:
    """Return what forbids a launch, given what the run last saw."""
    product = party.stack["customers"]
    start = not_before(configuration, party.seen, parse_time(product["since"]))
    if start is None:
        return ["the step before it is not satisfied"]
    fresh = equal(configuration, party.seen, start)
    retried_at = parse_time(product["retriedAt"]) if "retriedAt" in product else start
    ended = [job for job in fresh if job["created"] >= retried_at]
    everything = equal(configuration, party.seen)
    judged = [job for job in ended if not (job["outcome"] == "stopped" and raced(job, everything))]
    found = []
    if any(job["outcome"] == "succeeded" for job in fresh):
        found.append("it is satisfied")
    if any(not job["outcome"] for job in everything):
        found.append("an equal job is active")
    if judged and judged[-1]["jobId"] in by_hand and judged[-1]["outcome"] == "stopped":
        found.append("a person stopped it")
    if sum(job["outcome"] == "failed" for job in judged) >= MAX_ATTEMPTS:
        found.append("it failed too often")
    return found


def raced(job: Facts, jobs: Iterable[Facts]) -> bool:
    """Whether an earlier equal job was active when this one was created; IDs break a tie."""
    return any(
        (other["created"], other["jobId"]) < (job["created"], job["jobId"])
        and (
            other["finished"] is None
            or other["finished"] >= job["finished"]
            or other["finished"] > job["created"]
        )
        for other in jobs
    )
