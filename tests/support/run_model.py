"""A stateful model: any interleaving of runs, people, lost responses, kills, gaps and clocks.

One rule of the machine is one move of one party, down to a single request of a run. What must hold
is written in `judged` a second time, from the tenant's own record, without our `decide`.
"""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from support.fake_clock import START
from support.post_judge import (
    LOAD,
    MAX_ATTEMPTS,
    UPDATE,
    Facts,
    Party,
    Skewed,
    World,
    equal,
    not_before,
    parse_time,
)
from support.schedule_player import SLOTS, products
from support.three_clocks import ThreeClocks
from tamr_provider.models import Configuration
from tamr_provider.reconciler.stack_run import StackRun

STACKS = ("a", "b")
LOSSES = [
    *("lost before", "lost after", "503 before", "503 after", "409 before", "409 after"),
    *("error before", "error after", "429"),
]
STEPS = st.sampled_from([LOAD, UPDATE])
SKEWS = st.sampled_from([0, 0, 0, -600, -30, -3, 3, 30, 600])
UNFORESEEN = timedelta(seconds=10)  # as far behind as creations may be stamped without a wasted job
# Of the last two, Tamr is at fault, and a run that slept for longer than an outage may last.
TRUE_ENDS = re.compile(
    r"failed: .*\(attempt|attempts failed|409 lost, 3 times|no response for \d+ min"
)


