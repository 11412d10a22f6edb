"""`tamr promote`."""

from __future__ import annotations

import functools
import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.completion import complete_stacks
from tamr_provider.cli.context import (
    CLOCK,
    directory_option,
    make_editor,
    products_argument,
    read_stack,
    warn_once,
)
from tamr_provider.cli.output.printing import say
from tamr_provider.cli.signals import on_interrupt
from tamr_provider.cli.time_option import AGE
from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tamr_provider.environments.promotion_run import PromotionResult


@click.command()
@directory_option
@products_argument
@click.option("--all", "is_for_all", is_flag=True, help="Promote every product.")
@click.option(
    "--from",
    "source",
    required=True,
    metavar="STACK",
    shell_complete=complete_stacks,
    help="Environment to promote from.",
)
@click.option(
    "--to",
    "target",
    required=True,
    metavar="STACK",
    shell_complete=complete_stacks,
    help="Environment to promote to.",
)
@click.option(
    "--soak",
    type=AGE,
    default=timedelta(0),
    metavar="DURATION",
    help="Minimum time since the version was deployed to --from, for example 4h or yesterday.  "
    "[default: none]",
)
@click.option("--unpin", is_flag=True, help="Replace a version that is pinned by a rollback.")
@click.option("--dry-run", is_flag=True, help="Check everything, but write nothing.")
def promote(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path,
    products: tuple[str, ...],
    is_for_all: bool,
    source: str,
    target: str,
    soak: timedelta,
    unpin: bool,
    dry_run: bool,
) -> None:
    """Promote versions from one environment to another.

    Queries the tenant of --from, runs the product's own verification (`verify`) if it has one, and
    writes the version into the stack file of --to. Prints the evidence as Markdown, and the next
    commands on stderr. Exits with 75 if a version is not deployed yet or its soak time is not over,
    and with 1 if one must not be promoted; 1 wins over 75.
    """
    from tamr_provider.environments.promotion_run import (
        PromotionOptions,
        PromotionRun,
        worst_exit_code,
    )

    if bool(products) == is_for_all:
        raise InputError("name one or more products, or add --all for every product")
    if source == target:
        raise InputError("--from and --to name the same stack")
    stack, warn = read_stack(directory, source), warn_once()
    edit = functools.partial(make_editor, directory, target, warn=warn)
    interrupts = functools.partial(on_interrupt, lambda _: None)
    run = PromotionRun(stack, target, edit, os.environ, CLOCK, warn, interrupts)
    results: list[PromotionResult] = []
    for result in run.promote(products, PromotionOptions(soak, unpin, dry_run)):
        _show(result, dry_run, is_first=not results)
        results.append(result)
    _show_next(results, directory, target, dry_run)
    sys.exit(worst_exit_code(results))


def _show(result: PromotionResult, is_dry_run: bool, is_first: bool) -> None:
    from tamr_provider.cli.output.promotion_output import format_evidence

    if result.promotion is not None:
        say(("" if is_first else "\n") + format_evidence(result.promotion, is_dry_run))
    elif result.error is not None:
        for line in str(result.error).splitlines():
            say(f"error: {line}", err=True)
    else:
        say(result.note)


def _show_next(
    results: list[PromotionResult], directory: Path, target: str, is_dry_run: bool
) -> None:
    from tamr_provider.cli.output.edit_output import format_next, name_products

    edits = [result.promotion.edit for result in results if result.promotion is not None]
    if edits and not is_dry_run:
        say(format_next(edits, directory, f"{name_products(edits)} to {target}"), err=True)
