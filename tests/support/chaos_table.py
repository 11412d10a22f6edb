"""`make chaos`: every schedule, and a table of what came of them."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from support import concurrent_runs, degraded_tenant, process_kills, schedules
from support.run_model import run_model

if TYPE_CHECKING:
    from collections.abc import Callable

FAMILIES: list[Callable[[], schedules.Tally]] = [
    lambda: process_kills.every_boundary(
        "tamr up, SIGKILL at every request", process_kills.kill_tamr_up
    ),
    lambda: process_kills.every_boundary(
        "the host, SIGKILL at every request", process_kills.kill_host
    ),
    lambda: schedules.every_kill(1),
    lambda: schedules.every_pair_of_kills(1),
    lambda: schedules.every_answer(1),
    lambda: schedules.late_requests(1),
    lambda: schedules.random_faults(300),
    lambda: concurrent_runs.races(2, 200),
    lambda: concurrent_runs.races(3, 200),
    lambda: concurrent_runs.races(8, 30),
    lambda: concurrent_runs.races(3, 300, kills=1),
    lambda: concurrent_runs.races(3, 300, kills=2),
    lambda: concurrent_runs.races(8, 30, kills=4),
    lambda: concurrent_runs.races(3, 300, kills=1, share=0.2),
    schedules.skewed_clocks,
    lambda: concurrent_runs.overlapping_stacks(100),
    lambda: concurrent_runs.beside_a_person(200),
    lambda: concurrent_runs.stopped_by_a_person(1, 100),
    lambda: concurrent_runs.stopped_by_a_person(2, 100),
    lambda: concurrent_runs.stopped_by_a_person(2, 200, kills=1),
    degraded_tenant.starvation,
    lambda: degraded_tenant.long_history(100_000, Path(tempfile.mkdtemp())),
    lambda: degraded_tenant.lag_of_the_list(5, 4),
    lambda: degraded_tenant.lag_of_the_list(30, 4),
    lambda: degraded_tenant.lag_of_the_list(100, 4),
]
EXAMPLES = 3000
COLUMNS = ("schedules", "jobs", "duplicates", "losses", "extra requests", "seconds")


def main() -> int:
    print(f"{'':<48}" + "".join(f"{column:>15}" for column in COLUMNS))
    wrong = []
    for family in FAMILIES:
        start = time.monotonic()
        tally = family()
        counts = (
            tally.schedules,
            tally.jobs,
            tally.duplicates,
            tally.losses,
            tally.extra_requests,
            round(time.monotonic() - start),
        )
        print(f"{tally.name:<48}" + "".join(f"{count:>15,}" for count in counts), flush=True)
        wrong += [f"{tally.name}: {problem}" for problem in tally.wrong]
    wrong += _model()
    print("\n".join(["", *wrong[:50]]) if wrong else "\nNothing went wrong.")
    return bool(wrong)


def _model() -> list[str]:
    """Play the stateful model; it judges by itself and has no columns but the first."""
    start = time.monotonic()
    try:
        run_model(EXAMPLES, moves=60, derandomize=False)
    except Exception:  # noqa: BLE001 - told like every other failure
        return [traceback.format_exc()]
    seconds = round(time.monotonic() - start)
    print(f"{'the model, any interleaving':<48}{EXAMPLES:>15,}{'':<60}{seconds:>15,}", flush=True)
    return []


if __name__ == "__main__":
    sys.exit(main())
