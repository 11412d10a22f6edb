"""`make chaos`: every schedule, and a table of what came of them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import schedules

if TYPE_CHECKING:
    from collections.abc import Callable

FAMILIES: list[Callable[[], schedules.Tally]] = [
    lambda: schedules.every_kill(1),
    lambda: schedules.every_pair_of_kills(5),
    lambda: schedules.every_answer(1),
    lambda: schedules.late_requests(1),
    lambda: schedules.random_faults(300),
    lambda: schedules.races(2, 200),
    lambda: schedules.races(3, 200),
    lambda: schedules.races(8, 30),
    lambda: schedules.races(3, 300, kills=1),
    lambda: schedules.races(3, 300, kills=2),
    lambda: schedules.races(8, 30, kills=4),
    lambda: schedules.races(3, 300, kills=1, share=0.2),
    schedules.skewed_clocks,
    schedules.starvation,
]
COLUMNS = ("schedules", "jobs", "duplicates", "losses", "extra requests", "seconds")


def main() -> int:
    print(f"{'':<48}" + "".join(f"{each:>15}" for each in COLUMNS))
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
        print(f"{tally.name:<48}" + "".join(f"{each:>15,}" for each in counts), flush=True)
        wrong += [f"{tally.name}: {each}" for each in tally.wrong]
    print("\n".join(["", *wrong[:50]]) if wrong else "\nNothing went wrong.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
