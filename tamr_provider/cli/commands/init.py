"""`tamr init`."""

from __future__ import annotations

from pathlib import Path

import click

from tamr_provider.cli.context import CLOCK
from tamr_provider.cli.output.printing import say


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "none"]),
    default="none",
    show_default=True,
    help="Add workflows (check, up, promote) for this CI.",
)
def init(directory: Path, ci: str) -> None:
    """Create a project, or add what is missing to one.

    A project has a Pulumi program, stack files, and CI workflows with --ci. A file that exists is
    never changed. The requirements.txt names where this tamr-provider was installed from.
    """
    from tamr_provider.cli.output.project_output import format_project
    from tamr_provider.cli.scaffold.project import write_project

    project = write_project(directory, "" if ci == "none" else ci, CLOCK.now())
    say(format_project(project, directory))
