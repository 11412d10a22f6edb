"""`tamr retry`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import make_editor, project_options
from tamr_provider.cli.output.printing import say

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@project_options
@click.argument("product")
def retry(directory: Path, stack: str, product: str) -> None:
    """Allow a product on hold to run again by ignoring its earlier failures and stops."""
    say(make_editor(directory, stack, product, os.environ.get("TAMR_URL", "")).retry())
