"""Ctrl-C and its kin as a request to stop waiting."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

# Windows has the first two alone.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


_SLICE_SECONDS = 0.5


def wait_for(over: threading.Event, seconds: float | None = None) -> bool:
    """Wait for an event, for so many seconds at most; return whether it came.

    In slices: a signal that arrives as the main thread begins to wait, or that another thread
    receives, is handled only when the main thread runs again.
    """
    end = None if seconds is None else time.monotonic() + seconds
    while True:
        left = _SLICE_SECONDS if end is None else min(_SLICE_SECONDS, end - time.monotonic())
        if left <= 0 or over.wait(left):
            return over.is_set()


@contextmanager
def interrupts(stop: Callable[[str], None], over: threading.Event) -> Iterator[None]:
    """Call `stop` and set `over` at the first Ctrl-C, SIGTERM, SIGHUP or SIGQUIT.

    At the second, leave at once. A signal that is ignored, as SIGHUP is under nohup, stays so.
    """

    def handle(number: int, _: object) -> None:
        if over.is_set():
            sys.exit(128 + number)  # the terminal is given back as it was on the way out
        stop("interrupted")
        over.set()

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