class Protocol(RuleBasedStateMachine):
    """Everybody's moves."""

    parties: list[Party]

    @initialize(
        failures=st.lists(st.booleans(), max_size=6), header=SKEWS, created=SKEWS, done=SKEWS
    )
    def open(self, failures: list[bool], header: int, created: int, done: int) -> None:
        clocks = ThreeClocks(
            header=timedelta(seconds=header),
            created=timedelta(seconds=created),
            done=timedelta(seconds=done),
        )
        self.world, self.parties = World(failures, clocks), []
        self.stacks = {name: stack_since(START - timedelta(hours=3)) for name in STACKS}
        self.spawn("a", 0)

    @property
    def alive(self) -> list[Party]:
        return [party for party in self.parties if not party.over]

    @property
    def ready(self) -> list[Party]:
        now = self.world.clock.elapsed
        return [party for party in self.alive if party.wakes_at <= now]

    @rule(name=st.sampled_from(STACKS), minutes=st.integers(-10, 10))
    @precondition(lambda self: len(self.alive) < 3)
    def spawn(self, name: str, minutes: int) -> None:
        """Start another run of a stack, on a machine whose clock is off."""
        clock = Skewed(self.world, timedelta(minutes=minutes))
        stack = self.stacks[name]
        party: Party = Party(
            lambda: self.world.simulation.enter(party, lambda: self._run(party, clock))
        )
        party.stack = stack
        self.parties.append(party)
        party.thread.start()

    def _run(self, party: Party, clock: Any) -> None:
        runner = self.world.runner(clock=clock)
        party.run = StackRun(runner, products(party.stack), SLOTS, "dev")
        party.run.start()
        runner.run()

    @rule(which=st.integers(0, 2), moves=st.integers(1, 4))
    @precondition(lambda self: self.ready)
    def go_on(self, which: int, moves: int) -> None:
        """Let one run go on until it has sent or received something, or sleeps."""
        party = self.ready[which % len(self.ready)]
        for _ in range(moves):
            if party in self.ready:
                self.world.simulation.move(party)
                self.world.clock.elapsed += 0.05

    @rule(kind=st.sampled_from(LOSSES))
    @precondition(lambda self: self.alive and not self.world.loss)
    def lose(self, kind: str) -> None:
        """Lose the next response to a run, before or after it takes effect."""
        self.world.loss = kind

    @rule(which=st.integers(0, 2))
    @precondition(lambda self: len(self.alive) > 1 and self.ready)
    def crash(self, which: int) -> None:
        """Kill a run; another one is left."""
        party = self.ready[which % len(self.ready)]
        party.killed = True
        self.world.simulation.move(party)

    @rule(which=st.integers(0, 2), seconds=st.sampled_from([4, 7, 40, 600]))
    @precondition(lambda self: self.ready)
    def stop_and_wake(self, which: int, seconds: int) -> None:
        """Stop a process where it is; it is woken after a while."""
        party = self.ready[which % len(self.ready)]
        party.gaps += 1
        party.wakes_at = self.world.clock.elapsed + seconds

    @rule()
    @precondition(lambda self: not self.ready)
    def sleep(self) -> None:
        """Let time pass until the first run wakes."""
        clock = self.world.clock
        clock.elapsed = min((party.wakes_at for party in self.alive), default=clock.elapsed + 60)

    @rule(configuration=STEPS)
    def person_starts(self, configuration: Configuration) -> None:
        """Start a job by hand, unless Tamr has no slot."""
        if sum(not job["outcome"] for job in self.world.jobs()) < SLOTS:
            self.world.theirs.add(self.world.start(configuration))

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: any(not job["outcome"] for job in self.world.jobs()))
    def person_stops(self, which: int) -> None:
        """Stop one of the active jobs by hand."""
        active = [job["jobId"] for job in self.world.jobs() if not job["outcome"]]
        self.world.stopped_by_hand.add(active[which % len(active)])
        self.world.stop(active[which % len(active)])

    @rule(name=st.sampled_from(STACKS))
    def person_retries(self, name: str) -> None:
        """Write `retriedAt`; runs that start from now on read it."""
        product = {**self.stacks[name]["customers"], "retriedAt": _spelled(self._written())}
        self.stacks = {**self.stacks, name: {"customers": product}}

    @rule(name=st.sampled_from(STACKS))
    def person_bumps(self, name: str) -> None:
        """Write a new `since`; runs that start from now on read it."""
        self.stacks = {**self.stacks, name: stack_since(self._written())}

    def _written(self) -> datetime:
        """Return what `tamr bump` writes: the later of the tenant's clock and a good one here."""
        return self.world.clock.true_now() + max(self.world.clocks.header, timedelta(0))

    @invariant()
    def nothing_forbidden_was_launched_or_stopped(self) -> None:
        assert self.world.wrong == [], self.world.wrong

    @invariant()
    def nobody_died_of_an_error(self) -> None:
        errors = [party.error for party in self.parties if party.error]
        assert errors == [], errors

    @invariant()
    def no_job_of_ours_ran_to_success_beside_its_equal(self) -> None:
        """But for what docs/reliability.md names: late requests, and runs that sleep or die."""
        for configuration in (LOAD, UPDATE):
            jobs = equal(configuration, self.world.jobs())
            good = [job for job in jobs if job["outcome"] == "succeeded"]
            for first, later in itertools.combinations(good, 2):
                beside = later["created"] < first["finished"]
                assert not beside or self._may_be_wasted(later) or self._may_be_wasted(first)

    def _may_be_wasted(self, job: Facts) -> bool:
        if job["jobId"] in self.world.theirs | self.world.disturbed:
            return True
        party = self.world.sender[job["jobId"]]
        return party.killed or party.gaps > 0 or self._came_out_too_old(job, party)

    def _came_out_too_old(self, job: Facts, party: Party) -> bool:
        shown = {job["jobId"]: job for job in self.world.shown()}
        since = parse_time(party.stack["customers"]["since"])
        configuration = Configuration.from_wire(job["configuration"])
        start = not_before(configuration, shown.values(), since)
        return start is None or shown[job["jobId"]]["created"] < start

    @invariant()
    def whatever_a_run_ended_with_is_so(self) -> None:
        for party in self.parties:
            if party.over and party.run is not None:
                self._is_true(party.run)

    def _is_true(self, run: StackRun) -> None:
        for error in map(str, run.errors.values()):
            stopped = re.search(r"(job_\d+) was stopped by a user", error)
            if stopped:
                assert stopped[1] in self.world.stopped_by_hand, error
            elif "its creation time is" in error:
                clocks = self.world.clocks
                assert max(clocks.header, clocks.done) - clocks.created > UNFORESEEN, error
            else:
                assert TRUE_ENDS.search(error), error

    def teardown(self) -> None:
        """Calm down: every run comes to an end, and the next runs settle everything."""
        self.world.loss = ""
        for _ in range(20_000):
            if not self.alive:
                break
            self.go_on(0, 4) if self.ready else self.sleep()
        assert not self.alive, "a run never ended"
        self.whatever_a_run_ended_with_is_so()
        self.world.simulation.calm()
        for stack in self.stacks.values():
            self._settles(stack)
        self.nothing_forbidden_was_launched_or_stopped()
        self.no_job_of_ours_ran_to_success_beside_its_equal()

    def _settles(self, stack: Facts) -> None:
        for _ in range(2 * MAX_ATTEMPTS + 1):
            run = self.world.run(stack)
            self._is_true(run)
            self.world.clock.elapsed += 900  # clocks that differ have passed each other
        held = [str(error) for error in run.errors.values()]
        assert all("is on hold" in error for error in held), held
        assert held or run.satisfied == run.total, "a wake-up was lost"
        if not held:
            self._stays_satisfied(stack)

    def _stays_satisfied(self, stack: Facts) -> None:
        """Whatever a person runs on top, a satisfied step wants nothing more."""
        self.world.theirs.add(self.world.start(LOAD))
        self.world.drain()
        before = self.world.posts()
        assert self.world.run(stack).exit_code == 0
        assert self.world.posts() == before


def stack_since(moment: datetime) -> Facts:
    """Return a stack whose version counts from a moment."""
    since = _spelled(moment)
    return {
        "customers": {"version": "v1", "since": since, "sources": ["src_crm"], "dataProduct": "dp"}
    }


def _spelled(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
