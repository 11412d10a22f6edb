"""Rules about what may be launched, each a plain function: why not, or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.stackfile.freeze_window import format_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.models import Configuration, Job
    from tamr_provider.stackfile.freeze_window import FreezeWindow

DAY = timedelta(days=1)


def freeze_reason(windows: Iterable[FreezeWindow], now: datetime) -> tuple[str, datetime] | None:
    """Return why nothing may be launched at `now` and when that ends; None outside of windows."""
    for window in windows:
        ends_at = window.ends_at(now)
        if ends_at is not None:
            return f"frozen until {format_local(ends_at)} ({window.text})", ends_at
    return None


def tenant_violation(url: str, stack: str, tenants: Mapping[str, Sequence[str]]) -> str:
    """Return why a stack may not use a tenant; `tenants` has the addresses that each stack may."""
    allowed = [each.rstrip("/") for each in tenants.get(stack, ())]
    if url.rstrip("/") in allowed:
        return ""
    names = ", ".join(allowed) or "no tenant, since the rule does not name this stack"
    return f"{stack} is not to use {url}; allowed: {names}"


def upstream_stack(stack: str, order: Sequence[str]) -> str:
    """Return the stack that has to hold a version first; empty where none is in the order."""
    place = order.index(stack) if stack in order else 0
    return order[place - 1] if place else ""


def run_limit_violation(
    jobs: Iterable[Job], configuration: Configuration, now: datetime, maximum: int
) -> str:
    """Return why the same may not run once more, where it ran so often in the last 24 hours."""
    ran = [
        job
        for job in jobs
        if job.configuration == configuration
        and job.created_at is not None
        and job.created_at > now - DAY
    ]
    if len(ran) < maximum:
        return ""
    times = "once" if len(ran) == 1 else f"{len(ran)} times"
    return (
        f"it ran {times} in the last 24 hours ({', '.join(each.id for each in ran[-3:])}); "
        f"allowed: {maximum}"
    )
