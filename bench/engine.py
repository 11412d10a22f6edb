"""`pulumi up` with a thousand steps and nothing to do, against a program that does nothing."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from bench.contenders import ROOT, write_project
from bench.planning import make_product, make_run
from bench.processes import measure_cost
from bench.tenant import KEY, run_emulator, write_state

OURS, BARE, FULL = "ours", "empty resources", "empty resources with as many properties"
COMPONENTS = 200  # of five steps each
_RUNS = 2


@dataclass(frozen=True)
class IdleFigures:
    """Seconds of `up`s with nothing to do, and the bytes that a step takes in the state."""

    seconds: dict[str, list[float]]
    bytes: dict[str, dict[str, float]]

    def over(self, program: str) -> float:
        """Return how much longer ours takes than another, as a share of that."""
        ours = statistics.median(self.seconds[OURS])
        return ours / statistics.median(self.seconds[program]) - 1


def measure_idle() -> IdleFigures:
    """Run both programs in turn, after a first `up` of each."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    since = now - timedelta(days=20)
    jobs = [job for n in range(COMPONENTS) for job in make_run(n, since + timedelta(minutes=n))]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        write_state(folder / "state.json", jobs, now, 1)
        folders = {name: folder / name.replace(" ", "-") for name in (OURS, BARE, FULL)}
        products = {f"product{n:04}": make_product(n, since) for n in range(COMPONENTS)}
        folders[OURS].mkdir()
        write_project(folders[OURS], products)
        _write_bare(folders[BARE], full=False)
        _write_bare(folders[FULL], full=True)
        with run_emulator(1, "--state", str(folder / "state.json")) as tenant:
            environment = {**os.environ, **_engine(folder), "TAMR_URL": tenant.url}
            for path in folders.values():
                measure_cost(["pulumi", "stack", "init", "bench"], environment, path)
                measure_cost(_UP, {**environment, **_QUICK}, path)
            seconds: dict[str, list[float]] = {name: [] for name in folders}
            for _ in range(_RUNS):
                for name, each in folders.items():
                    seconds[name].append(measure_cost(_UP, environment, each).wall)
            states = {
                name: json.loads(
                    measure_cost(["pulumi", "stack", "export"], environment, each).output
                )
                for name, each in folders.items()
            }
    sizes = {name: _bytes(each["deployment"]["resources"]) for name, each in states.items()}
    return IdleFigures(seconds, sizes)


_UP = [*("pulumi", "up", "--yes", "--skip-preview", "--stack", "bench"), "--parallel", "256"]
# Without it the engine writes the whole state once for each of the first creates: minutes.
_QUICK = {"PULUMI_SKIP_CHECKPOINTS": "true"}


def _engine(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "TAMR_API_KEY": KEY,
    }


def _write_bare(folder: Path, *, full: bool) -> None:
    shutil.copytree(ROOT / "bench" / "bare", folder / "stacks")
    project = {
        "name": folder.name,
        "runtime": "python",
        "main": "stacks",
        "stackConfigDir": "stacks",
    }
    (folder / "Pulumi.yaml").write_text(json.dumps(project), encoding="utf-8")
    stack = {"config": {f"{folder.name}:components": COMPONENTS, f"{folder.name}:full": full}}
    (folder / "stacks" / "Pulumi.bench.yaml").write_text(json.dumps(stack), encoding="utf-8")


def _bytes(resources: list[dict[str, object]]) -> dict[str, float]:
    """Return the bytes of a dynamic resource, and those of its largest parts."""
    found = [resource for resource in resources if ":dynamic" in str(resource["type"])]
    parts = ("inputs", "outputs", "stackTrace")
    return {
        "all": statistics.mean(_size(entry) for entry in found),
        **{part: statistics.mean(_size(entry.get(part)) for entry in found) for part in parts},
    }


def _size(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":")))
