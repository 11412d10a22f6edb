"""Real runners, really killed: SIGKILL before and after single requests, then started again."""

from __future__ import annotations

import pytest

from support.process_kills import kill_host, kill_tamr_up
from support.schedule_player import AFTER, BEFORE

# The first requests of a run: look, usual durations, POST, look; then well into the waiting.
MOMENTS = [1, 3, 5, 9, 20]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("at", MOMENTS)
def test_a_killed_tamr_up_runs_no_job_twice_and_loses_none(at: int, when: str) -> None:
    trap, problems = kill_tamr_up(at, when)
    assert trap.sprung
    assert problems == []


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("at", MOMENTS)
def test_a_killed_provider_host_runs_no_job_twice_and_loses_none(at: int, when: str) -> None:
    trap, problems = kill_host(at, when)
    assert trap.sprung
    assert problems == []
