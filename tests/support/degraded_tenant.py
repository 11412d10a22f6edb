"""Families of schedules on a tenant that starves a runner, or tells it things late."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from support.fake_clock import START
from support.schedule_player import AFTER, BEFORE, SMALL, TWO_PRODUCTS, World, killed, products
from support.schedules import Tally, errors_of, undisturbed
from support.simulation import RacyWorld
from tamr_provider.decision.steps import pipeline_steps
from tamr_provider.emulator.clock import Origin
from tamr_provider.emulator.configuration import EmulatedConfiguration
from tamr_provider.emulator.fault_rules import FaultRules, JobRule, ResponseRule
from tamr_provider.emulator.job import Job, JobLifecycle
from tamr_provider.emulator.store import Store
from tamr_provider.models import Configuration
from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

HOUR = 3600.0


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


def _with_listed_jobs() -> World:
    """Return a tenant whose slots are held for six hours by jobs that the list shows."""
    long = JobRule(ids={"sourceId": "foreign"}, duration=timedelta(hours=6))
    world = World(fault_rules=FaultRules(jobs=[long]))
    for _ in range(5):
        world.start(Configuration.load("foreign"))
    return world


CASES: dict[str, Callable[[], World]] = {
    "15 minutes of 503": lambda: _Starved(900, 503, ("GET", "POST")),
    "an hour of 429 to everything": lambda: _Starved(HOUR, 429, ("GET", "POST")),
    "six hours without a slot, by jobs that the list does not show": lambda: _Starved(
        6 * HOUR, 429, ("POST",)
    ),
    "six hours without a slot, by jobs that the list shows": _with_listed_jobs,
    "four of five slots held for good by jobs that the list does not show": lambda: World(
        fault_rules=FaultRules(hidden=4)
    ),
}


def starvation() -> Tally:
    """Run into an outage, into 429 to everything, and into slots that others hold for hours."""
    tally, usual = Tally("starved, then all clear"), undisturbed(TWO_PRODUCTS).sent
    for name, make in CASES.items():
        world = make()
        problems = errors_of(world.run(TWO_PRODUCTS))
        tally.add(name, world, TWO_PRODUCTS, problems, usual)
    return tally


class Lagging(RacyWorld):
    """A tenant whose list shows a job only some seconds after its creation."""

    def __init__(self, seed: int, lag: float, **options: Any) -> None:
        super().__init__(seed, **options)
        self.lag, self.alter = timedelta(seconds=lag), self._hide

    def _hide(self, body: Any) -> Any:
        if "jobs" in body:
            shown = self.clock.true_now() - self.lag
            young = {job["jobId"] for job in self.jobs() if _created(job) > shown}
            body["jobs"] = [job for job in body["jobs"] if job["jobId"] not in young]
        return body


def _created(job: dict[str, Any]) -> datetime:
    created = parse_timestamp(str(job["created"]))
    assert created is not None
    return created


def lag_of_the_list(seconds: float, stride: int) -> Tally:
    """Kill a runner, lose its answers, and race two, on a list that lags behind."""
    tally, usual = Tally(f"a list that lags {seconds:g} s behind"), undisturbed(TWO_PRODUCTS).sent
    for at, when in itertools.product(range(1, usual + 1, stride), (BEFORE, AFTER)):
        world = Lagging(at, seconds)
        killed(world, TWO_PRODUCTS, at, when)
        problems = errors_of(world.run(TWO_PRODUCTS))
        tally.add(f"killed {when} request {at}", world, TWO_PRODUCTS, problems, usual)
    for nth in range(1, 9):
        rule = ResponseRule("lost-after", call="create", nth=nth)
        world = Lagging(nth, seconds, fault_rules=FaultRules(responses=[rule]))
        problems = errors_of(world.run(TWO_PRODUCTS))
        tally.add(f"create {nth} lost", world, TWO_PRODUCTS, problems, usual)
    for seed in range(0, 60, stride):
        world, results = Lagging(seed, seconds), list[Any]()
        for _ in range(2):
            world.simulation.runner(TWO_PRODUCTS, results)
        world.simulation.run()
        tally.add(f"race {seed}", world, TWO_PRODUCTS, errors_of(*results), 2 * usual)
    return tally


def long_history(count: int, folder: Path) -> Tally:
    """Run a stack on a tenant that lists so many older jobs, half of them of our steps."""
    tally, usual = Tally(f"{count:,} older jobs in the list"), undisturbed(SMALL).sent
    ours = [pipeline_step.configuration for pipeline_step in pipeline_steps(products(SMALL))]
    course = JobLifecycle(timedelta(seconds=5), timedelta(minutes=3))
    older = [
        Job(f"foreign_{number}", _kind(ours, number), _before_since(number), course)
        for number in range(count, 0, -1)
    ]
    state = folder / "state.json"
    Store(state).save(Origin(START, START, 1), older)
    world = World(state=state)
    problems = errors_of(world.run(SMALL))
    if any("pageToken" in request["query"] for request in world.requests("GET")):
        problems.append("a question took more than one page")
    tally.add("run", world, SMALL, problems, usual)
    return tally


def _kind(ours: Sequence[Configuration], number: int) -> EmulatedConfiguration:
    if number % 2:
        return EmulatedConfiguration("load", {"sourceId": f"foreign_{number % 50}"})
    wanted = ours[number // 2 % len(ours)]
    return EmulatedConfiguration(wanted.type, dict(wanted.ids))


def _before_since(number: int) -> datetime:
    return START - timedelta(hours=3 + number)
