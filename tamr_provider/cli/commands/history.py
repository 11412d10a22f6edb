"""`tamr history`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.completion import complete_products
from tamr_provider.cli.context import CLOCK, directory_option, json_option, stacks_option
from tamr_provider.cli.output.printing import say, say_lines, terminal_width
from tamr_provider.cli.time_option import TIME

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@click.command()
@directory_option
@click.argument("product", default="", shell_complete=complete_products)
@stacks_option
@click.option(
    "--since",
    type=TIME,
    metavar="TIME",
    help="Show only changes since then: 30d, yesterday, 2026-11-01 or 2026-11-01T09:00:00Z.",
)
@json_option
def history(
    directory: Path, product: str, stacks: tuple[str, ...], since: datetime | None, as_json: bool
) -> None:
    """Show version changes and their outcomes, newest first.

    Reads git's commits of the stack files and the tenants' lists of jobs, and nothing else. Exits
    with 1 if a tenant did not respond.
    """
    from tamr_provider.cli.output.history_output import format_history_json, format_history_text
    from tamr_provider.cli.output.status_output import DEFAULT_WIDTH
    from tamr_provider.environments.history_reader import read_history
    from tamr_provider.stackfile.project import find_project

    found = read_history(find_project(directory), stacks, product, since, os.environ, CLOCK)
    if found.is_shallow:
        say("the clone is shallow: older changes are missing", err=True)
    for stack, error in found.errors.items():
        say(f"{stack}: {error}", err=True)
    if as_json:
        say(format_history_json(found.runs))
    else:
        width = terminal_width() or DEFAULT_WIDTH
        say_lines(format_history_text(found.runs, CLOCK.now(), width))
    sys.exit(bool(found.errors))
