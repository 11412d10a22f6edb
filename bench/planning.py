"""Planning what is done already: many steps, over a history of ten thousand jobs."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from bench.contenders import write_project
from bench.processes import Cost, measure_cost
from bench.tenant import KEY, make_past_job, run_emulator, write_state

HISTORY = 10_000
_STEPS = 5  # of a product


@dataclass(frozen=True)
class PlanFigures:
    """`new` are the jobs since the products' since, others' included; `limit` is the goal."""

    name: str
    steps: int
    new: int
    requests: int
    cost: Cost

    @property
    def limit(self) -> float:
        return min(self.new / 30, self.steps / 20) + 5


def measure_plan(name: str, steps: int, others: int = 0) -> PlanFigures:
    """Plan satisfied steps; `others` are jobs of somebody else since then, between ours."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    since = now - timedelta(days=20)
    numbers = range(steps // _STEPS)
    ours = [
        job for number in numbers for job in make_run(number, since + timedelta(minutes=number))
    ]
    foreign = [
        make_past_job(
            "load", {"sourceId": f"other_{n}"}, since + timedelta(days=19) * n / others, 60
        )
        for n in range(others)
    ]
    before = list(_earlier_runs(numbers, since, HISTORY - len(ours) - len(foreign)))
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        write_state(folder / "state.json", [*before, *ours, *foreign], now, 1)
        products = {f"product{n:04}": make_product(n, since) for n in numbers}
        write_project(folder, products)
        with run_emulator(1, "--state", str(folder / "state.json")) as tenant:
            command = [sys.executable, "-m", "tamr_provider", "plan", "--stack", "bench", "--json"]
            environment = {**os.environ, "TAMR_URL": tenant.url, "TAMR_API_KEY": KEY}
            spent = measure_cost(command, environment, folder)
            requests = len(tenant.record()["requests"])
    satisfied = spent.output.count('"action": "none"')
    if satisfied != steps:
        raise RuntimeError(f"{satisfied} of {steps} steps are satisfied")
    return PlanFigures(name, steps, len(ours) + len(foreign), requests, spent)


def make_product(number: int, since: datetime) -> dict[str, Any]:
    return {
        "version": "2026-11-20",
        "since": since.isoformat(),
        "sources": [f"src_{number}_a", f"src_{number}_b"],
        "dataProduct": f"dp_{number}",
        "publish": [f"golden {number}", f"mapping {number}"],
    }


def make_run(number: int, start: datetime) -> Iterator[dict[str, Any]]:
    """Yield the jobs of one run of a product, a minute each."""
    owner = {"dataProductId": f"dp_{number}"}
    for source in ("a", "b"):
        yield make_past_job("load", {"sourceId": f"src_{number}_{source}"}, start, 60)
    yield make_past_job("update", owner, start + timedelta(minutes=5), 60)
    for end in ("golden", "mapping"):
        ids = {"destinationId": f"{end} {number}", **owner}
        yield make_past_job("publish", ids, start + timedelta(minutes=10), 60)


def _earlier_runs(numbers: range, since: datetime, wanted: int) -> Iterator[dict[str, Any]]:
    """Yield jobs of earlier runs, a run of all products each day."""
    left = wanted
    for day in range(1, wanted + 1):
        for number in numbers:
            for job in make_run(number, since - timedelta(days=day) + timedelta(minutes=number)):
                if not left:
                    return
                left -= 1
                yield job
