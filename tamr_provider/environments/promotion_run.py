"""The promotion of several products: one result a product, and one exit code for all."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.client.connection import connect_once
from tamr_provider.environments.promotion import promote
from tamr_provider.environments.stack import read_file, read_settings_beside
from tamr_provider.errors import (
    TamrError,
    TenantUnavailableError,
    TenantUnreachableError,
)
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.product_state import judge_product

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from tamr_provider.clock import Clock
    from tamr_provider.environments.product_editor import ProductEditor
    from tamr_provider.environments.promotion import Promotion
    from tamr_provider.environments.stack import Stack

_BY_SEVERITY = (2, 1, 75, 0)
# What no later product can get past.
_END_ALL = (TenantUnreachableError, TenantUnavailableError)


@dataclass(frozen=True)
class PromotionOptions:
    """What applies to every product of a promotion."""

    soak: timedelta
    unpin: bool = False
    is_dry_run: bool = False


@dataclass(frozen=True)
class PromotionResult:
    """A promotion, or why there is none: an error, or a `note` that there is nothing to write."""

    product: str
    promotion: Promotion | None = None
    note: str = ""
    error: TamrError | None = None

    @property
    def exit_code(self) -> int:
        """The exit code of a promotion of this product alone."""
        return self.error.exit_code if self.error else 0


class PromotionRun:
    """Promotes products of `source` to the stack `target`; `edit` opens a product there.

    Outages and the start of a verification go to `note`, and `interrupts(stop)` sets `stop` at a
    signal.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - two stacks, and what connects them with the machine
        self,
        source: Stack,
        target: str,
        edit: Callable[[str], ProductEditor],
        env: Mapping[str, str],
        clock: Clock,
        note: Callable[[str], None],
        interrupts: Callable[[threading.Event], AbstractContextManager[None]],
    ) -> None:
        self._source = source
        self._target = target
        self._edit = edit
        self._env = env
        self._clock = clock
        self._note = note
        self._interrupts = interrupts
        self._stop: threading.Event | None = None

    def promote(self, names: Sequence[str], options: PromotionOptions) -> Iterator[PromotionResult]:
        """Promote each product, all if `names` is empty, and yield its result.

        An interrupt ends with the product whose verification it killed. Raises InputError before
        the first product if a name is unknown, and TamrError if the tenant does not respond.
        """
        if names:
            editors = {name: self._edit(name) for name in dict.fromkeys(names)}
        else:
            known = read_file(self._source.project, self._target, self._clock.now()).products
            editors = {
                name: self._edit(name) for name in self._source.file.products if name in known
            }
        for name, editor in editors.items():
            yield self._promote(name, editor, options)
            if self._stop is not None and self._stop.is_set():
                return
        for name in self._source.file.products if not names else ():
            if name not in editors:
                yield PromotionResult(
                    name, note=f"{name}: {self._target} does not have this product"
                )

    def _promote(
        self, name: str, editor: ProductEditor, options: PromotionOptions
    ) -> PromotionResult:
        try:
            promotion = promote(
                self._source,
                editor,
                self._clock,
                self._note,
                self._start_verification,
                soak=options.soak,
                unpin=options.unpin,
                is_dry_run=options.is_dry_run,
            )
        except _END_ALL:
            raise
        except TamrError as error:
            return PromotionResult(name, error=error)
        if promotion is None:
            return PromotionResult(name, note=self._describe_current(name, editor.product.version))
        return PromotionResult(name, promotion)

    def _start_verification(self, stop: threading.Event) -> AbstractContextManager[None]:
        self._stop = stop
        return self._interrupts(stop)

    def _describe_current(self, name: str, version: str) -> str:
        asks = f"{name}: {self._target}'s file already asks for {version}"
        try:
            is_deployed = self._is_deployed(name)
        except TamrError as error:
            cause = "; ".join(str(error).splitlines())
            return f"{asks}; whether it is deployed there is unknown: {cause}"
        if is_deployed:
            return f"{asks}, and it is deployed there"
        command = shlex.join(["tamr", "up", "--stack", self._target])
        return f"{asks}; it is not deployed there yet. To run it, run: {command}"

    def _is_deployed(self, name: str) -> bool:
        file = read_file(self._source.project, self._target, self._clock.now())
        settings = read_settings_beside(self._env, self._target, file)
        products = {name: file.products[name]}
        with connect_once(settings, self._clock) as client:
            plan, _ = plan_with_snapshot(
                client, self._clock, products, settings.slots, self._target
            )
        return judge_product(name, self._target, plan.steps, plan.now, "").is_satisfied


def worst_exit_code(results: Iterable[PromotionResult]) -> int:
    """Return the exit code of all: what needs a person comes before what ends by itself."""
    codes = {result.exit_code for result in results}
    return next((code for code in _BY_SEVERITY if code in codes), 0)
