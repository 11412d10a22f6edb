"""The launch protocol holds in any interleaving; `make chaos` plays many more of them."""

from __future__ import annotations

from model import run_model


def test_no_interleaving_of_runners_people_losses_and_crashes_breaks_the_protocol() -> None:
    run_model(examples=60, moves=40, derandomize=True)
