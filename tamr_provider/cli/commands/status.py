"""`tamr status`."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import (
    CLOCK,
    directory_option,
    products_argument,
    stacks_option,
    warn_once,
)
from tamr_provider.cli.output.printing import is_terminal, say, say_lines, terminal_width

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tamr_provider.environments.status import EnvironmentStatus
    from tamr_provider.stackfile.project import Project


@click.command()
@directory_option
@products_argument
@stacks_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="Markdown is for a pull request or a job summary.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--watch", "is_repeated", is_flag=True, help="Repeat until Ctrl-C.")
@click.option(
    "--exit-code",
    "by_state",
    is_flag=True,
    help="Exit with 0 if all is deployed and fresh, 1 if something failed, needs you or is stale, "
    "75 otherwise.",
)
def status(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path,
    products: tuple[str, ...],
    stacks: tuple[str, ...],
    format_: str,
    as_json: bool,
    is_repeated: bool,
    by_state: bool,
) -> None:
    """Show the version and state of each product in every environment.

    With PRODUCTS, show their steps and jobs, who asked for the version, and what is next. Queries
    every stack's tenant with the key in TAMR_API_KEY_<STACK> or TAMR_API_KEY. Exits with 1 if one
    of them did not respond.
    """
    from tamr_provider.environments.status import exit_code
    from tamr_provider.stackfile.project import find_project

    project = find_project(directory)
    read = _make_reader(project, stacks, products)
    show = _make_printer(project, products, "json" if as_json else format_)
    if is_repeated:
        _watch(read, show)
        return
    environments = read(threading.Event())
    show(environments)
    if by_state:
        sys.exit(exit_code(environments))
    sys.exit(any(environment.error for environment in environments))


def _make_reader(
    project: Project, stacks: Sequence[str], products: Sequence[str]
) -> Callable[[threading.Event], list[EnvironmentStatus]]:
    from tamr_provider.environments.status import sort_by_promotion
    from tamr_provider.environments.status_reader import read_environments

    warn = warn_once()

    def read(stop: threading.Event) -> list[EnvironmentStatus]:
        return sort_by_promotion(
            read_environments(
                project, stacks, os.environ, CLOCK, warn, products=products, stop=stop
            )
        )

    return read


def _make_printer(
    project: Project, products: Sequence[str], format_: str
) -> Callable[[Sequence[EnvironmentStatus]], None]:
    from tamr_provider.cli.output.status_details import format_details
    from tamr_provider.cli.output.status_json import format_status_json
    from tamr_provider.cli.output.status_markdown import format_status_markdown
    from tamr_provider.cli.output.status_output import DEFAULT_WIDTH, format_status_text

    def show(environments: Sequence[EnvironmentStatus]) -> None:
        width = terminal_width() or DEFAULT_WIDTH
        if format_ == "json":
            say(format_status_json(project.name, CLOCK.now(), environments))
        elif format_ == "markdown":
            say(format_status_markdown(environments))
        elif products:
            say_lines(format_details(environments, products, width))
        else:
            say_lines(format_status_text(environments, width))

    return show


def _watch(
    read: Callable[[threading.Event], list[EnvironmentStatus]],
    show: Callable[[Sequence[EnvironmentStatus]], None],
) -> None:
    from tamr_provider.cli.output.status_watch import watch
    from tamr_provider.cli.signals import on_interrupt, wait_for

    over = threading.Event()
    with on_interrupt(lambda _: None, over):
        watch(read, show, over, wait_for, redraws=is_terminal())
