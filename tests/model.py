"""A stateful model: any interleaving of runners, people, lost answers, crashes and clocks.

One rule of the machine is one move of one party, down to a single request of a runner. What must
hold is written here a second time, from the tenant's own record, without our `decide`.
"""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from chaos import SINCE, SLOTS, products
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from simulation import Actor, RacyWorld

from tamr_provider.emulator.job import JobError
from tamr_provider.emulator.script import JobRule, Script
from tamr_provider.models import Configuration
from tamr_provider.stackrun import StackRun

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable
    from datetime import datetime

LOAD, UPDATE = Configuration.load("src_crm"), Configuration.update("dp")
STACK = {
    "customers": {"version": "v1", "since": SINCE, "sources": ["src_crm"], "dataProduct": "dp"}
}
MAX_ATTEMPTS = 3
QUICK = dict.fromkeys(("load", "update"), timedelta(seconds=30))
LOSSES = ["lost before", "lost after", "503 before", "503 after", "429"]
STEPS = st.sampled_from([LOAD, UPDATE])
Facts = dict[str, Any]


class Party(Actor):
    """A runner, and what the tenant's record held when it last saw the list."""

    retried_at = ""
    seen: tuple[Facts, ...] = ()


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
    """A tenant that may lose the next answer, and judges each create of a runner."""

    def __init__(self, failures: Iterable[bool]) -> None:
        jobs = [
            JobRule(times=1, outcome="failed", error=JobError("BOOM", ""))
            if fails
            else JobRule(times=1)
            for fails in failures
        ]
        super().__init__(0, script=Script(jobs=jobs), durations=QUICK)
        self.loss, self.wrong = "", list[str]()
        self.theirs, self.stopped_by_hand = set[str](), set[str]()

    def _travel(self) -> None:
        self.simulation.pause(self.clock.elapsed)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        party = self.simulation.on_the_floor()
        if not isinstance(party, Party):
            return super()._serve(request)
        if request.method == "POST" and request.url.path.endswith("/jobs"):
            self._judge(party, Configuration.from_wire(_body(request)["configuration"]))
        loss, self.loss = self.loss, ""
        if loss == "429":
            return httpx.Response(429, json={"message": "busy"})
        if not loss.endswith("before"):
            answer = super()._serve(request)
            # A look asks for whatever is active; the other lists are for usual durations.
            if "status.state != DONE" in request.url.params.get("filter", "") and not loss:
                party.seen = tuple(self.jobs())
        if loss.startswith("lost"):
            raise httpx.ReadTimeout("lost", request=request)
        return httpx.Response(503) if loss else answer

    def _judge(self, party: Party, configuration: Configuration) -> None:
        for why in why_not(configuration, party.seen, party.retried_at, self.stopped_by_hand):
            self.wrong.append(f"{configuration} was launched although {why}")


def _body(request: httpx.Request) -> Any:
    return json.loads(request.read())


def equal(configuration: Configuration, jobs: Iterable[Facts], not_before: str) -> list[Facts]:
    """Return the new enough jobs of a configuration, oldest first."""
    name = configuration.to_wire()
    found = [each for each in jobs if each["configuration"] == name]
    return sorted(
        (each for each in found if each["created"] >= not_before), key=lambda each: each["created"]
    )


def not_before(configuration: Configuration, jobs: Iterable[Facts]) -> str | None:
    """Return a step's not-before, None where the step before it is not satisfied."""
    if configuration == LOAD:
        return SINCE
    loads = [each for each in equal(LOAD, jobs, SINCE) if each["outcome"] == "succeeded"]
    return loads[0]["finished"] if loads else None


def why_not(
    configuration: Configuration, jobs: Iterable[Facts], retried_at: str, by_hand: set[str]
) -> list[str]:
    """Return what forbids a launch, given what the runner last saw."""
    start = not_before(configuration, jobs)
    if start is None:
        return ["the step before it is not satisfied"]
    fresh = equal(configuration, jobs, start)
    ended = [each for each in fresh if each["created"] >= retried_at]
    judged = [each for each in ended if each["outcome"] != "stopped" or not _raced(each, fresh)]
    found = []
    if any(each["outcome"] == "succeeded" for each in fresh):
        found.append("it is satisfied")
    if any(not each["outcome"] for each in fresh):
        found.append("an equal job is active")
    if judged and judged[-1]["jobId"] in by_hand and judged[-1]["outcome"] == "stopped":
        found.append("a person stopped it")
    if sum(each["outcome"] == "failed" for each in judged) >= MAX_ATTEMPTS:
        found.append("it failed too often")
    return found


def _raced(job: Facts, fresh: Iterable[Facts]) -> bool:
    return any(
        each["created"] < job["created"]
        and (each["finished"] is None or each["finished"] > job["created"])
        for each in fresh
    )


