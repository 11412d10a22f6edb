"""Read the status of every product in every environment, from all tenants side by side."""

from __future__ import annotations

import re
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tamr_provider.client.connection import READ_ONLY_CONNECT_SECONDS, connect
from tamr_provider.decision.steps import pipeline_steps, would_satisfy
from tamr_provider.environments.deployments import Deployment, find_deployments
from tamr_provider.environments.pins import find_pin_conflicts
from tamr_provider.environments.promotion import Observation, promotion_gate
from tamr_provider.environments.side_by_side import run_side_by_side
from tamr_provider.environments.stack import Stack, list_stacks, read_settings_of
from tamr_provider.environments.status import EnvironmentStatus, ProductStatus, RequestedBy
from tamr_provider.errors import (
    InputError,
    TamrError,
    TenantUnavailableError,
    TenantUnreachableError,
)
from tamr_provider.planning.dry_run import plan_from_snapshot, poll
from tamr_provider.planning.product_state import ProductState, judge_product, unknown_product
from tamr_provider.stackfile.since.lookup import with_past_versions
from tamr_provider.stackfile.since.origin import COMMITTED
from tamr_provider.stackfile.suggestions import suggest_or_list
from tamr_provider.tenant.job_cache import JobCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from tamr_provider.client.connection import OpenClient
    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.planning.product_state import PinConflict
    from tamr_provider.settings import Settings
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.stackfile.since.origin import Since
    from tamr_provider.stackfile.since.past_versions import PastVersions
    from tamr_provider.tenant.snapshot import Snapshot

    _Observe = Callable[[str], Observation | None]

# A squashed pull request, or the merge of one: GitHub's own subjects.
_PULL_REQUEST = re.compile(r"\(#(\d+)\)\s*$|^Merge pull request #(\d+) ")


def read_environments(  # noqa: PLR0913 - which stacks and products, for which surface
    project: Project,
    stacks: Sequence[str],
    env: Mapping[str, str],
    clock: Clock,
    on_outage: Callable[[str], None],
    *,
    products: Sequence[str] = (),
    back: timedelta | None = None,
    stop: threading.Event | None = None,
    open_client: OpenClient = connect,
) -> list[EnvironmentStatus]:
    """Return the status of the named stacks and products, or of all.

    The snapshots have the jobs of the last `back`. `stop` ends the waits for the tenants. A tenant
    that cannot be connected to for three seconds is given up. Raises InputError, before any
    request, for a bad stack file or an unknown name.
    """
    names = list(dict.fromkeys(list_stacks(project, stacks)))
    sources = [_read_source(project, name, clock) for name in names]
    _refuse_unknown(products, sources)
    stop = stop or threading.Event()
    tenants = _Tenants(env, clock, stop, on_outage, back, open_client, is_alone=len(names) == 1)
    readers = {source.name: _Reader(source, products, tenants) for source in sources}

    def observe(name: str) -> Observation | None:
        return readers[name].observation.result() if name in readers else None

    return run_side_by_side([partial(reader.read, observe) for reader in readers.values()], stop)


@dataclass(frozen=True)
class _Source:
    """A stack file, the versions that it had, and its pins."""

    project: Project
    name: str
    file: StackFile
    past: PastVersions
    pins: Mapping[str, PinConflict]


def _read_source(project: Project, name: str, clock: Clock) -> _Source:
    now = clock.now()
    file, past = with_past_versions(project.read_stack(name, now), project, name, now)
    return _Source(project, name, file, past, find_pin_conflicts(project, name, file.products, now))


def _refuse_unknown(products: Sequence[str], sources: Sequence[_Source]) -> None:
    known = list(dict.fromkeys(name for source in sources for name in source.file.products))
    problems = [
        f'unknown product "{name}" {suggest_or_list(name, known, "defined")}'
        for name in dict.fromkeys(products)
        if name not in known
    ]
    if problems:
        raise InputError(*problems)


