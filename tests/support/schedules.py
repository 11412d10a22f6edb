"""Families of schedules of one runner: each plays many of them and counts what went wrong.

`stride` thins a family out: 1 plays every schedule, 10 every tenth.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from support.schedule_player import (
    AFTER,
    BEFORE,
    SMALL,
    TWO_PRODUCTS,
    World,
    beside_its_equal,
    facts,
    killed,
    verdict,
)
from tamr_provider.emulator.fault_rules import FaultRules, ResponseRule
from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    from tamr_provider.reconciler.stack_run import StackRun

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("lost-after", {}),
    ("lost-before", {}),
    ("delayed", {"seconds": 70}),
    ("500", {}),
    ("500", {"after": True}),
    ("503", {}),
    ("503", {"after": True}),
    ("429", {}),
    ("html", {}),
    ("html", {"after": True, "status": 200}),
    ("cut", {}),
    ("garbage", {}),
    ("garbage", {"after": True}),
]


@dataclass
class Tally:
    """What a family of schedules came to; `wrong` names each schedule that went wrong."""

    name: str
    schedules: int = 0
    jobs: int = 0
    duplicates: int = 0
    losses: int = 0
    extra_requests: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(
        self, schedule: str, world: World, raw: Mapping[str, Any], problems: list[str], usual: int
    ) -> None:
        """Count one schedule; `usual` is how many requests it takes undisturbed."""
        extra = world.sent - usual
        self.count(schedule, world.jobs(), problems + verdict(world, raw), extra)

    def count(self, schedule: str, jobs: Sized, problems: list[str], extra: int) -> None:
        """Count one schedule by its jobs, what went wrong, and how many requests it took more."""
        self.schedules += 1
        self.jobs += len(jobs)
        self.duplicates += sum(
            "succeeded" in problem and " 0 times" not in problem for problem in problems
        )
        self.losses += sum(" 0 times" in problem for problem in problems)
        self.extra_requests = max(self.extra_requests, extra)
        self.wrong += [f"{schedule}: {problem}" for problem in problems]


def undisturbed(raw: Mapping[str, Any]) -> World:
    """Return a tenant on which a stack ran to its end with nothing in the way."""
    world = World()
    world.run(raw)
    return world


def errors_of(*runs: StackRun) -> list[str]:
    """Return what the steps ended with that did not end satisfied."""
    return [str(error) for run in runs for error in run.errors.values()]


def every_kill(stride: int) -> Tally:
    """Kill the runner before and after each request, and start it again."""
    tally, usual = Tally("killed at every request"), undisturbed(TWO_PRODUCTS).sent
    for at, when in itertools.product(range(1, usual + 1, stride), (BEFORE, AFTER)):
        world = World()
        assert killed(world, TWO_PRODUCTS, at, when)
        problems = errors_of(world.run(TWO_PRODUCTS)) + beside_its_equal(world)
        tally.add(f"killed {when} request {at}", world, TWO_PRODUCTS, problems, usual)
    return tally


def every_pair_of_kills(stride: int) -> Tally:
    """Kill, start again, kill again, start again: a smaller stack, whose jobs take 20 seconds."""
    tally, usual = Tally("killed at every pair of requests"), _brief()
    usual.run(SMALL)
    points = list(itertools.product(range(1, usual.sent + 1), (BEFORE, AFTER)))
    for first, second in list(itertools.product(points, points))[::stride]:
        world = _brief()
        killed(world, SMALL, *first)
        killed(world, SMALL, *second)
        problems = errors_of(world.run(SMALL)) + beside_its_equal(world)
        tally.add(f"killed {first} then {second}", world, SMALL, problems, usual.sent)
    return tally


def _brief() -> World:
    return World(durations=dict.fromkeys(("load", "update"), timedelta(seconds=20)))


def every_answer(stride: int) -> Tally:
    """Spoil each single answer in each way."""
    tally, usual = Tally("every response spoiled in 13 ways"), undisturbed(TWO_PRODUCTS).sent
    cases = list(itertools.product(range(1, usual + 1), KINDS))
    for at, (kind, more) in cases[::stride]:
        world = World(fault_rules=FaultRules(responses=[ResponseRule(kind, nth=at, **more)]))
        problems = errors_of(world.run(TWO_PRODUCTS)) + beside_its_equal(world)
        tally.add(f"{kind} {more} at request {at}", world, TWO_PRODUCTS, problems, usual)
    return tally


def late_requests(stride: int) -> Tally:
    """Let each POST reach the tenant only after its sender stopped waiting for the answer.

    What comes more than ten seconds after our second POST is left alone: it is a duplicate that is
    counted, and nothing wrong. A request that is still on its way when the whole run is over is
    left out: no run is left to see what it starts.
    """
    tally, plain = Tally("every POST carried out late"), undisturbed(TWO_PRODUCTS)
    requests = plain.emulator.record()["requests"]
    posts = [at for at, request in enumerate(requests, start=1) if request["method"] == "POST"]
    delays = (61, 63, 66, 69, 71, 72, 75, 90, 120, 200, 250, 400)
    for at, delay in list(itertools.product(posts, delays))[::stride]:
        world = World()
        world.delay_at, world.delay = at, delay
        problems = errors_of(world.run(TWO_PRODUCTS))
        if not world.late:
            world.drain()
            wasted = wasted_by_a_late_request(world)
            problems += [
                problem for problem in verdict(world, TWO_PRODUCTS) if problem not in wasted
            ]
            tally.duplicates += len(wasted)
            name = f"request {at} carried out after {delay} s"
            tally.count(name, world.jobs(), problems, world.sent - plain.sent)
    return tally


def wasted_by_a_late_request(world: World) -> list[str]:
    """Return what the verdict says of a second job that was created too late to be a twin."""
    wasted = []
    for name, jobs in facts(world).items():
        good = [parse_timestamp(job["created"]) for job in jobs if job["outcome"] == "succeeded"]
        if len(good) == 2 and good[0] and good[1] and good[1] - good[0] > timedelta(seconds=10):
            wasted.append(f"{name} succeeded 2 times")
    return wasted


def mixture(seed: int, share: float) -> FaultRules:
    """Return faults of every kind that together hit a share of all requests."""
    each = share / len(KINDS)
    rules = [
        # The first rule that draws wins, so a later one's chance has to be a little larger.
        ResponseRule(kind, probability=each / (1 - n * each), seed=seed * 100 + n, **more)
        for n, (kind, more) in enumerate(KINDS)
    ]
    return FaultRules(responses=rules)


def random_faults(seeds: int) -> Tally:
    """Spoil 30 % of all answers at random."""
    tally, usual = Tally("30 % of responses spoiled at random"), undisturbed(TWO_PRODUCTS).sent
    for seed in range(seeds):
        random.seed(seed)
        world = World(fault_rules=mixture(seed, 0.3))
        problems = errors_of(world.run(TWO_PRODUCTS))
        tally.add(f"seed {seed}", world, TWO_PRODUCTS, problems, usual)
    return tally


def skewed_clocks() -> Tally:
    """Run on machines whose clock is up to ten minutes off."""
    tally, usual = Tally("clocks 10 minutes apart"), undisturbed(TWO_PRODUCTS).sent
    for minutes in (-10, -3, 3, 10):
        world = World()
        world.clock.skew = timedelta(minutes=minutes)
        problems = errors_of(world.run(TWO_PRODUCTS)) + beside_its_equal(world)
        tally.add(f"{minutes} minutes", world, TWO_PRODUCTS, problems, usual)
    return tally