class Protocol(RuleBasedStateMachine):
    """Everybody's moves."""

    parties: list[Party]

    @initialize(failures=st.lists(st.booleans(), max_size=6))
    def open(self, failures: list[bool]) -> None:
        self.world, self.parties, self.retried_at = World(failures), [], ""
        self.spawn(0)

    @property
    def alive(self) -> list[Party]:
        return [each for each in self.parties if not each.over]

    @property
    def ready(self) -> list[Party]:
        now = self.world.clock.elapsed
        return [each for each in self.alive if each.wakes_at <= now]

    @rule(minutes=st.integers(-10, 10))
    @precondition(lambda self: len(self.alive) < 3)
    def spawn(self, minutes: int) -> None:
        """Start another runner, on a machine whose clock is off."""
        retried_at = self.retried_at
        more = {"retriedAt": retried_at} if retried_at else {}
        raw = {"customers": {**STACK["customers"], **more}}
        clock = Skewed(self.world, timedelta(minutes=minutes))
        party = Party(lambda: self.world.simulation.enter(party, lambda: self._run(raw, clock)))
        party.retried_at = retried_at
        self.parties.append(party)
        party.thread.start()

    def _run(self, raw: Any, clock: Any) -> None:
        runner = self.world.runner(clock=clock)
        StackRun(runner, products(raw), SLOTS, "dev").start()
        runner.run()

    @rule(which=st.integers(0, 2), moves=st.integers(1, 4))
    @precondition(lambda self: self.ready)
    def go_on(self, which: int, moves: int) -> None:
        """Let one runner go on until it has sent or received something, or sleeps."""
        party = self.ready[which % len(self.ready)]
        for _ in range(moves):
            if party in self.ready:
                self.world.simulation.move(party)
                self.world.clock.elapsed += 0.05

    @rule(kind=st.sampled_from(LOSSES))
    @precondition(lambda self: self.alive and not self.world.loss)
    def lose(self, kind: str) -> None:
        """Lose the next answer to a runner, before or after it takes effect."""
        self.world.loss = kind

    @rule(which=st.integers(0, 2))
    @precondition(lambda self: len(self.alive) > 1 and self.ready)
    def crash(self, which: int) -> None:
        """Kill a runner; another one is left."""
        party = self.ready[which % len(self.ready)]
        party.killed = True
        self.world.simulation.move(party)

    @rule()
    @precondition(lambda self: not self.ready)
    def sleep(self) -> None:
        """Let time pass until the first runner wakes."""
        clock = self.world.clock
        clock.elapsed = min((each.wakes_at for each in self.alive), default=clock.elapsed + 60)

    @rule(configuration=STEPS)
    def person_starts(self, configuration: Configuration) -> None:
        """Start a job by hand, unless Tamr has no slot."""
        if sum(not each["outcome"] for each in self.world.jobs()) < SLOTS:
            self.world.theirs.add(self.world.start(configuration))

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: any(not each["outcome"] for each in self.world.jobs()))
    def person_stops(self, which: int) -> None:
        """Stop one of the active jobs by hand."""
        active = [each["jobId"] for each in self.world.jobs() if not each["outcome"]]
        self.world.stopped_by_hand.add(active[which % len(active)])
        self.world.stop(active[which % len(active)])

    @rule()
    def person_retries(self) -> None:
        """Write `retriedAt`; runners that start from now on read it."""
        self.retried_at = self.world.clock.true_now().isoformat(timespec="milliseconds")[:-6] + "Z"

    @invariant()
    def nothing_forbidden_was_launched(self) -> None:
        assert self.world.wrong == []

    @invariant()
    def nobody_died_of_an_error(self) -> None:
        assert [each.error for each in self.parties if each.error] == []

    @invariant()
    def no_job_of_ours_ran_to_success_beside_its_equal(self) -> None:
        for configuration in (LOAD, UPDATE):
            jobs = equal(configuration, self.world.jobs(), "")
            good = [each for each in jobs if each["outcome"] == "succeeded"]
            for first, later in itertools.combinations(good, 2):
                beside = later["created"] < first["finished"]
                assert not (beside and later["jobId"] not in self.world.theirs), (first, later)

    def teardown(self) -> None:
        """Calm down: whoever runs comes to an end, and the next runs settle everything."""
        self.world.loss = ""
        for _ in range(20_000):
            if not self.alive:
                break
            self.go_on(0, 4) if self.ready else self.sleep()
        assert not self.alive, "a runner never ended"
        self.world.simulation.calm()
        ends = [self.world.run(STACK) for _ in range(2 * MAX_ATTEMPTS + 1)]
        held = [str(each) for each in ends[-1].errors.values()]
        assert all("is held" in each for each in held)
        assert held or ends[-1].satisfied == ends[-1].total, "a wake-up was lost"
        self._stays_satisfied(held)
        self.nothing_forbidden_was_launched()
        self.no_job_of_ours_ran_to_success_beside_its_equal()

    def _stays_satisfied(self, held: list[str]) -> None:
        """Whatever a person runs on top, a satisfied step wants nothing more."""
        if held:
            return
        self.world.theirs.add(self.world.start(LOAD))
        self.world.drain()
        before = self.world.posts()
        assert self.world.run(STACK).exit_code == 0
        assert self.world.posts() == before


def run_model(examples: int, moves: int, *, derandomize: bool) -> None:
    """Play so many examples. Raises with the shortest one that goes wrong."""
    from hypothesis import HealthCheck, settings  # noqa: PLC0415
    from hypothesis.stateful import run_state_machine_as_test  # noqa: PLC0415

    run_state_machine_as_test(
        Protocol,
        settings=settings(
            max_examples=examples,
            stateful_step_count=moves,
            derandomize=derandomize,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
