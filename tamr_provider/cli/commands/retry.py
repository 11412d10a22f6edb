"""`tamr retry`."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import CLOCK, make_editor, product_argument, project_options
from tamr_provider.cli.output.printing import say

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@project_options
@product_argument
def retry(directory: Path, stack: str, product: str) -> None:
    """Allow a product on hold to run again.

    Writes `retriedAt` into the stack file: earlier failures and stops are ignored, and what is
    satisfied stays so. Writes nothing if the tenant shows that nothing failed or was stopped.
    """
    from tamr_provider.cli.output.edit_output import format_edit, format_next
    from tamr_provider.environments import retry as retries
    from tamr_provider.environments.stack import read_stack
    from tamr_provider.stackfile.project import find_project

    editor = make_editor(directory, stack, product, os.environ.get("TAMR_URL", ""))
    open_stack = functools.partial(
        read_stack, find_project(directory), stack, os.environ, CLOCK.now(), directory=directory
    )
    result = retries.retry(editor, open_stack, CLOCK)
    if result.edit is None:
        say(f"{result.note}\nNothing was written.")
        return
    if result.note:
        say(result.note, err=True)
    say(format_edit(result.edit))
    say(format_next([result.edit], directory, f"Retry {product} on {stack}"))
