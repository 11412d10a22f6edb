"""`tamr plan`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import guard, open_client, project_options, read_stack
from tamr_provider.cli.output.printing import say
from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamr_provider.cli.context import Stack
    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.planning.plan import Plan

_SOMETHING_TO_LAUNCH = 3


@click.command()
@project_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--base", default="", metavar="GITREF", help="Plan as if merged into that commit now."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 if a job would be launched.")
def plan(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path,
    stack: str,
    format_: str,
    as_json: bool,
    base: str,
    detailed_exitcode: bool,
) -> None:
    """Say what `up` would do, for every step; starts nothing.

    With --base, as if the checkout were merged into that commit now. No key is sent to an address
    that the commit does not name.
    """
    from tamr_provider.cli.output import plan_output as render

    opened = read_stack(directory, stack, base)
    if base:
        _refuse_new_addresses(opened, base)
    with open_client(opened.settings) as client:
        made = _plan(opened, client)
    write = {"text": render.text, "json": render.json_, "markdown": render.markdown}
    say(write["json" if as_json else format_](made, opened.name, opened.settings.url))
    if detailed_exitcode and made.launches:
        sys.exit(_SOMETHING_TO_LAUNCH)


def _refuse_new_addresses(stack: Stack, base: str) -> None:
    from tamr_provider.stackfile.tenant_address import find_new_urls

    problems = find_new_urls(stack.project, base, _addresses(stack))
    if problems:
        raise InputError(*problems)


def _addresses(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield each stack whose tenant a plan asks, with the address in its file."""
    from tamr_provider.clock import SystemClock

    if not os.environ.get("TAMR_URL"):
        yield stack.name, stack.settings.url
    sources = {product.promote_from for product in stack.file.products.values()}
    for name in (known for known in stack.project.stacks() if known in sources):
        if url := stack.project.read_stack(name, SystemClock().now()).url:
            yield name, url


def _plan(stack: Stack, client: JobsClient) -> Plan:
    from tamr_provider.clock import SystemClock
    from tamr_provider.planning.dry_run import plan_with_snapshot
    from tamr_provider.planning.rebase_hints import hints, written_at
    from tamr_provider.stackfile.since.origin import collect_problems, find_clock_warning

    products, sinces = stack.file.products, stack.file.sinces
    written = [moment for since in sinces.values() if (moment := written_at(since)) is not None]
    made, snapshot = plan_with_snapshot(
        client,
        SystemClock(),
        products,
        stack.settings.slots,
        stack.name,
        guard(stack),
        since=min(written, default=None),
    )
    versions = {
        name: f"{product.version}, {sinces[name].describe(made.now)}"
        for name, product in products.items()
    }
    made = replace(made, versions=versions)
    late = find_clock_warning(sinces.values(), made.now, SystemClock().now())
    notes = (
        *filter(None, [late]),
        *collect_problems(sinces.values()),
        *hints(made, snapshot, sinces, stack.name),
    )
    return replace(made, warnings=(*notes, *made.warnings))
