"""A retry of a product, unless its tenant shows that nothing failed or was stopped."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.client.connection import connect_once
from tamr_provider.decision.states import State
from tamr_provider.decision.steps import would_satisfy
from tamr_provider.errors import TamrError
from tamr_provider.models import FAILED, STOPPED
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.product_state import judge_product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tamr_provider.clock import Clock
    from tamr_provider.environments.product_editor import Edit, ProductEditor
    from tamr_provider.environments.stack import Stack
    from tamr_provider.models import Job
    from tamr_provider.planning.product_state import StepState
    from tamr_provider.stackfile.product import Product


@dataclass(frozen=True)
class RetryResult:
    """The edit, or None with a `note` in two lines that says why no retry is needed.

    With an edit, `note` says why the tenant could not be asked, "" if it could.
    """

    edit: Edit | None
    note: str = ""


def retry(editor: ProductEditor, open_stack: Callable[[], Stack], clock: Clock) -> RetryResult:
    """Write a retry if one is needed, or if the tenant does not say."""
    now = editor.read_latest_time()
    unknown = f"cannot check whether {editor.name} needs a retry"
    if not editor.has_tenant_responded:
        return RetryResult(editor.retry(now), f"{unknown}: the tenant did not respond")
    try:
        needless = find_needless(open_stack(), editor.name, clock)
    except TamrError as error:
        cause = "; ".join(str(error).splitlines())
        return RetryResult(editor.retry(now), f"{unknown}: {cause}")
    return RetryResult(None, needless) if needless else RetryResult(editor.retry(now))


def find_needless(stack: Stack, name: str, clock: Clock) -> str:
    """Return why a product needs no retry, "" if it does. Raises TamrError without a response."""
    product = stack.file.products[name]
    if stack.file.sinces[name].problem:
        return ""  # A run refuses the version, so its jobs say nothing about it.
    with connect_once(stack.settings, clock) as client:
        plan, snapshot = plan_with_snapshot(
            client, clock, {name: product}, stack.settings.slots, stack.name
        )
    state = judge_product(name, stack.name, plan.steps, plan.now, stack.resume)
    if any(_needs_retry(step, snapshot.jobs, product) for step in state.steps):
        return ""
    reason = f" ({state.reason})" if state.state in (State.HOLD, State.WAITING) else ""
    words = f"it is {state.state.product_words}{reason}"
    what = f"{name} {product.version} needs no retry on {stack.name}: {words}."
    if not state.is_satisfied:
        return f"{what}\nTo run it, run: {stack.resume}"
    again = shlex.join(["tamr", "bump", name, product.version, "--stack", stack.name])
    return f"{what}\nTo run it again, run: {again}"


def _needs_retry(step: StepState, jobs: Iterable[Job], product: Product) -> bool:
    planned = step.planned
    if step.state is State.SATISFIED or planned.not_before is None:
        return False
    return step.needs_action or any(
        job.outcome in (FAILED, STOPPED)
        and would_satisfy(job, planned.step)
        and not _is_ignored(job, product)
        for job in jobs
    )


def _is_ignored(job: Job, product: Product) -> bool:
    at = product.retried_at
    return at is not None and job.created_at is not None and job.created_at < at
