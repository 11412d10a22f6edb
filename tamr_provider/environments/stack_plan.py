"""The plan of a whole stack as `tamr plan` shows it, with its notes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tamr_provider.client.connection import READ_ONLY_CONNECT_SECONDS
from tamr_provider.environments.promotion import promotion_gate
from tamr_provider.errors import InputError
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.rebase_hints import hints, written_at
from tamr_provider.stackfile.since.origin import collect_problems, find_clock_warning
from tamr_provider.stackfile.tenant_address import find_new_urls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.environments.stack import Stack
    from tamr_provider.planning.plan import Plan


def plan_with_notes(stack: Stack, client: JobsClient, env: Mapping[str, str], clock: Clock) -> Plan:
    """Return the plan of a stack; its warnings include what keeps a version from running."""
    products, sinces = stack.file.products, stack.file.sinces
    written = [moment for since in sinces.values() if (moment := written_at(since)) is not None]
    gate = promotion_gate(stack, env, clock, connect_seconds=READ_ONLY_CONNECT_SECONDS)
    slots = stack.settings.slots
    plan, snapshot = plan_with_snapshot(
        client, clock, products, slots, stack.name, gate, since=min(written, default=None)
    )
    versions = {
        name: f"{product.version}, {sinces[name].describe(plan.now)}"
        for name, product in products.items()
    }
    plan = replace(plan, versions=versions)
    notes = (
        *filter(None, [find_clock_warning(sinces.values(), plan.now, clock.now())]),
        *collect_problems(sinces.values()),
        *hints(plan, snapshot, sinces, stack.name),
    )
    return replace(plan, warnings=(*notes, *plan.warnings))


def refuse_new_addresses(stack: Stack, base: str, env: Mapping[str, str], clock: Clock) -> None:
    """Raise InputError if a plan would send a key to an address that `base` does not name."""
    if found := find_new_urls(stack.project, base, _list_addresses(stack, env, clock)):
        raise InputError(*found)


def _list_addresses(
    stack: Stack, env: Mapping[str, str], clock: Clock
) -> Iterator[tuple[str, str]]:
    if not env.get("TAMR_URL"):
        yield stack.name, stack.settings.url
    upstream = {product.promote_from for product in stack.file.products.values()}
    for name in stack.project.stacks():
        if name in upstream and (url := stack.project.read_stack(name, clock.now()).url):
            yield name, url
