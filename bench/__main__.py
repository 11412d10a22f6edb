"""Run every scenario and write docs/performance.md and its pictures; about ten minutes."""

from __future__ import annotations

import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench import arms, engine, plans, policies, start, waiting
from bench.arms import Arm
from bench.figures import Figures
from bench.scenario import scenario_a, scenario_b

# An answer takes as long on any clock: the faster that is, the more tenant time it takes.
SPEED, _SLOWER = 200.0, 100.0
_SPEED_OF_A_LONG_JOB = 1200.0
SEEDS = range(3)
_LANES = 6  # runs side by side: they wait nearly all the time
_HEAVY_LANES = 2  # the same for those whose start takes a processor for seconds
EngineReporter = dict[str, list[Figures]]


def main() -> None:
    began = time.monotonic()
    pulumi = shutil.which("pulumi") is not None
    results: dict[str, Any] = {"pulumi": pulumi, "speed": SPEED, "seeds": len(SEEDS)}
    # First, while this process is small: the most memory of a child counts from its fork on.
    _say("C: plans of what is done")
    results["plans"] = [
        plans.plan("300 steps", 300),
        plans.plan("300 steps among 9,000 new jobs of others", 300, 9000),
        plans.plan("3,000 steps", 3000),
    ]
    _say("A and B: pipelines on an emulated tenant")
    results["slower"] = _SLOWER
    results["a"], results["a slower"], results["b"] = pipelines(pulumi)
    _say("policies of the slot queue, on paper")
    results["policies"] = policies.compare(range(200))
    _say("starting and waiting")
    results["starts"], results["memory"] = start.starts(), waiting.memory()
    results["idle"] = waiting.idle()
    if pulumi:
        _say("D: pulumi up with nothing to do")
        results["engine"] = engine.idle()
    from bench import page  # noqa: PLC0415 - with matplotlib, see above

    page.write(results)
    _say(f"docs/performance.md is written, after {time.monotonic() - began:.0f} s")


def pipelines(pulumi: bool) -> tuple[EngineReporter, EngineReporter, EngineReporter]:
    """Return the figures of every arm: scenario A for each seed, ours again slower, B once."""
    # What starts first starts beside everything else, so the rows that are compared come later.
    many = [arms.TAMR_UP_30, arms.TAMR_UP_30_FIRST, arms.TAMR_UP]
    many += [arms.JOB_POOL, arms.POOL, arms.TAMR_UP_FIRST]
    heavy = [arms.PREFECT] if os.environ.get("PEERS_PYTHON") else []
    heavy += [arms.PULUMI_UP] if pulumi else []
    again = [arms.TAMR_UP, arms.TAMR_UP_FIRST]
    one = [arms.TAMR_UP, arms.TAMR_UP_FIRST, arms.TAMR_UP_30, arms.POLL_LOOP]
    with (
        ThreadPoolExecutor(len(SEEDS) * (1 + len(again))) as slow,
        ThreadPoolExecutor(_HEAVY_LANES) as few,
        ThreadPoolExecutor(_LANES) as lanes,
    ):
        # These last long, and are hardly any work for the machine.
        sequential = [slow.submit(_run, arms.POLL_LOOP, seed) for seed in SEEDS]
        slower = {
            arm.name: [slow.submit(_run, arm, seed, _SLOWER) for seed in SEEDS] for arm in again
        }
        a = {arm.name: [few.submit(_run, arm, seed) for seed in SEEDS] for arm in heavy}
        a |= {arm.name: [lanes.submit(_run, arm, seed) for seed in SEEDS] for arm in many}
        b = {arm.name: [lanes.submit(_run_b, arm)] for arm in one}
        a[arms.POLL_LOOP.name] = sequential
        return _results(a), _results(slower), _results(b)


def _results(futures: dict[str, list[Any]]) -> EngineReporter:
    return {name: [run.result() for run in runs] for name, runs in futures.items()}


def _run(arm: Arm, seed: int, speed: float = SPEED) -> Figures:
    figures = arms.run(arm, scenario_a(seed), speed)
    _say(f"  A, seed {seed}, {arm.name}, {speed:g} times: {figures.ratio:.3f} of the bound")
    return figures


def _run_b(arm: Arm) -> Figures:
    return arms.run(arm, scenario_b(0), _SPEED_OF_A_LONG_JOB)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
