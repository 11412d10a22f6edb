"""Read the history of every environment, from all tenants side by side."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tamr_provider.client.connection import READ_ONLY_CONNECT_SECONDS, connect
from tamr_provider.environments.changes import read_changes
from tamr_provider.environments.history import Run, build_run
from tamr_provider.environments.pins import find_pin_conflicts
from tamr_provider.environments.promotion import Observation, promotion_gate
from tamr_provider.environments.side_by_side import run_side_by_side
from tamr_provider.environments.stack import (
    Stack,
    list_stacks,
    order_by_promotion,
    read_file,
    read_settings_of,
)
from tamr_provider.errors import InputError, TamrError
from tamr_provider.planning.plan import plan_steps, query_for
from tamr_provider.planning.product_state import ProductState, judge_product
from tamr_provider.stackfile.since.git import Repository
from tamr_provider.tenant.job_cache import JobCache
from tamr_provider.tenant.query import JobQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.client.connection import OpenClient
    from tamr_provider.clock import Clock
    from tamr_provider.environments.changes import Change
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.tenant.snapshot import Snapshot

    _Observe = Callable[[str], Observation | None]


@dataclass(frozen=True)
class History:
    """Runs, the newest first; `errors` says for a stack why its outcomes are unknown."""

    runs: tuple[Run, ...]
    errors: Mapping[str, str]
    is_shallow: bool


def read_history(  # noqa: PLR0913, PLR0917 - which runs, from where, and how
    project: Project,
    stacks: Sequence[str],
    product: str,
    oldest: datetime | None,
    env: Mapping[str, str],
    clock: Clock,
    open_client: OpenClient = connect,
) -> History:
    """Return the runs on the named stacks, or on all; those of one moment in promotion order.

    An empty `product` means all; changes from before `oldest` are left out. Raises InputError if
    there is no stack file, or no such product.
    """
    names = list(dict.fromkeys(list_stacks(project, stacks)))
    files = {name: read_file(project, name, clock.now()) for name in names}
    order = order_by_promotion({name: file.products.values() for name, file in files.items()})
    access = _Access(env, clock, open_client, is_alone=len(names) == 1)
    readers = {}
    for name in order:
        every = read_changes(project, name, files[name], clock.now())
        changes = [
            change
            for change in every
            if product in ("", change.name) and (oldest is None or change.requested_at >= oldest)
        ]
        if changes:
            readers[name] = _Reader(project, name, files[name], changes, access)

    def observe(name: str) -> Observation | None:
        return readers[name].observation.result() if name in readers else None

    run_side_by_side([partial(reader.read, observe) for reader in readers.values()], access.stop)
    runs = [run for reader in readers.values() for run in reader.runs]
    if product and not runs and not oldest:
        raise InputError(f"no change of a product {product} in {', '.join(names)}")
    # The sort is stable, so runs of one moment stay in the order of promotions and of the file.
    runs.sort(key=lambda run: (run.change.commit is None, run.change.requested_at), reverse=True)
    repository = Repository.find(project.stack_dir)
    return History(
        tuple(runs),
        {name: reader.error for name, reader in readers.items() if reader.error},
        repository is not None and bool(repository.shallow),
    )


class _Access:
    """How to reach the tenants; `stop` ends the waits for all of them."""

    def __init__(
        self, env: Mapping[str, str], clock: Clock, open_client: OpenClient, *, is_alone: bool
    ) -> None:
        self.env = env
        self.clock = clock
        self.open_client = open_client
        self.is_alone = is_alone
        self.stop = threading.Event()


class _Reader:
    """Reads the runs of one stack; `observation` is what others, promoted from it, wait for."""

    def __init__(
        self,
        project: Project,
        name: str,
        file: StackFile,
        changes: Sequence[Change],
        access: _Access,
    ) -> None:
        self.observation: Future[Observation] = Future()
        self.runs: list[Run] = []
        self.error = ""
        self._project = project
        self._name = name
        self._file = file
        self._changes = _in_order(changes, file)
        self._access = access

    def read(self, observe: _Observe) -> None:
        """Read the runs; without a tenant they are unknown, and `error` says why."""
        try:
            self._read(observe)
        except BaseException as error:
            if not self.observation.done():
                self.observation.set_exception(error)
            if not isinstance(error, TamrError):
                raise
            self.error = "; ".join(str(error).splitlines())
            self.runs = [Run(change, "unknown", self.error) for change in self._changes]

    def _read(self, observe: _Observe) -> None:
        access = self._access
        settings = read_settings_of(access.env, self._name, self._file, is_alone=access.is_alone)
        stack = Stack(self._name, self._project, self._file, settings)
        with access.open_client(
            settings, access.clock, access.stop, lambda _: None, READ_ONLY_CONNECT_SECONDS
        ) as client:
            snapshot = JobCache(client, access.clock).refresh(self._query())
        self.observation.set_result(Observation(stack, snapshot))
        states = self._judge(stack, snapshot, observe)
        self.runs = [
            build_run(
                change,
                snapshot.jobs,
                snapshot.now,
                states[change.name] if change.until is None else None,
            )
            for change in self._changes
        ]

    @property
    def _current(self) -> dict[str, Product]:
        """The products of the changes as they are now; a promotion from here asks for them too."""
        names = {change.name for change in self._changes}
        return {name: product for name, product in self._file.products.items() if name in names}

    def _query(self) -> JobQuery:
        current = query_for(self._current, self._access.clock.now())
        oldest = min(change.product.not_before for change in self._changes)
        return JobQuery(min(oldest, current.created_after), current.ended_after)

    def _judge(
        self, stack: Stack, snapshot: Snapshot, observe: _Observe
    ) -> dict[str, ProductState]:
        """Return the state of each product now, as `tamr status` shows it."""
        access, products = self._access, self._current
        gate = promotion_gate(stack, access.env, access.clock, observe, READ_ONLY_CONNECT_SECONDS)
        draft = plan_steps(snapshot, products, stack.settings.slots, stack.name, gate)
        plan = draft.forecast(lambda _: None)
        pins = find_pin_conflicts(self._project, self._name, products, access.clock.now())
        return {
            name: judge_product(
                name, stack.name, plan.steps, plan.now, stack.resume, pins.get(name)
            )
            for name in products
        }


def _in_order(changes: Sequence[Change], file: StackFile) -> list[Change]:
    """Return the changes in the order of the file; products that it no longer has come last."""
    places = {name: place for place, name in enumerate(file.products)}
    return sorted(changes, key=lambda change: places.get(change.name, len(places)))
