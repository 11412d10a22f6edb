"""Families of schedules: each plays many of them and counts what went wrong.

`stride` thins a family out: 1 plays every schedule, 10 every tenth.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from chaos import AFTER, BEFORE, SMALL, TWO_PRODUCTS, World, beside_its_equal, killed, verdict
from simulation import RacyWorld

from tamr_provider.emulator.script import AnswerRule, Script

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamr_provider.stackrun import StackRun

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
        problems = problems + verdict(world, raw)
        self.schedules += 1
        self.jobs += len(world.jobs())
        self.duplicates += sum("succeeded" in each and " 0 times" not in each for each in problems)
        self.losses += sum(" 0 times" in each for each in problems)
        self.extra_requests = max(self.extra_requests, world.sent - usual)
        self.wrong += [f"{schedule}: {each}" for each in problems]


def _undisturbed(raw: Mapping[str, Any]) -> World:
    world = World()
    world.run(raw)
    return world


def _errors(*runs: StackRun) -> list[str]:
    return [str(error) for run in runs for error in run.errors.values()]


def every_kill(stride: int) -> Tally:
    """Kill the runner before and after each request, and start it again."""
    tally, usual = Tally("killed at every request"), _undisturbed(TWO_PRODUCTS).sent
    for at, when in itertools.product(range(1, usual + 1, stride), (BEFORE, AFTER)):
        world = World()
        assert killed(world, TWO_PRODUCTS, at, when)
        problems = _errors(world.run(TWO_PRODUCTS)) + beside_its_equal(world)
        tally.add(f"killed {when} request {at}", world, TWO_PRODUCTS, problems, usual)
    return tally


def every_pair_of_kills(stride: int) -> Tally:
    """Kill, start again, kill again, start again."""
    tally, usual = Tally("killed at every pair of requests"), _undisturbed(SMALL).sent
    points = list(itertools.product(range(1, usual + 1), (BEFORE, AFTER)))
    pairs = list(itertools.product(points, points))
    for first, second in pairs[::stride]:
        world = World()
        killed(world, SMALL, *first)
        killed(world, SMALL, *second)
        problems = _errors(world.run(SMALL)) + beside_its_equal(world)
        tally.add(f"killed {first} then {second}", world, SMALL, problems, usual)
    return tally


def every_answer(stride: int) -> Tally:
    """Spoil each single answer in each way."""
    tally, usual = Tally("each answer spoiled in 13 ways"), _undisturbed(TWO_PRODUCTS).sent
    cases = list(itertools.product(range(1, usual + 1), KINDS))
    for at, (kind, more) in cases[::stride]:
        world = World(script=Script(answers=[AnswerRule(kind, nth=at, **more)]))
        problems = _errors(world.run(TWO_PRODUCTS)) + beside_its_equal(world)
        tally.add(f"{kind} {more} at request {at}", world, TWO_PRODUCTS, problems, usual)
    return tally


def late_requests(stride: int) -> Tally:
    """Let each POST reach the tenant only after its sender stopped waiting for the answer.

    A request that is still on its way when the whole run is over is left out: nobody is there
    any more to see what it starts.
    """
    tally, plain = Tally("each POST carried out late"), _undisturbed(TWO_PRODUCTS)
    requests = plain.emulator.record()["requests"]
    posts = [at for at, each in enumerate(requests, start=1) if each["method"] == "POST"]
    delays = (61, 63, 66, 69, 71, 72, 75, 90, 120, 200, 250, 400)
    for at, delay in list(itertools.product(posts, delays))[::stride]:
        world = World()
        world.delay_at, world.delay = at, delay
        problems = _errors(world.run(TWO_PRODUCTS))
        if not world.late:
            world.drain()
            name = f"request {at} carried out after {delay} s"
            tally.add(name, world, TWO_PRODUCTS, problems, plain.sent)
    return tally


def mixture(seed: int, share: float) -> Script:
    """Return faults of every kind that together hit a share of all requests."""
    each = share / len(KINDS)
    rules = [
        # The first rule that draws wins, so a later one's chance has to be a little larger.
        AnswerRule(kind, probability=each / (1 - n * each), seed=seed * 100 + n, **more)
        for n, (kind, more) in enumerate(KINDS)
    ]
    return Script(answers=rules)


def random_faults(seeds: int) -> Tally:
    """Spoil 30 % of all answers at random."""
    tally, usual = Tally("30 % of answers spoiled at random"), _undisturbed(TWO_PRODUCTS).sent
    for seed in range(seeds):
        random.seed(seed)
        world = World(script=mixture(seed, 0.3))
        problems = _errors(world.run(TWO_PRODUCTS))
        tally.add(f"seed {seed}", world, TWO_PRODUCTS, problems, usual)
    return tally


def races(runners: int, seeds: int, kills: int = 0, share: float = 0.0) -> Tally:
    """Interleave runners of the same steps at random, some of them killed on the way."""
    name = f"{runners} runners at once" + f", {kills} killed" * bool(kills)
    tally = Tally(name + f", {share:.0%} of answers spoiled" * bool(share))
    usual = _undisturbed(SMALL).sent * runners
    for seed in range(seeds):
        world = RacyWorld(seed, script=mixture(seed, share) if share else Script())
        results: list[StackRun] = []
        for _ in range(runners):
            world.simulation.runner(SMALL, results)
        world.simulation.run(kills)
        if results:
            tally.add(f"seed {seed}", world, SMALL, _errors(*results), usual)
    return tally


def skewed_clocks() -> Tally:
    """Run on machines whose clock is up to ten minutes off."""
    tally, usual = Tally("clocks 10 minutes apart"), _undisturbed(TWO_PRODUCTS).sent
    for minutes in (-10, -3, 3, 10):
        world = World()
        world.clock.skew = timedelta(minutes=minutes)
        problems = _errors(world.run(TWO_PRODUCTS)) + beside_its_equal(world)
        tally.add(f"{minutes} minutes", world, TWO_PRODUCTS, problems, usual)
    return tally


class _Starved(World):
    """A tenant that answers with a status instead of doing anything, until a moment."""

    def __init__(self, until: float, status: int, methods: tuple[str, ...]) -> None:
        super().__init__()
        self.until, self.status, self.methods = until, status, methods

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.clock.elapsed < self.until and request.method in self.methods:
            self.sent += 1
            return httpx.Response(self.status, json={"message": "not now"})
        return super()._answer(request)


def starvation() -> Tally:
    """Run into an outage of 15 minutes, and into an hour of 429 to every create."""
    tally, usual = Tally("starved, then all clear"), _undisturbed(TWO_PRODUCTS).sent
    cases = {
        "15 minutes of 503": _Starved(900, 503, ("GET", "POST")),
        "18 minutes of 429 to everything": _Starved(1080, 429, ("GET", "POST")),
        "six hours of 429 to every create": _Starved(6 * 3600, 429, ("POST",)),
    }
    for name, world in cases.items():
        problems = _errors(world.run(TWO_PRODUCTS)) + beside_its_equal(world)
        tally.add(name, world, TWO_PRODUCTS, problems, usual)
    return tally
