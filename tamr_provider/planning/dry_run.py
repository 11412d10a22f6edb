"""Look at a tenant once and plan a stack on it; whole stacks, or one that another asks about."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tamr_provider.client.http import Sender
from tamr_provider.client.jobs import Client
from tamr_provider.planning.plan import NONE, Plan, PlannedStep, make_plan, scope_of
from tamr_provider.tenant.durations import Durations
from tamr_provider.tenant.snapshot import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime, timedelta

    from tamr_provider.clock import Clock
    from tamr_provider.models import Configuration
    from tamr_provider.settings import Settings
    from tamr_provider.stackfile.product import Product
    from tamr_provider.tenant.snapshot import View


@contextmanager
def connect(
    settings: Settings,
    clock: Clock,
    stop: threading.Event | None = None,
    on_outage: Callable[[str], None] = lambda _: None,
) -> Iterator[Client]:
    """Hand out a client for a tenant, and close it."""
    client = Client(Sender(settings, clock, stop or threading.Event(), on_outage=on_outage))
    try:
        yield client
    finally:
        client.close()


def survey(  # noqa: PLR0913, PLR0917 - a client, and what a plan is made of
    client: Client,
    clock: Clock,
    products: Mapping[str, Product],
    slots: int,
    stack: str,
    guard: Callable[[str], str] = lambda _: "",
) -> Plan:
    """Return what a run of the stack would do now.

    `guard` tells why a product may not run here; it is asked where something would be launched.
    """
    return look_and_plan(client, clock, products, slots, stack, guard)[0]


def look_and_plan(  # noqa: PLR0913, PLR0917 - the same, and how far back
    client: Client,
    clock: Clock,
    products: Mapping[str, Product],
    slots: int,
    stack: str,
    guard: Callable[[str], str] = lambda _: "",
    back: timedelta | None = None,
    since: datetime | None = None,
) -> tuple[Plan, View]:
    """Return the same and what it rests on.

    The view has every job of the last `back`, and the products' own jobs from `since` on.
    """
    viewer = Viewer(client, clock)
    scope, relevant = scope_of(products, viewer.time.now())
    if since is not None:
        scope = replace(scope, since=min(scope.since, since))
    if back is not None:
        scope = scope.reaching(viewer.time.now() - back)
    view = viewer.look(scope, relevant)
    # Planned once without durations: that tells whose are wanted, and whom to ask the guard about.
    durations = Durations(client)
    wanted: list[Configuration] = []
    plan = make_plan(view, products, slots, wanted.append, stack)
    to_launch = dict.fromkeys(each.step.product for each in plan.steps if each.starts_a_job)
    refused = {name: why for name in to_launch if (why := guard(name))}
    if durations.learn(wanted) or refused:
        plan = make_plan(view, products, slots, durations.of, stack, refused)
    return plan, view


class Standing:
    """How far one product is on its tenant: `steps` are its part of a plan.

    `now` is never before the ends that it rests on: a `Date` has whole seconds, and the clock that
    stamps an end may be ahead of it.
    """

    def __init__(self, plan: Plan, product: str) -> None:
        self.steps: tuple[PlannedStep, ...] = tuple(
            each for each in plan.steps if each.step.product == product
        )
        self.now = max([plan.now, *self._ends])

    @property
    def _ends(self) -> list[datetime]:
        jobs = [planned.job for planned in self.steps if planned.job is not None]
        return [job.finished_at for job in jobs if job.finished_at is not None]

    @property
    def held(self) -> bool:
        """Whether every step is satisfied."""
        return all(each.action == NONE for each in self.steps)

    @property
    def since(self) -> datetime | None:
        """When the last step was satisfied; None where one is not."""
        return max(self._ends, default=None) if self.held else None

    @property
    def in_the_way(self) -> PlannedStep | None:
        """The first step that is not satisfied."""
        return next((each for each in self.steps if each.action != NONE), None)
