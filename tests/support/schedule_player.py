"""Schedules of mishaps against an emulated tenant, and a verdict from the tenant's own record.

A schedule is played in process on a fake clock, so thousands of them take seconds. A kill is an
exception that nothing catches, thrown where a request would have been sent or answered; the
runner is never touched again.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from support.fake_clock import START, FakeClock
from support.fake_tenant import Tenant
from tamr_provider.decision.steps import pipeline_phases, pipeline_steps
from tamr_provider.reconciler.stack_run import StackRun
from tamr_provider.stackfile.parser import parse_products

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tamr_provider.stackfile.product import Product

BEFORE, AFTER = "before", "after"
SLOTS = 5
DURATIONS = {
    "load": timedelta(minutes=3),
    "update": timedelta(minutes=5),
    "publish": timedelta(minutes=2),
}
SINCE = "2026-11-20T09:00:00Z"
TWO_PRODUCTS = {
    "customers": {
        "version": "v1",
        "since": SINCE,
        "sources": ["src_crm", "src_erp"],
        "dataProduct": "dp_customers",
        "workflows": ["wf_apply"],
        "publish": ["Test 123", {"destination": "dst_legacy", "legacy": True}],
    },
    "suppliers": {
        "version": "v1",
        "since": SINCE,
        "sources": ["src_erp"],
        "dataProduct": "dp_suppliers",
        "publish": ["Lieferanten Größe"],
    },
}
SMALL = {
    "customers": {"version": "v1", "since": SINCE, "sources": ["src_crm"], "dataProduct": "dp"}
}


class Killed(BaseException):
    """The runner's process is gone."""


def products(raw: Mapping[str, Any]) -> dict[str, Product]:
    # A day later: no `since` is in the future, whatever a tenant's clock shows.
    return parse_products(dict(raw), START + timedelta(days=1))


class World(Tenant):
    """A tenant whose requests are counted, and may be the last that a runner sends.

    `late` holds requests that reach the tenant after their sender stopped waiting for the answer.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(self.make_clock(), **{"durations": DURATIONS, **options})
        self.kill_at, self.kill_when, self.sent = -1, BEFORE, 0
        self.delay_at, self.delay = -1, 0.0
        self.late: list[tuple[float, tuple[Any, ...]]] = []

    def make_clock(self) -> FakeClock:
        return FakeClock()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        self.deliver()
        if self.sent == self.delay_at:
            target = request.url.raw_path.decode()
            words = (request.method, target, dict(request.headers), request.read())
            self.late.append((self.clock.elapsed + self.delay, words))
            self.clock.elapsed += 60
            raise httpx.ReadTimeout("no answer", request=request)
        if self.sent == self.kill_at and self.kill_when == BEFORE:
            raise Killed
        answer = super()._answer(request)
        if self.sent == self.kill_at:
            raise Killed
        return answer

    def deliver(self) -> None:
        """Carry out what is due of the requests that are still on their way."""
        due = [words for at, words in self.late if at <= self.clock.elapsed]
        self.late = [request for request in self.late if request[0] > self.clock.elapsed]
        for words in due:
            self.emulator.handle(*words)

    def run(self, raw: Mapping[str, Any]) -> StackRun:
        """Run a stack to its end, or to the kill."""
        runner = self.runner()
        run = StackRun(runner, products(raw), SLOTS, "dev")
        run.start()
        runner.run()
        return run

    def drain(self) -> None:
        """Let time pass until every job has ended and nothing is on its way."""
        for _ in range(2):
            self.clock.elapsed += 24 * 3600
            self.deliver()


class Judged(Protocol):
    """Whatever has jobs to be judged."""

    def jobs(self) -> list[dict[str, Any]]:
        """Return the tenant's own record of its jobs."""


def facts(world: Judged) -> dict[str, list[dict[str, Any]]]:
    """Return the tenant's jobs by configuration, oldest first, without those named foreign."""
    found: dict[str, list[dict[str, Any]]] = {}
    ours = [job for job in world.jobs() if "foreign" not in str(job)]
    for job in sorted(ours, key=lambda job: str(job["created"])):
        found.setdefault(str(job["configuration"]), []).append(job)
    return found


def verdict(world: Judged, raw: Mapping[str, Any]) -> list[str]:
    """Return what went wrong: a step run twice, forgotten, beside its equal, or too early."""
    jobs, wrong = facts(world), list[str]()
    wanted = {str(configuration) for configuration in _configurations(raw)}
    wrong += [f"{job} was never wanted" for job in set(jobs) - wanted]
    for name in wanted:
        succeeded = [job for job in jobs.get(name, []) if job["outcome"] == "succeeded"]
        if len(succeeded) != 1:
            wrong.append(f"{name} succeeded {len(succeeded)} times")
        wrong += [f"{name} failed" for job in jobs.get(name, []) if job["outcome"] == "failed"]
    return wrong + list(_too_early(jobs, raw))


def beside_its_equal(world: Judged) -> list[str]:
    """Return the configurations of which two jobs were active at the same time."""
    return [
        name
        for name, jobs in facts(world).items()
        if any(str(b["created"]) < str(a["finished"]) for a, b in itertools.pairwise(jobs))
    ]


def _configurations(raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for step in pipeline_steps(products(raw)):
        yield step.configuration.to_wire()


def _too_early(jobs: Mapping[str, list[dict[str, Any]]], raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield the steps that started before what they depend on had finished."""
    for name, product in products(raw).items():
        finished = ""
        for phase in pipeline_phases(name, product):
            mine = [_success(jobs, str(step.configuration.to_wire())) for step in phase]
            yield from (
                f"{job['configuration']} of {name} started too early"
                for job in mine
                if job and str(job["created"]) < finished
            )
            finished = max([finished, *(str(job["finished"]) for job in mine if job)])


def _success(jobs: Mapping[str, list[dict[str, Any]]], name: str) -> dict[str, Any] | None:
    return next((job for job in jobs.get(name, []) if job["outcome"] == "succeeded"), None)


def killed(world: World, raw: Mapping[str, Any], at: int, when: str) -> bool:
    """Run until the kill; return whether it came."""
    world.kill_at, world.kill_when = world.sent + at, when
    try:
        world.run(raw)
    except Killed:
        return True
    finally:
        world.kill_at = -1
    return False
