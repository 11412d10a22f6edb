"""`tamr bump`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import make_editor, project_options
from tamr_provider.cli.output.printing import say
from tamr_provider.errors import InputError
from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@project_options
@click.argument("product")
@click.argument("version")
@click.option(
    "--since",
    default="",
    help="Count only jobs created at or after this time, for example 2026-11-20T09:00:00Z."
    "  [default: now]",
)
def bump(directory: Path, stack: str, product: str, version: str, since: str) -> None:
    """Write a product's version and since into the stack file.

    To run everything again, bump to the same version. An older version is a rollback: it is
    pinned, and `tamr promote` does not replace it without --unpin.
    """
    at = parse_timestamp(since) if since else None
    if since and at is None:
        raise InputError(f"--since: expected a time such as 2026-11-20T09:00:00Z, got {since!r}")
    editor = make_editor(directory, stack, product, os.environ.get("TAMR_URL", ""))
    say(editor.bump(version, at))
