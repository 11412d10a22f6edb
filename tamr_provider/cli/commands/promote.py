"""`tamr promote`."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.commands.edit import NOW, Edit
from tamr_provider.cli.context import directory_option, open_client, read_stack, refuse_problems
from tamr_provider.cli.output.markdown import code, escape
from tamr_provider.cli.output.printing import say
from tamr_provider.errors import (
    InputError,
    PromotionBlockedError,
    PromotionPendingError,
    WaitInterruptedError,
)
from tamr_provider.foreign_text import visible
from tamr_provider.timestamps import format_duration, format_timestamp, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tamr_provider.cli.context import Stack
    from tamr_provider.planning.product_state import ProductState
    from tamr_provider.stackfile.product import Product


_CHECK_LIMIT = timedelta(hours=1)


@click.command()
@directory_option
@click.argument("product")
@click.option("--from", "source", required=True, help="The stack that holds the version.")
@click.option("--to", "target", required=True, help="The stack that is to hold it.")
@click.option("--soak", default="0s", help="How long the first has to have held it, as in 4h.")
@click.option("--release", is_flag=True, help="Go past a version that was rolled back to.")
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
def promote(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path,
    product: str,
    source: str,
    target: str,
    soak: str,
    release: bool,
    dry_run: bool,
) -> None:
    """Write the version that one stack holds into another stack's file.

    Asks the first stack's tenant now, and runs the product's own check (`verify`) if there is
    one. Prints the evidence as Markdown. Exits with 75 where the version is not held yet or its
    soak is not over, with 1 where it may not be promoted.
    """
    wait = parse_duration(soak)
    if wait is None:
        raise InputError(f"--soak: found {soak!r}; allowed: a length such as 4h")
    if source == target:
        raise InputError("--from and --to name the same stack")
    held = read_stack(directory, source)
    theirs = _product(held, product)
    refuse_problems([held.file.sinces[product]])
    edit = Edit(directory, target, product)
    ours = edit.before
    if ours.version == theirs.version:
        say(f"nothing to promote: {target} has {product} {theirs.version} already")
        return
    _may_replace(product, ours, theirs, target, release)
    standing = _standing(held, product, theirs, wait)
    evidence = [*_evidence(held, target, product, theirs, standing, wait)]
    evidence += _verify(held, product, theirs, standing)
    values = {"version": theirs.version, "since": NOW}
    changed = edit.write(values, is_dry_run=dry_run, only_over=ours)
    say("\n".join([*evidence, "", escape(changed) + " (dry run: not written)" * dry_run]))


def _product(stack: Stack, name: str) -> Product:
    if name not in stack.file.products:
        known = ", ".join(stack.file.products) or "none"
        raise InputError(f"{stack.name}: no product {name}; products there: {known}")
    return stack.file.products[name]


def _may_replace(name: str, ours: Product, theirs: Product, target: str, release: bool) -> None:
    """Refuse to go past a pin, or back to an older version."""
    from tamr_provider.stackfile.version_change import is_older

    if ours.is_pinned and not release:
        raise PromotionBlockedError(
            f"{name} in {target} was rolled back to {ours.version} and is pinned to it; "
            f"to promote {theirs.version} all the same: add --release"
        )
    if is_older(theirs.version, ours.version):
        raise PromotionBlockedError(
            f"{target} is to hold {name} {ours.version} already, which is newer than "
            f"{theirs.version}; to roll back: tamr bump {name} {theirs.version} --stack {target}"
        )


def _standing(held: Stack, name: str, product: Product, soak: timedelta) -> ProductState:
    """Ask the tenant whether the version is held, and since when."""
    from tamr_provider.clock import SystemClock
    from tamr_provider.planning.dry_run import plan_stack
    from tamr_provider.planning.planned_step import HOLD
    from tamr_provider.planning.product_state import ProductState

    with open_client(held.settings) as client:
        plan = plan_stack(client, SystemClock(), {name: product}, held.settings.slots, held.name)
    standing = ProductState(plan, name)
    blocker = standing.blocker
    if blocker is not None:
        why = f"{held.name} does not hold {name} {product.version}"
        text = f"{why}: {blocker.step.configuration}: {blocker.reason}"
        raise (PromotionBlockedError if blocker.action == HOLD else PromotionPendingError)(text)
    since = standing.satisfied_since or standing.now
    if standing.now - since < soak:
        so_far = f"{format_duration(standing.now - since)} of the {format_duration(soak)}"
        raise PromotionPendingError(
            f"{held.name} holds {name} {product.version} for {so_far} asked for; "
            f"from {_short(since + soak)} on it may be promoted"
        )
    return standing


def _evidence(  # noqa: PLR0913, PLR0917 - what the reviewer wants to see
    held: Stack, target: str, name: str, product: Product, standing: ProductState, soak: timedelta
) -> Iterator[str]:
    since = standing.satisfied_since or standing.now
    yield (
        f"### Promote {code(name)} {escape(product.version)}"
        f" from {escape(held.name)} to {escape(target)}"
    )
    yield ""
    age = format_duration(standing.now - since)
    asked = f" ({format_duration(soak)} were asked for)" if soak else ""
    yield f"{escape(held.name)} holds it since {_short(since)}, for {age}{asked}."
    yield ""
    yield "| step | job | created | finished | took |"
    yield "| --- | --- | --- | --- | --- |"
    for step in standing.steps:
        job = step.job
        if job is not None and job.created_at is not None and job.finished_at is not None:
            took = format_duration(job.finished_at - job.created_at)
            times = f"{_short(job.created_at)} | {_short(job.finished_at)} | {took}"
            yield f"| {escape(str(step.step.configuration))} | {escape(job.id)} | {times} |"
    yield ""


def _verify(held: Stack, name: str, product: Product, standing: ProductState) -> Iterator[str]:
    if product.verify is None:
        yield "No check (`verify`) is set for this product."
        return
    from tamr_provider.cli.signals import interrupts
    from tamr_provider.environments.verification import run_check

    facts = {
        "TAMR_PRODUCT": name,
        "TAMR_VERSION": product.version,
        "TAMR_STACK": held.name,
        "TAMR_URL": held.settings.url,
        "TAMR_JOB_IDS": ",".join(step.job_id for step in standing.steps),
    }
    folder, secret = held.project.file.parent, held.settings.api_key
    limit = f"at most {format_duration(_CHECK_LIMIT)}"
    command = visible(product.verify)
    say(f"verify: running {command} ({limit})", err=True)
    stop = threading.Event()
    try:
        with interrupts(lambda _: None, stop):
            checked = run_check(product.verify, folder, facts, secret, _CHECK_LIMIT, stop)
    except WaitInterruptedError:
        raise PromotionPendingError(
            f"{name}: the promotion was interrupted during its check (`verify`), which was ended; "
            "nothing was written; to promote it, run the command again"
        ) from None
    if not checked.passed:
        said = "\n".join(f"  {line}" for line in checked.lines) or "  (it printed nothing)"
        ended = f"verify: {command} {checked.ended}"
        raise PromotionBlockedError(f"{ended}, so {name} is not promoted; its last lines:\n{said}")
    yield f"The check {code(product.verify)} passed."


def _short(moment: datetime) -> str:
    return format_timestamp(moment.replace(microsecond=0))
