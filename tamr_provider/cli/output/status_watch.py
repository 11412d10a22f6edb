"""A status that is repeated: redrawn on a terminal, elsewhere printed when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.errors import TamrError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from tamr_provider.environments.status import EnvironmentStatus

INTERVAL_SECONDS = 10.0  # A job takes minutes, and several people may watch one tenant.


def watch(
    read: Callable[[threading.Event], list[EnvironmentStatus]],
    show: Callable[[Sequence[EnvironmentStatus]], None],
    over: threading.Event,
    wait: Callable[[threading.Event, float], bool],
    *,
    redraws: bool,
) -> None:
    """Read and show until `over` is set. Raises TamrError if the first reading fails.

    Later it is printed: a stack file may be invalid while it is edited.
    """
    shown: object = None
    while not over.is_set():
        try:
            environments = read(over)
        except TamrError as error:
            if shown is None:
                raise
            say("\n".join(f"error: {line}" for line in str(error).splitlines()), err=True)
        else:
            if over.is_set():
                return
            facts = _list_facts(environments)
            if redraws:
                click.clear()
            if redraws or facts != shown:
                show(environments)
            shown = facts
        wait(over, INTERVAL_SECONDS)


def _list_facts(environments: Sequence[EnvironmentStatus]) -> list[object]:
    """Return what a change of is worth a new block: not how long something has lasted."""
    return [
        (
            environment.stack,
            status.name,
            status.product.version,
            status.deployed_version,
            status.is_stale,
            status.progress.needs_action,
            tuple((step.state, step.job_id, step.until) for step in status.progress.steps),
        )
        for environment in environments
        for status in environment.products
    ]
