"""`tamr board`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import click

from tamr_provider.cli.context import CLOCK, directory_option, stacks_option, warn_once
from tamr_provider.errors import InputError

_BACK = timedelta(days=7)
_BACK_WHEN_SERVED = timedelta(hours=24)  # A week of a busy tenant is too much for every minute.
_FILE = Path("board.html")


@click.command()
@directory_option
@stacks_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the page to this file.  [default: board.html]",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--serve",
    "port",
    type=click.IntRange(0, 65535),
    is_flag=False,
    flag_value=0,
    help="Serve the page on localhost and refresh it automatically.  [port: any free one]",
)
def board(
    directory: Path, stacks: tuple[str, ...], out: Path | None, opens: bool, port: int | None
) -> None:
    """Generate an HTML page with the status of every product in every environment.

    The page is one file without dependencies. It shows the last 7 days of each tenant's jobs, or
    the last 24 hours with --serve. Queries every stack's tenant with the key in
    TAMR_API_KEY_<STACK> or TAMR_API_KEY. A tenant that does not respond is shown as unknown.
    """
    from tamr_provider.cli.output.board_file import open_page, write_page
    from tamr_provider.cli.output.board_server import REFRESH_SECONDS, serve

    if port is None:
        write_page(_make_page(directory, stacks, _BACK), out or _FILE, opens)
        return
    if out is not None:
        raise InputError("--serve writes no file: remove --out")
    serve(
        lambda: _make_page(directory, stacks, _BACK_WHEN_SERVED, REFRESH_SECONDS),
        port,
        CLOCK,
        open_page if opens else None,
    )


def _make_page(
    directory: Path, stacks: tuple[str, ...], back: timedelta, refresh_seconds: int = 0
) -> str:
    from tamr_provider.cli.output.page import format_page
    from tamr_provider.environments.status import sort_by_promotion
    from tamr_provider.environments.status_reader import read_environments
    from tamr_provider.environments.timeline import build_timelines
    from tamr_provider.stackfile.project import find_project

    project = find_project(directory)
    environments = sort_by_promotion(
        read_environments(project, stacks, os.environ, CLOCK, warn_once(), back=back)
    )
    timelines = build_timelines(environments, back)
    return format_page(project.name, environments, timelines, CLOCK.now(), refresh_seconds)
