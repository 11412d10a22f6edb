"""Real runners, really killed: SIGKILL before and after single requests, then started again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chaos import AFTER, BEFORE
from killing import kill_host, kill_tamr_up

if TYPE_CHECKING:
    from pathlib import Path

# The first requests of a run: look, usual durations, POST, look; then well into the waiting.
MOMENTS = [1, 3, 4, 9]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("at", MOMENTS)
def test_a_killed_tamr_up_runs_no_job_twice_and_loses_none(
    tmp_path: Path, at: int, when: str
) -> None:
    assert kill_tamr_up(tmp_path, at, when) == []


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("at", [2, 3, 8])
def test_a_killed_provider_host_runs_no_job_twice_and_loses_none(at: int, when: str) -> None:
    assert kill_host(at, when) == []
