"""The plan of a whole stack as `tamr plan` shows it: a state for each product, and notes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tamr_provider.client.connection import READ_ONLY_CONNECT_SECONDS
from tamr_provider.decision.states import State
from tamr_provider.environments.deployments import find_deployments
from tamr_provider.environments.pins import find_pin_conflicts
from tamr_provider.environments.promotion import promotion_gate
from tamr_provider.errors import InputError
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.planned_step import ADOPT
from tamr_provider.planning.product_state import ProductState, judge_product
from tamr_provider.planning.rebase_hints import hints, written_at
from tamr_provider.stackfile.since.lookup import find_base_pairs
from tamr_provider.stackfile.since.origin import collect_problems, find_clock_warning
from tamr_provider.stackfile.since.revisions import Pair
from tamr_provider.stackfile.tenant_address import find_new_urls
from tamr_provider.tenant.job_cache import JobCache

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.environments.stack import Stack
    from tamr_provider.planning.plan import Plan


@dataclass(frozen=True)
class ProductPlan:
    """What a run would do for one product.

    `since` says since when its version counts, and by what. `before` is the version that is
    deployed now, or that the base has; None if that is unknown. `is_changed` is False if the base
    has the same version and since.
    """

    progress: ProductState
    version: str = ""
    since: str = ""
    before: str | None = None
    is_changed: bool = True

    @property
    def name(self) -> str:
        """The product's name in the stack file."""
        return self.progress.name

    @property
    def moves(self) -> bool:
        """Whether a run would launch a job for it, or wait for one."""
        return self.progress.state is not State.SATISFIED and any(
            step.planned.launches_job or step.planned.action == ADOPT
            for step in self.progress.steps
        )

    @property
    def launches(self) -> int:
        """How many jobs a run would launch for it."""
        return sum(step.planned.launches_job for step in self.progress.steps)

    @property
    def expected(self) -> timedelta | None:
        """How long it would take from now, None if that is unknown."""
        end = self.progress.expected_end
        return end - self.progress.now if end is not None else None


@dataclass(frozen=True)
class StackPlan:
    """The plan of a stack, and its products in the order of the file."""

    stack: str
    url: str
    resume: str
    plan: Plan
    products: tuple[ProductPlan, ...]

    @property
    def needs_action(self) -> bool:
        """Whether nothing happens to one of its products until a user acts."""
        return any(product.progress.needs_action for product in self.products)


def plan_stack(
    stack: Stack, client: JobsClient, env: Mapping[str, str], clock: Clock, base: str = ""
) -> StackPlan:
    """Return the plan of a stack; its warnings include what keeps a version from running.

    The versions that are deployed now stand before the new ones, or with `base` those of that
    commit.
    """
    products, sinces = stack.file.products, stack.file.sinces
    written = [moment for since in sinces.values() if (moment := written_at(since)) is not None]
    gate = promotion_gate(stack, env, clock, connect_seconds=READ_ONLY_CONNECT_SECONDS)
    slots = stack.settings.slots
    plan, snapshot = plan_with_snapshot(
        client, clock, products, slots, stack.name, gate, since=min(written, default=None)
    )
    notes = [
        *filter(None, [find_clock_warning(sinces.values(), plan.now, clock.now())]),
        *collect_problems(sinces.values()),
        *hints(plan, snapshot, products, sinces, stack.name),
    ]
    plan = replace(plan, warnings=(*notes, *plan.warnings))
    pins = find_pin_conflicts(stack.project, stack.name, products, clock.now())
    states = {
        name: judge_product(name, stack.name, plan.steps, plan.now, stack.resume, pins.get(name))
        for name in products
    }
    pairs = find_base_pairs(stack.project, stack.name, base) if base else {}
    versions = {name: pair.version for name, pair in pairs.items()}
    if not base:
        versions = _find_deployed(stack, client, clock, states)
    changed = _find_changed(stack, pairs, clock) if base else products.keys()
    planned = tuple(
        ProductPlan(
            progress=states[name],
            version=product.version,
            since=sinces[name].describe(plan.now),
            before=versions.get(name),
            is_changed=name in changed,
        )
        for name, product in products.items()
    )
    return StackPlan(stack.name, stack.settings.url, stack.resume, plan, planned)


def _find_deployed(
    stack: Stack, client: JobsClient, clock: Clock, states: Mapping[str, ProductState]
) -> dict[str, str]:
    """Return the deployed version of each product that is not deployed as the file asks for."""
    past = {
        name: stack.past.of(name, stack.file.products[name], state.now)
        for name, state in states.items()
        if not state.is_satisfied
    }
    found = find_deployments(JobCache(client, clock), past)
    return {name: deployment.version for name, deployment in found.items()}


def _find_changed(stack: Stack, pairs: Mapping[str, Pair], clock: Clock) -> set[str]:
    """Return the products whose version or since, as written, is not the one of the base."""
    written = stack.project.read_stack(stack.name, clock.now()).products
    return {
        name
        for name, product in written.items()
        if pairs.get(name) != Pair(product.version, product.since)
    }


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
