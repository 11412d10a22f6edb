"""A retry of a product, unless its tenant shows that nothing failed or was stopped."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.client.connection import connect_once
from tamr_provider.decision.steps import would_satisfy
from tamr_provider.errors import TamrError
from tamr_provider.models import FAILED, STOPPED
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.plan import ProductState
from tamr_provider.planning.planned_step import NONE
from tamr_provider.planning.states import needs_action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tamr_provider.clock import Clock
    from tamr_provider.environments.product_editor import Edit, ProductEditor
    from tamr_provider.environments.stack import Stack
    from tamr_provider.models import Job
    from tamr_provider.planning.planned_step import PlannedStep
    from tamr_provider.stackfile.product import Product


@dataclass(frozen=True)
class RetryResult:
    """The edit, or None with a `note` in two lines that says why no retry is needed.

    With an edit, `note` says why the tenant could not be asked, "" if that is said or was not so.
    """

    edit: Edit | None
    note: str = ""


def retry(editor: ProductEditor, open_stack: Callable[[], Stack], clock: Clock) -> RetryResult:
    """Write a retry if one is needed, or if the tenant does not say."""
    now = editor.read_latest_time()
    if not editor.has_tenant_responded:
        return RetryResult(editor.retry(now))
    try:
        needless = find_needless(open_stack(), editor.name, clock)
    except TamrError as error:
        cause = "; ".join(str(error).splitlines())
        note = f"cannot check whether {editor.name} needs a retry: {cause}"
        return RetryResult(editor.retry(now), note)
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
    state = ProductState(plan, name)
    if any(_needs_retry(planned, snapshot.jobs, product) for planned in state.steps):
        return ""
    what = f"{name} {product.version} needs no retry"
    if not state.is_satisfied:
        return f"{what}: none of its jobs failed or was stopped.\nTo run it, run: {stack.resume}"
    again = shlex.join(["tamr", "bump", name, product.version, "--stack", stack.name])
    return f"{what}: it is deployed to {stack.name}.\nTo run it again, run: {again}"


def _needs_retry(planned: PlannedStep, jobs: Iterable[Job], product: Product) -> bool:
    if planned.action == NONE or planned.not_before is None:
        return False
    return needs_action(planned) or any(
        job.outcome in (FAILED, STOPPED)
        and would_satisfy(job, planned.step)
        and not _is_ignored(job, product)
        for job in jobs
    )


def _is_ignored(job: Job, product: Product) -> bool:
    at = product.retried_at
    return at is not None and job.created_at is not None and job.created_at < at
