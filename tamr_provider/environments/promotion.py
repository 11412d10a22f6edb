"""Whether a version may run in an environment, and its promotion from one to the next.

`promoteFrom`, the policy pack and `tamr promote` all use `read_deployment`.
"""

from __future__ import annotations

import functools
import shlex
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.client.connection import connect
from tamr_provider.decision.states import State
from tamr_provider.environments.stack import (
    Stack,
    find_product,
    read_file,
    read_settings_beside,
    refuse_problems,
)
from tamr_provider.environments.verification import verify_deployment
from tamr_provider.errors import PromotionBlockedError, PromotionPendingError, TamrError
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.plan import plan_steps
from tamr_provider.planning.product_state import ProductState, judge_product
from tamr_provider.stackfile.version_change import is_older
from tamr_provider.timestamps import format_duration, format_seconds

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from tamr_provider.clock import Clock
    from tamr_provider.environments.product_editor import Edit, ProductEditor
    from tamr_provider.environments.verification import VerificationResult
    from tamr_provider.planning.plan import Plan
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.tenant.snapshot import Snapshot

_NO_SOAK = timedelta(0)


@dataclass(frozen=True)
class PromotionRequest:
    """A version that may run on the stack `target` once it is deployed to the stack `upstream`."""

    product: str
    version: str
    target: str
    upstream: str


@dataclass(frozen=True)
class Observation:
    """A stack, and its tenant's jobs as of one poll."""

    stack: Stack
    snapshot: Snapshot


def promotion_gate(
    stack: Stack,
    env: Mapping[str, str],
    clock: Clock,
    observe: Callable[[str], Observation | None] = lambda _: None,
    connect_seconds: float | None = None,
) -> Callable[[str], str]:
    """Return a function from a product's name to why it may not run here, or an empty string.

    It follows the product's `promoteFrom` and queries that stack's tenant once for each product,
    unless `observe` knows the stack. A version that is pinned or overridden may run.
    """

    @functools.cache
    def gate(name: str) -> str:
        product = stack.file.products[name]
        if not product.promote_from or product.is_overridden or product.is_pinned:
            return ""
        request = PromotionRequest(name, product.version, stack.name, product.promote_from)
        return _find_blocker(request, lambda: check(request))

    def check(request: PromotionRequest) -> None:
        observed = observe(request.upstream)
        if observed is None:
            _check_upstream(stack.project, request, env, clock, connect_seconds)
        else:
            _check_observed(observed, request)

    return gate


def promotion_blocker(
    project: Project, request: PromotionRequest, env: Mapping[str, str], clock: Clock
) -> str:
    """Return why the version must not run, or an empty string. Queries the upstream tenant."""
    return _find_blocker(request, lambda: _check_upstream(project, request, env, clock))


def _find_blocker(request: PromotionRequest, check: Callable[[], None]) -> str:
    upstream, version = request.upstream, request.version
    try:
        check()
    except (PromotionBlockedError, PromotionPendingError) as error:
        return f"{upstream} does not have {version} yet (promoteFrom: {error})"
    except TamrError as error:
        cause = "; ".join(str(error).splitlines())
        return f"cannot check whether {upstream} has {version} (promoteFrom: {cause})"
    return ""


def _check_upstream(
    project: Project,
    request: PromotionRequest,
    env: Mapping[str, str],
    clock: Clock,
    connect_seconds: float | None = None,
) -> None:
    file = read_file(project, request.upstream, clock.now())
    _check_version(file, request)
    settings = read_settings_beside(env, request.upstream, file)
    stack = Stack(request.upstream, project, file, settings)
    read_deployment(stack, request.product, clock, connect_seconds=connect_seconds)


def _check_observed(observed: Observation, request: PromotionRequest) -> None:
    stack, name = observed.stack, request.product
    _check_version(stack.file, request)
    draft = plan_steps(
        observed.snapshot, {name: stack.file.products[name]}, stack.settings.slots, stack.name
    )
    _judge_deployment(stack, name, draft.forecast(lambda _: None), _NO_SOAK)


