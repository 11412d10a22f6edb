"""`tamr status`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import CLOCK, directory_option, stacks_option, warn_once
from tamr_provider.cli.output.printing import say

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@directory_option
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
@click.option(
    "--exit-code",
    "by_state",
    is_flag=True,
    help="Exit with 0 if all is deployed, 1 if something failed or needs you, 75 otherwise.",
)
def status(
    directory: Path, stacks: tuple[str, ...], format_: str, as_json: bool, by_state: bool
) -> None:
    """Show the desired version of each product and whether it is satisfied.

    Queries every stack's tenant with the key in TAMR_API_KEY_<STACK> or TAMR_API_KEY. Exits with 1
    if one of them did not respond.
    """
    from tamr_provider.cli.output.status_markdown import format_status_markdown
    from tamr_provider.cli.output.status_output import format_status_json, format_status_text
    from tamr_provider.environments.status import exit_code
    from tamr_provider.environments.status_reader import read_environments
    from tamr_provider.stackfile.project import find_project

    project = find_project(directory)
    environments = read_environments(project, stacks, os.environ, CLOCK, warn_once())
    if as_json or format_ == "json":
        say(format_status_json(project.name, CLOCK.now(), environments))
    elif format_ == "markdown":
        say(format_status_markdown(environments))
    else:
        say(format_status_text(environments))
    if by_state:
        sys.exit(exit_code(environments))
    sys.exit(any(environment.error for environment in environments))
