"""`tamr plan`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import CLOCK, open_client, project_options, read_stack
from tamr_provider.cli.output.printing import say

if TYPE_CHECKING:
    from pathlib import Path

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
@click.option(
    "--base", default="", metavar="GITREF", help="Plan as if merged into that commit now."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 if a job would be launched.")
def plan(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path, stack: str, format_: str, as_json: bool, base: str, detailed_exitcode: bool
) -> None:
    """Show what `tamr up` would do, without launching any jobs.

    With --base, as if the checkout were merged into that commit now. No key is sent to an address
    that the commit does not name.
    """
    from tamr_provider.cli.output.plan_output import FORMATS
    from tamr_provider.environments.stack_plan import plan_with_notes, refuse_new_addresses

    opened = read_stack(directory, stack, base)
    if base:
        refuse_new_addresses(opened, base, os.environ, CLOCK)
    with open_client(opened.settings, only_reads=True) as client:
        made = plan_with_notes(opened, client, os.environ, CLOCK)
    format_plan = FORMATS["json" if as_json else format_]
    say(format_plan(made, opened.name, opened.settings.url))
    if detailed_exitcode and made.launches:
        sys.exit(_SOMETHING_TO_LAUNCH)
