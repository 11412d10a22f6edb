"""The launch protocol holds in any interleaving; `make chaos` plays many more of them."""

from __future__ import annotations

from support.run_model import run_model


def test_no_interleaving_of_runs_users_kills_and_clocks_runs_a_job_twice() -> None:
    run_model(examples=60, moves=40, derandomize=True)
