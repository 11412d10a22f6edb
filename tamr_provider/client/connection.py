"""A client for one tenant, opened and closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING, TypeAlias

from tamr_provider.client.http import HttpSession
from tamr_provider.client.jobs import JobsClient

if TYPE_CHECKING:
    from tamr_provider.clock import Clock
    from tamr_provider.settings import Settings

# The type of `connect`.
OpenClient: TypeAlias = Callable[
    ["Settings", "Clock", threading.Event, Callable[[str], None], "float | None"],
    AbstractContextManager[JobsClient],
]

READ_ONLY_CONNECT_SECONDS = 3.0  # A command that only reads does not wait for a tenant to return.


def connect(
    settings: Settings,
    clock: Clock,
    stop: threading.Event | None = None,
    on_outage: Callable[[str], None] = lambda _: None,
    connect_seconds: float | None = None,
) -> AbstractContextManager[JobsClient]:
    """Return a client for a tenant that a `with` statement closes.

    With `connect_seconds`, a tenant that cannot be connected to for that long is given up.
    """
    stop = stop or threading.Event()
    return closing(make_client(settings, clock, stop, on_outage, connect_seconds))


def connect_once(settings: Settings, clock: Clock) -> AbstractContextManager[JobsClient]:
    """Return a client that a `with` statement closes, and that repeats no request.

    Instead of a second attempt, it raises WaitInterruptedError with the reason.
    """
    stop = threading.Event()
    return closing(make_client(settings, clock, stop, lambda _: stop.set()))


def make_client(
    settings: Settings,
    clock: Clock,
    stop: threading.Event,
    on_outage: Callable[[str], None],
    connect_seconds: float | None = None,
) -> JobsClient:
    """Return a client. `stop` ends its waits; `on_outage` gets a text for each retry."""
    session = HttpSession(
        settings, clock, stop, on_outage=on_outage, connect_seconds=connect_seconds
    )
    return JobsClient(session)
