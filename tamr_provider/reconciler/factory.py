"""The parts of a run, wired in one place for `tamr up` and `pulumi up`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tamr_provider.client.connection import make_client
from tamr_provider.clock import SystemClock
from tamr_provider.reconciler.reconciler import Reconciler

if TYPE_CHECKING:
    from tamr_provider.reconciler.progress import ProgressObserver
    from tamr_provider.settings import Settings


def make_reconciler(settings: Settings, observer: ProgressObserver, resume: str) -> Reconciler:
    """Return a reconciler with a client of its own; the caller closes it.

    `resume` is the command that continues where the run stops.
    """
    clock = SystemClock()
    stop = threading.Event()
    client = make_client(settings, clock, stop, observer.note)
    return Reconciler(client, clock, stop, settings.poll_seconds, observer, resume)
