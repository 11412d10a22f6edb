"""`tamr init`."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

import click

from tamr_provider.cli.template import PROJECT, write_template
from tamr_provider.errors import InputError

_EXAMPLE_DAY = "2026-11-20"  # of the template; the example of a new project is of today


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "none"]),
    default="none",
    show_default=True,
    help="Whose workflows to add: check, up and promote.",
)
def init(directory: Path, ci: str) -> None:
    """Start a project: program, host, example stacks, and the workflows of a CI.

    Files that are there already are never touched.
    """
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", directory.resolve().name).strip("-.")
    if not name:
        raise InputError(f"{directory}: its name would be the project's; give it letters or digits")
    templates = [PROJECT] if ci == "none" else [PROJECT, ci]
    written = [each for template in templates for each in write_template(directory, name, template)]
    today = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    for path in (directory / each for each in written if each.startswith("stacks/Pulumi.")):
        text = path.read_text(encoding="utf-8").replace(_EXAMPLE_DAY, today)
        path.write_text(text, encoding="utf-8")
    click.echo("\n".join(f"  {each}" for each in written))
    click.echo(f"\nproject {name} is in {directory}; next: its README.md")