class _Tenants:
    """How to reach the tenants, and what is asked of them."""

    def __init__(  # noqa: PLR0913, PLR0917 - what reaches a tenant, and what is asked of it
        self,
        env: Mapping[str, str],
        clock: Clock,
        stop: threading.Event,
        on_outage: Callable[[str], None],
        back: timedelta | None,
        open_client: OpenClient,
        *,
        is_alone: bool,
    ) -> None:
        self.env = env
        self.clock = clock
        self.back = back
        self._stop = stop
        self._on_outage = on_outage
        self._open_client = open_client
        self._is_alone = is_alone

    def connect(self, settings: Settings) -> AbstractContextManager[JobsClient]:
        """Return a client that gives up soon."""
        return self._open_client(
            settings, self.clock, self._stop, self._on_outage, READ_ONLY_CONNECT_SECONDS
        )

    def read_settings(self, name: str, file: StackFile) -> Settings:
        """Return the settings of a stack; only a stack that is alone obeys TAMR_URL."""
        return read_settings_of(self.env, name, file, is_alone=self._is_alone)


class _Reader:
    """Reads one environment; `observation` is what others, which are promoted from it, wait for."""

    def __init__(self, source: _Source, products: Sequence[str], tenants: _Tenants) -> None:
        self.observation: Future[Observation] = Future()
        self._source = source
        self._names = [name for name in source.file.products if not products or name in products]
        self._tenants = tenants

    def read(self, observe: _Observe) -> EnvironmentStatus:
        """Return the status; a tenant's error is part of it."""
        try:
            return self._read(observe)
        except BaseException as error:
            if not self.observation.done():
                self.observation.set_exception(error)
            if not isinstance(error, TamrError):
                raise
            return self._without_tenant(error)

    def _read(self, observe: _Observe) -> EnvironmentStatus:
        source, tenants = self._source, self._tenants
        settings = tenants.read_settings(source.name, source.file)
        stack = Stack(source.name, source.project, source.file, settings)
        with tenants.connect(settings) as client:
            snapshot = poll(client, tenants.clock, source.file.products, tenants.back)
            self.observation.set_result(Observation(stack, snapshot))
            return self._judge(client, stack, snapshot, observe)

    def _judge(
        self, client: JobsClient, stack: Stack, snapshot: Snapshot, observe: _Observe
    ) -> EnvironmentStatus:
        tenants, file = self._tenants, self._source.file
        gate = promotion_gate(stack, tenants.env, tenants.clock, observe, READ_ONLY_CONNECT_SECONDS)
        slots = stack.settings.slots
        plan = plan_from_snapshot(client, snapshot, file.products, slots, stack.name, gate)
        states = [
            judge_product(
                name, stack.name, plan.steps, plan.now, stack.resume, self._source.pins.get(name)
            )
            for name in self._names
        ]
        past = {state.name: self._find_past(state) for state in states if not state.is_satisfied}
        deployments = find_deployments(JobCache(client, tenants.clock), past)
        products = tuple(
            self._make_status(state, snapshot, deployments.get(state.name)) for state in states
        )
        return EnvironmentStatus(
            stack.name, stack.settings.url, products, "", False, plan, snapshot
        )

    def _find_past(self, state: ProductState) -> Iterator[Product]:
        return self._source.past.of(state.name, self._source.file.products[state.name], state.now)

    def _make_status(
        self, state: ProductState, snapshot: Snapshot, earlier: Deployment | None
    ) -> ProductStatus:
        file = self._source.file
        product, since = file.products[state.name], file.sinces[state.name]
        deployed = earlier
        if state.is_satisfied:
            deployed = Deployment(product.version, state.satisfied_since)
        steps = [step.planned.step for step in state.steps]
        jobs = (job for job in snapshot.jobs if any(would_satisfy(job, step) for step in steps))
        return ProductStatus(
            product,
            state,
            deployed.version if deployed else None,
            deployed.since if deployed else None,
            _find_request(since),
            tuple(jobs),
            since,
        )

    def _without_tenant(self, error: TamrError) -> EnvironmentStatus:
        file, name = self._source.file, self._source.name
        reason, now = "; ".join(str(error).splitlines()), self._tenants.clock.now()
        products = []
        for key in self._names:
            product, since = file.products[key], file.sinces[key]
            state = unknown_product(key, name, pipeline_steps({key: product}), now, reason)
            asked = _find_request(since)
            products.append(ProductStatus(product, state, requested_by=asked, since=since))
        is_away = isinstance(error, (TenantUnavailableError, TenantUnreachableError))
        return EnvironmentStatus(name, file.url, tuple(products), reason, is_away)


def _find_request(since: Since) -> RequestedBy | None:
    signature = since.signature
    if signature is None or since.known_by != COMMITTED:
        return None
    found = _PULL_REQUEST.search(signature.subject)
    number = (found[1] or found[2]) if found else ""
    return RequestedBy(since.commit, signature.author, signature.committed_at, number)
