"""Run every scenario and write docs/performance.md and its pictures; about ten minutes."""

from __future__ import annotations

import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench import contenders, engine, idle_wait, planning, policies, startup
from bench.contenders import Contender
from bench.figures import Figures
from bench.scenario import scenario_a, scenario_b

# An answer takes as long on any clock: the faster that is, the more tenant time it takes.
SPEED, _SLOWER = 200.0, 100.0
_SPEED_OF_A_LONG_JOB = 1200.0
SEEDS = range(3)
_LANES = 6  # runs side by side: they wait nearly all the time
_HEAVY_LANES = 2  # the same for those whose start takes a processor for seconds
Rows = dict[str, list[Figures]]


def main() -> None:
    began = time.monotonic()
    pulumi = shutil.which("pulumi") is not None
    results: dict[str, Any] = {"pulumi": pulumi, "speed": SPEED, "seeds": len(SEEDS)}
    # First, while this process is small: the most memory of a child counts from its fork on.
    _say("C: plans of what is done")
    results["plans"] = [
        planning.measure_plan("300 steps", 300),
        planning.measure_plan("300 steps among 9,000 new jobs of others", 300, 9000),
        planning.measure_plan("3,000 steps", 3000),
    ]
    _say("A and B: pipelines on an emulated tenant")
    results["slower"] = _SLOWER
    results["a"], results["a slower"], results["b"] = pipelines(pulumi)
    _say("policies of the slot queue, on paper")
    results["policies"] = policies.compare_policies(range(200))
    _say("starting and waiting")
    results["starts"], results["memory"] = startup.measure_starts(), idle_wait.measure_memory()
    results["idle"] = idle_wait.measure_idle()
    if pulumi:
        _say("D: pulumi up with nothing to do")
        results["engine"] = engine.measure_idle()
    from bench import page  # noqa: PLC0415 - with matplotlib, see above

    page.write(results)
    _say(f"docs/performance.md is written, after {time.monotonic() - began:.0f} s")


def pipelines(pulumi: bool) -> tuple[Rows, Rows, Rows]:
    """Return the figures of every arm: scenario A for each seed, ours again slower, B once."""
    # What starts first starts beside everything else, so the rows that are compared come later.
    many = [contenders.TAMR_UP_30, contenders.TAMR_UP_30_FIRST, contenders.TAMR_UP]
    many += [contenders.JOB_POOL, contenders.POOL, contenders.TAMR_UP_FIRST]
    heavy = [contenders.PREFECT] if os.environ.get("PEERS_PYTHON") else []
    heavy += [contenders.PULUMI_UP] if pulumi else []
    again = [contenders.TAMR_UP, contenders.TAMR_UP_FIRST]
    one = [
        contenders.TAMR_UP,
        contenders.TAMR_UP_FIRST,
        contenders.TAMR_UP_30,
        contenders.POLL_LOOP,
    ]
    with (
        ThreadPoolExecutor(len(SEEDS) * (1 + len(again))) as slow,
        ThreadPoolExecutor(_HEAVY_LANES) as few,
        ThreadPoolExecutor(_LANES) as lanes,
    ):
        # These last long, and are hardly any work for the machine.
        sequential = [slow.submit(_run, contenders.POLL_LOOP, seed) for seed in SEEDS]
        slower = {
            contender.name: [slow.submit(_run, contender, seed, _SLOWER) for seed in SEEDS]
            for contender in again
        }
        a = {
            contender.name: [few.submit(_run, contender, seed) for seed in SEEDS]
            for contender in heavy
        }
        a |= {
            contender.name: [lanes.submit(_run, contender, seed) for seed in SEEDS]
            for contender in many
        }
        b = {contender.name: [lanes.submit(_run_b, contender)] for contender in one}
        a[contenders.POLL_LOOP.name] = sequential
        return _results(a), _results(slower), _results(b)


def _results(futures: dict[str, list[Any]]) -> Rows:
    return {name: [run.result() for run in runs] for name, runs in futures.items()}


def _run(contender: Contender, seed: int, speed: float = SPEED) -> Figures:
    figures = contenders.run(contender, scenario_a(seed), speed)
    _say(f"  A, seed {seed}, {contender.name}, {speed:g} times: {figures.ratio:.3f} of the bound")
    return figures


def _run_b(contender: Contender) -> Figures:
    return contenders.run(contender, scenario_b(0), _SPEED_OF_A_LONG_JOB)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
