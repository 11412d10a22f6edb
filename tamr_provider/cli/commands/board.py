"""`tamr board`."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tamr_provider.atomic_write import write_file
from tamr_provider.cli.commands.status import read_environments
from tamr_provider.cli.context import directory_option
from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.environments.status import EnvironmentStatus
    from tamr_provider.environments.timeline import Timeline
    from tamr_provider.planning.plan import Plan

_BACK = timedelta(hours=24)


@click.command()
@directory_option
@click.option("--stack", "stacks", multiple=True, help="Only this one; may be given again.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the page to this file.",
)
@click.option(
    "--serve",
    "port",
    type=click.IntRange(0, 65535),
    is_flag=False,
    flag_value=0,
    help="Serve it to this machine's browsers and keep it current.  [port: any free one]",
)
def board(directory: Path, stacks: tuple[str, ...], out: Path | None, port: int | None) -> None:
    """Draw every product in every environment, and each tenant's last day, as a page.

    The page is one file that needs nothing else. Asks every stack's tenant, with the key in
    TAMR_API_KEY_<STACK> or TAMR_API_KEY; one that cannot be asked is shown as such.
    """
    if (out is None) == (port is None):
        raise InputError("give --out FILE for a file, or --serve for a page that stays current")
    if out is not None:
        _write(out, page(directory, stacks))
        return
    from tamr_provider.cli.output.board_server import EVERY_SECONDS, serve

    serve(lambda: page(directory, stacks, EVERY_SECONDS), port or 0)


def page(directory: Path, stacks: Sequence[str], refresh_seconds: int = 0) -> str:
    """Return the page as of now."""
    from tamr_provider.cli.output.page import render
    from tamr_provider.cli.output.page.matrix import in_order
    from tamr_provider.clock import SystemClock
    from tamr_provider.stackfile.project import find_project

    environments = in_order(read_environments(directory, stacks, _BACK))
    project = find_project(directory).name
    now = SystemClock().now()
    return render(project, environments, timelines(environments), now, refresh_seconds)


def timelines(environments: Sequence[EnvironmentStatus]) -> list[Timeline]:
    """Return a timeline for each tenant that answered; stacks on one tenant share it."""
    from tamr_provider.environments.timeline import build_timeline

    plans: dict[str, dict[str, Plan]] = defaultdict(dict)
    jobs: dict[str, dict[str, object]] = defaultdict(dict)
    for environment in environments:
        if environment.plan is not None and environment.snapshot is not None:
            plans[environment.url][environment.stack] = environment.plan
            jobs[environment.url].update((job.id, job) for job in environment.snapshot.jobs)
    return [build_timeline(url, its, jobs[url].values(), _BACK) for url, its in plans.items()]  # type: ignore[arg-type]


def _write(path: Path, text: str) -> None:
    try:
        write_file(path, text)
    except OSError as error:
        raise InputError(f"--out: {path} cannot be written: {error.strerror}") from None
