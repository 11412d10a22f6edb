"""An emulated tenant in a process of its own, on a clock that runs faster, with a history."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bench.scenario import Job, Scenario

KEY = "any"
_PENDING = 5.0


class Tenant:
    """Talks to one emulator as a bystander."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, headers={"X-API-KEY": KEY}, timeout=60)

    def start(self, job: Job) -> None:
        body = {"configuration": job.configuration}
        self._http.post("/api/v1beta1/jobs", json=body).raise_for_status()

    def record(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._http.get("/_emulator/record").json()
        return answer


@contextmanager
def emulate_scenario(
    scenario: Scenario, folder: Path, speed: float, history: bool = True
) -> Iterator[Tenant]:
    """Run a tenant on which the scenario's others have just started."""
    state, script = folder / "state.json", folder / "script.json"
    now = datetime.now(timezone.utc)
    earlier = list(_earlier(scenario.jobs, now)) if history else []
    write_state(state, earlier, now, speed)
    rules = [
        {"type": each.type, **each.ids, "duration": f"{each.seconds:.3f}s"}
        for each in (*scenario.jobs, *scenario.others)
    ]
    script.write_text(json.dumps({"jobs": rules}), encoding="utf-8")
    options = ["--state", str(state), "--faults", str(script), "--slots", str(scenario.slots)]
    with run_emulator(speed, *options) as tenant:
        for other in scenario.others:
            tenant.start(other)
        yield tenant


@contextmanager
def run_emulator(speed: float, *options: str) -> Iterator[Tenant]:
    """Run `tamr emulator`, and end it."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tamr_provider", "emulator", "--port", "0"),
            *("--speed", str(speed), "--pending", f"{_PENDING}s", *options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Tenant(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _earlier(jobs: Iterable[Job], now: datetime) -> Iterator[dict[str, Any]]:
    for days in range(1, 60):
        for job in jobs:
            if days <= len(job.earlier):
                created = now - timedelta(days=60 + days)
                yield make_past_job(job.type, job.ids, created, job.earlier[days - 1])


def make_past_job(
    type_: str, ids: dict[str, str], created: datetime, seconds: float
) -> dict[str, Any]:
    """Return a job that succeeded, as the emulator's state file spells it."""
    course = {"pending": _PENDING, "duration": seconds, "stopping": 2.0, "outcome": "succeeded"}
    return {
        "type": type_,
        "ids": ids,
        "created": created.isoformat(),
        "stopAsked": None,
        "course": {**course, "error": None, "stopsTooLate": False},
    }


def write_state(path: Path, jobs: list[dict[str, Any]], now: datetime, speed: float) -> None:
    """Write a state file; jobs get their ids in the order of their creation."""
    clock = {"real": now.isoformat(), "emulated": now.isoformat(), "speed": speed}
    ordered = sorted(jobs, key=lambda each: str(each["created"]))
    named = [{"id": f"job_h{number}", **each} for number, each in enumerate(ordered)]
    state = {"version": 1, "clock": clock, "jobs": named}
    path.write_text(json.dumps(state), encoding="utf-8")
