"""`tamr board`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import click

from tamr_provider.cli.context import CLOCK, directory_option, stacks_option, warn_once
from tamr_provider.errors import InputError

_BACK = timedelta(hours=24)


@click.command()
@directory_option
@stacks_option
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page to this file."
)
@click.option(
    "--serve",
    "port",
    type=click.IntRange(0, 65535),
    is_flag=False,
    flag_value=0,
    help="Serve the page on localhost and refresh it automatically.  [port: any free one]",
)
def board(directory: Path, stacks: tuple[str, ...], out: Path | None, port: int | None) -> None:
    """Generate an HTML page with the status of every product in every environment.

    The page is one file without dependencies, and shows the last 24 hours of each tenant's jobs.
    Queries every stack's tenant with the key in TAMR_API_KEY_<STACK> or TAMR_API_KEY. A tenant that
    does not respond is shown as unknown.
    """
    from tamr_provider.atomic_write import write_file
    from tamr_provider.cli.output.board_server import REFRESH_SECONDS, serve

    if (out is None) == (port is None):
        raise InputError("add --out FILE to write a file, or --serve to serve a page")
    if out is None:
        serve(lambda: _make_page(directory, stacks, REFRESH_SECONDS), port or 0, CLOCK)
        return
    try:
        write_file(out, _make_page(directory, stacks))
    except OSError as error:
        raise InputError(f"--out: cannot write {out}: {error.strerror}") from None


def _make_page(directory: Path, stacks: tuple[str, ...], refresh_seconds: int = 0) -> str:
    from tamr_provider.cli.output.page import format_page
    from tamr_provider.environments.status import sort_by_promotion
    from tamr_provider.environments.status_reader import read_environments
    from tamr_provider.environments.timeline import build_timelines
    from tamr_provider.stackfile.project import find_project

    project = find_project(directory)
    environments = sort_by_promotion(
        read_environments(project, stacks, os.environ, CLOCK, warn_once(), back=_BACK)
    )
    timelines = build_timelines(environments, _BACK)
    return format_page(project.name, environments, timelines, CLOCK.now(), refresh_seconds)
