"""`tamr promote`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import CLOCK, directory_option, make_editor, read_stack, warn_once
from tamr_provider.cli.output.printing import say
from tamr_provider.cli.signals import on_interrupt
from tamr_provider.errors import InputError
from tamr_provider.timestamps import parse_duration

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@directory_option
@click.argument("product")
@click.option("--from", "source", required=True, help="Environment to promote from.")
@click.option("--to", "target", required=True, help="Environment to promote to.")
@click.option(
    "--soak",
    default="0s",
    show_default=True,
    help="Minimum time since the version was deployed to --from, for example 4h.",
)
@click.option("--unpin", is_flag=True, help="Replace a version that is pinned by a rollback.")
@click.option("--dry-run", is_flag=True, help="Check everything, but write nothing.")
def promote(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path, product: str, source: str, target: str, soak: str, unpin: bool, dry_run: bool
) -> None:
    """Promote a version from one environment to another.

    Queries the tenant of --from, runs the product's own verification (`verify`) if it has one, and
    writes the version into the stack file of --to. Prints the evidence as Markdown. Exits with 75
    if the version is not deployed yet or its soak time is not over, and with 1 if it must not be
    promoted.
    """
    from tamr_provider.cli.output.promotion_output import format_evidence
    from tamr_provider.environments import promotion

    try:
        required = parse_duration(soak)
    except ValueError as error:
        raise InputError(f"--soak: {error}") from None
    if source == target:
        raise InputError("--from and --to name the same stack")
    stack = read_stack(directory, source)
    editor = make_editor(directory, target, product)
    made = promotion.promote(
        stack,
        editor,
        CLOCK,
        warn_once(),
        functools.partial(on_interrupt, lambda _: None),
        soak=required,
        unpin=unpin,
        is_dry_run=dry_run,
    )
    if made is None:
        version = editor.product.version
        say(f"nothing to promote: {target} is already set to {product} {version}")
        return
    say(format_evidence(made, dry_run))
