"""`tamr plan`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import (
    CLOCK,
    open_client,
    products_argument,
    project_options,
    read_stack,
)
from tamr_provider.cli.output.printing import say, say_lines, terminal_width

if TYPE_CHECKING:
    from pathlib import Path

_NEEDS_ACTION = 1
_SOMETHING_TO_LAUNCH = 3


@click.command()
@project_options
@products_argument
@click.option("--all", "shows_all", is_flag=True, help="Show every step, satisfied ones too.")
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
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 1 if something needs you, else with 3 if a job would be launched.",
)
def plan(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path,
    stack: str,
    products: tuple[str, ...],
    shows_all: bool,
    format_: str,
    as_json: bool,
    base: str,
    detailed_exitcode: bool,
) -> None:
    """Show what `tamr up` would do, without launching any jobs.

    With PRODUCTS, only for those. With --base, as if the checkout were merged into that commit
    now. No key is sent to an address that the commit does not name.
    """
    from tamr_provider.cli.output.plan_json import format_plan_json
    from tamr_provider.cli.output.plan_markdown import format_plan_markdown
    from tamr_provider.cli.output.plan_output import format_plan_text
    from tamr_provider.environments.stack_plan import plan_stack, refuse_new_addresses

    opened = read_stack(directory, stack, base).select(products)
    if base:
        refuse_new_addresses(opened, base, os.environ, CLOCK)
    with open_client(opened.settings, only_reads=True) as client:
        made = plan_stack(opened, client, os.environ, CLOCK, base)
    if as_json or format_ == "json":
        say(format_plan_json(made))
    elif format_ == "markdown":
        say(format_plan_markdown(made, has_base=bool(base)))
    else:
        say_lines(format_plan_text(made, terminal_width(), shows_all=shows_all))
    if detailed_exitcode and made.needs_action:
        sys.exit(_NEEDS_ACTION)
    if detailed_exitcode and made.plan.launches:
        sys.exit(_SOMETHING_TO_LAUNCH)
