"""Who runs a scenario: ours in both ways in, and what a user would take instead."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figures import POLL_LOOP_SECONDS, Figures, measure
from bench.tenant import KEY, emulate_scenario

if TYPE_CHECKING:
    from bench.scenario import Scenario

ROOT = Path(__file__).parent.parent
POLL_SECONDS = 2.0  # the default of TAMR_POLL_SECONDS
_IN_FLIGHT = "256"  # creates; by default the engine has 4 for each core

Command = Callable[["Scenario", Path, str, float], "list[str]"]


@dataclass(frozen=True)
class Contender:
    """A way to run a scenario; `poll_seconds` is unscaled, `history` makes durations known."""

    name: str
    command: Command
    history: bool = True
    poll_seconds: float = POLL_SECONDS


def run(contender: Contender, scenario: Scenario, speed: float) -> Figures:
    """Run a scenario to its end and return its figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with emulate_scenario(scenario, folder, speed, contender.history) as tenant:
            command = contender.command(scenario, folder, tenant.url, speed)
            done = subprocess.run(
                command,
                cwd=folder,
                env=_environment(folder, tenant.url, contender.poll_seconds / speed),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"{contender.name}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
            return measure(scenario, tenant.record())


def _environment(folder: Path, url: str, poll_seconds: float) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TAMR_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {
        **kept,
        "PATH": path,
        "TAMR_URL": url,
        "TAMR_API_KEY": KEY,
        "TAMR_POLL_SECONDS": f"{poll_seconds:.6f}",
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PREFECT_HOME": str(folder / "prefect"),
    }


def write_project(folder: Path, products: dict[str, Any], name: str = "tamr-pipelines") -> None:
    """Write a project with a stack `bench` that holds the products."""
    for part in ("Pulumi.yaml", "stacks"):
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("Pulumi.*.yaml"))
        else:
            shutil.copy(source, folder / part)
    stack = {"config": {"tamr:url": "https://bench.tamr.cloud", f"{name}:products": products}}
    # JSON is YAML.
    text = json.dumps(stack, indent=1)
    (folder / "stacks" / "Pulumi.bench.yaml").write_text(text, encoding="utf-8")


def _tamr_up(scenario: Scenario, folder: Path, _url: str, _speed: float) -> list[str]:
    write_project(folder, scenario.products())
    return ["tamr", "up", "--stack", "bench"]


def _pulumi_up(scenario: Scenario, folder: Path, _url: str, _speed: float) -> list[str]:
    write_project(folder, scenario.products())
    up = f"pulumi up --yes --skip-preview --parallel {_IN_FLIGHT} --stack bench"
    return ["sh", "-c", f"pulumi stack init bench >&2; exec {up}"]


def _write_plan(scenario: Scenario, folder: Path) -> Path:
    plan = folder / "plan.json"
    products = [
        [[job.configuration for job in part] for part in (p.loads, (p.update,), p.publishes)]
        for p in scenario.pipelines
    ]
    plan.write_text(json.dumps(products), encoding="utf-8")
    return plan


def _poll_loop(way: str, threads: int) -> Command:
    def command(scenario: Scenario, folder: Path, url: str, speed: float) -> list[str]:
        plan, look = _write_plan(scenario, folder), str(POLL_LOOP_SECONDS / speed)
        script = ROOT / "bench" / "poll_loop.py"
        return [sys.executable, str(script), url, str(plan), look, way, str(threads)]

    return command


def _prefect(scenario: Scenario, folder: Path, url: str, speed: float) -> list[str]:
    plan, look = _write_plan(scenario, folder), str(POLL_LOOP_SECONDS / speed)
    script = ROOT / "bench" / "prefect_flow.py"
    return [os.environ["PEERS_PYTHON"], str(script), url, str(plan), look]


TAMR_UP = Contender("tamr up", _tamr_up)
TAMR_UP_FIRST = Contender("tamr up, no history", _tamr_up, history=False)
TAMR_UP_30 = Contender("tamr up, TAMR_POLL_SECONDS=30", _tamr_up, poll_seconds=30)
TAMR_UP_30_FIRST = Contender(
    "tamr up, TAMR_POLL_SECONDS=30, no history", _tamr_up, history=False, poll_seconds=30
)
PULUMI_UP = Contender("pulumi up", _pulumi_up)
POLL_LOOP = Contender("poll loop, step by step", _poll_loop("product", 1))
POOL = Contender("poll loop, 5 threads, a product each", _poll_loop("product", 5))
JOB_POOL = Contender("poll loop, 5 threads, a job each", _poll_loop("job", 5))
PREFECT = Contender("Prefect, limit 5", _prefect)
