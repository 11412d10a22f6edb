"""Real runs killed with SIGKILL before and after single requests, then started again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.process_kills import kill_host, kill_tamr_up
from support.schedule_player import AFTER, BEFORE

if TYPE_CHECKING:
    from collections.abc import Callable

# The first requests of a run: list, durations, POST, list; then some while it waits.
REQUESTS = [1, 3, 5, 9, 20]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("at", REQUESTS)
@pytest.mark.parametrize("kill", [kill_tamr_up, kill_host])
def test_a_killed_process_runs_no_job_twice_and_loses_none(
    kill: Callable[[int, str], tuple[Any, list[str]]], at: int, when: str
) -> None:
    trap, problems = kill(at, when)
    assert trap.sprung
    assert problems == []
