"""`tamr plan`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.tenant import guard, open_client, project_options, read_stack
from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tamr_provider.cli.tenant import Stack
    from tamr_provider.client.jobs import Client
    from tamr_provider.plan import Plan

_SOMETHING_TO_LAUNCH = 3


@click.command()
@project_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--base", default="", metavar="GITREF", help="Refuse what a change may not do since.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 if a job would be launched.")
def plan(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path,
    stack: str,
    format_: str,
    as_json: bool,
    base: str,
    detailed_exitcode: bool,
) -> None:
    """Say what `up` would do, for every step; starts nothing.

    With --base, a version that changed since that commit while its `since` did not, or a `since`
    that went back, is an error.
    """
    from tamr_provider.cli import render

    opened = read_stack(directory, stack)
    if base:
        _check_change(opened, base)
    with open_client(opened.settings) as client:
        made = _plan(opened, client)
    write = {"text": render.text, "json": render.json_, "markdown": render.markdown}
    click.echo(write["json" if as_json else format_](made, opened.name, opened.settings.url))
    if detailed_exitcode and made.launches:
        sys.exit(_SOMETHING_TO_LAUNCH)


def _check_change(stack: Stack, base: str) -> None:
    from tamr_provider.clock import SystemClock
    from tamr_provider.stackfile.base import read_base
    from tamr_provider.stackfile.changes import file_problems
    from tamr_provider.stackfile.project import shown

    before = read_base(stack.path, stack.project.name, base, SystemClock().now())
    where = shown(stack.path)
    problems = file_problems(before, stack.file.products, stack.name)
    if problems:
        raise InputError(*(f"{where}: {each}" for each in problems))


def _plan(stack: Stack, client: Client) -> Plan:
    from tamr_provider.clock import SystemClock
    from tamr_provider.survey import survey

    products, slots = stack.file.products, stack.settings.slots
    return survey(client, SystemClock(), products, slots, stack.name, guard(stack))
