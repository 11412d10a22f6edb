"""What it costs to start: CPU time over that of a Python that does nothing."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from bench.contenders import write_project
from bench.planning import make_product, make_run
from bench.processes import measure_cost
from bench.tenant import KEY, run_emulator, write_state

_RUNS = 15


@dataclass(frozen=True)
class StartFigures:
    """CPU seconds of each run."""

    nothing: tuple[float, ...]
    help: tuple[float, ...]
    plan: tuple[float, ...]
    plan_requests: int

    def over(self, one: tuple[float, ...]) -> float:
        return statistics.median(one) / statistics.median(self.nothing)


def measure_starts() -> StartFigures:
    """Run each in turn, so that whatever else the machine does hits all of them."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    since = now - timedelta(days=2)
    jobs = [job for n in range(2) for job in make_run(n, since)]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        write_state(folder / "state.json", jobs, now, 1)
        write_project(folder, {f"product{n}": make_product(n, since) for n in range(2)})
        tamr = str(Path(sys.executable).parent / "tamr")
        with run_emulator(1, "--state", str(folder / "state.json")) as tenant:
            environment = {**os.environ, "TAMR_URL": tenant.url, "TAMR_API_KEY": KEY}
            commands = {
                "nothing": [sys.executable, "-c", "pass"],
                "help": [tamr, "--help"],
                "plan": [tamr, "plan", "--stack", "bench"],
            }
            seconds: dict[str, list[float]] = {name: [] for name in commands}
            for _ in range(_RUNS):
                for name, command in commands.items():
                    seconds[name].append(measure_cost(command, environment, folder).cpu)
            requests = len(tenant.record()["requests"]) // _RUNS
    nothing, help_, plan = (tuple(second) for second in seconds.values())
    return StartFigures(nothing, help_, plan, requests)
