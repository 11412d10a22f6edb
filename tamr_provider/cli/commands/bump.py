"""`tamr bump`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import make_editor, product_argument, project_options
from tamr_provider.cli.output.printing import say
from tamr_provider.cli.time_option import TIME

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@click.command()
@project_options
@product_argument
@click.argument("version")
@click.option(
    "--since",
    type=TIME,
    metavar="TIME",
    help="Count only jobs created at or after this time: 2h, yesterday, 2026-11-20 or"
    " 2026-11-20T09:00:00Z.  [default: now]",
)
def bump(directory: Path, stack: str, product: str, version: str, since: datetime | None) -> None:
    """Write a product's version and since into the stack file.

    To run everything again, bump to the same version. An older version is a rollback: it is
    pinned, and `tamr promote` does not replace it without --unpin.
    """
    from tamr_provider.cli.output.edit_output import format_edit, format_next, name_products

    editor = make_editor(directory, stack, product, os.environ.get("TAMR_URL", ""))
    edit = editor.bump(version, since)
    say(format_edit(edit))
    say(format_next([edit], directory, f"{name_products([edit])} on {stack}"))