def _check_version(file: StackFile, request: PromotionRequest) -> None:
    product = _find_runnable(file, request.product, request.upstream)
    if product.version != request.version:
        problem = f"{request.upstream} is set to {product.version}, not {request.version}"
        raise PromotionPendingError(problem)


def _find_runnable(file: StackFile, name: str, stack: str) -> Product:
    product = find_product(file, name, stack)
    refuse_problems([file.sinces[name]])
    return product


def read_deployment(  # noqa: PLR0913, PLR0917 - what to read, and for how long
    stack: Stack,
    name: str,
    clock: Clock,
    soak: timedelta = _NO_SOAK,
    on_outage: Callable[[str], None] = lambda _: None,
    connect_seconds: float | None = None,
) -> ProductState:
    """Return the state of a product whose version is deployed to a stack, for `soak` at least.

    Raises PromotionBlockedError if a step is on hold, PromotionPendingError if it is too early.
    """
    product = stack.file.products[name]
    settings = stack.settings
    with connect(settings, clock, None, on_outage, connect_seconds) as client:
        plan, _ = plan_with_snapshot(client, clock, {name: product}, settings.slots, stack.name)
    return _judge_deployment(stack, name, plan, soak)


def _judge_deployment(stack: Stack, name: str, plan: Plan, soak: timedelta) -> ProductState:
    product = stack.file.products[name]
    state = judge_product(name, stack.name, plan.steps, plan.now, stack.resume)
    if not state.is_satisfied:
        raise (PromotionBlockedError if state.state is State.HOLD else PromotionPendingError)(
            f"{name} {product.version} is not deployed to {stack.name} "
            f"({state.state.product_words}: {state.reason})"
        )
    since = state.satisfied_since or state.now
    if state.now - since < soak:
        raise PromotionPendingError(
            f"{name} {product.version} has soaked in {stack.name} for "
            f"{format_duration(state.now - since)} of the required {format_duration(soak)}. "
            f"You can promote it after {format_seconds(since + soak)}"
        )
    return state


@dataclass(frozen=True)
class Promotion:
    """A version that may be promoted, with the evidence and the edit of the stack file."""

    source: Stack
    target: str
    name: str
    product: Product
    state: ProductState
    soak: timedelta
    verification: VerificationResult | None
    edit: Edit


def promote(  # noqa: PLR0913 - one parameter per option
    source: Stack,
    editor: ProductEditor,
    clock: Clock,
    note: Callable[[str], None],
    interrupts: Callable[[threading.Event], AbstractContextManager[None]],
    *,
    soak: timedelta,
    unpin: bool,
    is_dry_run: bool,
) -> Promotion | None:
    """Write the version that is deployed to `source` into the editor's file.

    Return None if it is there. Outages and the start of a verification go to `note`, and
    `interrupts(stop)` sets `stop` at a signal. Raises PromotionBlockedError if the version must
    not be promoted, PromotionPendingError if it can be promoted later.
    """
    name = editor.name
    product = _find_runnable(source.file, name, source.name)
    if editor.product.version == product.version:
        return None
    _check_replaceable(editor, product, unpin)
    state = read_deployment(source, name, clock, soak, note)
    verification = None
    if product.verify:
        verification = verify_deployment(source, name, state, note, interrupts)
    edit = editor.promote(product.version, is_dry_run)
    return Promotion(source, editor.stack, name, product, state, soak, verification, edit)


def _check_replaceable(editor: ProductEditor, new: Product, unpin: bool) -> None:
    name, target, current = editor.name, editor.stack, editor.product
    if current.is_pinned and not unpin:
        raise PromotionBlockedError(
            f"{name} is pinned to {current.version} in {target} after a rollback. To promote "
            f"{new.version}, add --unpin"
        )
    if is_older(new.version, current.version):
        command = shlex.join(["tamr", "bump", name, new.version, "--stack", target])
        raise PromotionBlockedError(
            f"{target} is already set to {name} {current.version}, which is newer than "
            f"{new.version}. To roll back, run: {command}"
        )
