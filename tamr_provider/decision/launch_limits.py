"""Limits on what may be launched, as functions that return the reason."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.models import Configuration, Job
    from tamr_provider.stackfile.freeze_window import FreezeWindow

DAY = timedelta(days=1)


def freeze_reason(windows: Iterable[FreezeWindow], now: datetime) -> tuple[str, datetime] | None:
    """Return (reason, end of the freeze) for the first window that covers `now`, or None."""
    for window in windows:
        ends_at = window.ends_at(now)
        if ends_at is not None:
            return f"freeze ({window.text})", ends_at
    return None


def tenant_violation(url: str, stack: str, tenants: Mapping[str, Sequence[str]]) -> str:
    """Return why a stack must not use a tenant, or "".

    `tenants` are the allowed addresses of each stack.
    """
    allowed = [address.rstrip("/") for address in tenants.get(stack, ())]
    if url.rstrip("/") in allowed:
        return ""
    names = ", ".join(allowed) or "none, because the rule does not name this stack"
    return f"stack {stack} must not use {url} (allowed: {names})"


def upstream_stack(stack: str, order: Sequence[str]) -> str:
    """Return the stack to which a version must be deployed first, "" if there is none."""
    index = order.index(stack) if stack in order else 0
    return order[index - 1] if index else ""


def run_limit_violation(
    jobs: Iterable[Job], configuration: Configuration, now: datetime, maximum: int
) -> str:
    """Return why a configuration must not run again within 24 hours, or ""."""
    runs = [
        job
        for job in jobs
        if job.configuration == configuration
        and job.created_at is not None
        and job.created_at > now - DAY
    ]
    if len(runs) < maximum:
        return ""
    times = "once" if len(runs) == 1 else f"{len(runs)} times"
    names = ", ".join(job.id for job in runs[-3:])
    return f"launched {times} in the last 24 hours ({names}); the limit is {maximum}"
