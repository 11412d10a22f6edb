"""Rules about what may be launched, each a plain function: why not, or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.stackfile.freeze_window import show_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.models import Configuration, Job
    from tamr_provider.stackfile.freeze_window import Window

DAY = timedelta(days=1)


def frozen(windows: Iterable[Window], now: datetime) -> tuple[str, datetime] | None:
    """Return why nothing may be launched at `now` and when that ends; None outside of windows."""
    for window in windows:
        opens = window.opens(now)
        if opens is not None:
            return f"frozen until {show_moment(opens)} ({window.text})", opens
    return None


def wrong_tenant(url: str, stack: str, tenants: Mapping[str, Sequence[str]]) -> str:
    """Return why a stack may not use a tenant; `tenants` has the addresses that each stack may."""
    allowed = [each.rstrip("/") for each in tenants.get(stack, ())]
    if url.rstrip("/") in allowed:
        return ""
    names = ", ".join(allowed) or "no tenant, since the rule does not name this stack"
    return f"{stack} is not to use {url}; allowed: {names}"


def stack_before(stack: str, order: Sequence[str]) -> str:
    """Return the stack that has to hold a version first; empty where none is in the order."""
    place = order.index(stack) if stack in order else 0
    return order[place - 1] if place else ""


def too_many(jobs: Iterable[Job], configuration: Configuration, now: datetime, maximum: int) -> str:
    """Return why the same may not run once more, where it ran so often in the last 24 hours."""
    ran = [
        each
        for each in jobs
        if each.configuration == configuration
        and each.created_at is not None
        and each.created_at > now - DAY
    ]
    if len(ran) < maximum:
        return ""
    times = "once" if len(ran) == 1 else f"{len(ran)} times"
    return (
        f"it ran {times} in the last 24 hours ({', '.join(each.id for each in ran[-3:])}); "
        f"allowed: {maximum}"
    )
