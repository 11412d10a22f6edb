"""Ctrl-C and similar signals as a request to stop waiting."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

# Windows has only the first two.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
_SLICE_SECONDS = 0.5


def wait_for(over: threading.Event, seconds: float | None = None) -> bool:
    """Wait for an event, at most `seconds`; return whether it is set.

    It waits in slices: a signal that arrives as the main thread starts to wait, or in another
    thread, is handled only when the main thread runs again.
    """
    end = None if seconds is None else time.monotonic() + seconds
    while True:
        slice_ = _SLICE_SECONDS if end is None else min(_SLICE_SECONDS, end - time.monotonic())
        if slice_ <= 0 or over.wait(slice_):
            return over.is_set()


@contextmanager
def on_interrupt(stop: Callable[[str], None], over: threading.Event) -> Iterator[None]:
    """Call `stop` and set `over` at the first Ctrl-C, SIGTERM, SIGHUP or SIGQUIT.

    At the second, exit immediately. A signal that is ignored (SIGHUP under nohup) stays ignored.
    """

    def handle(number: int, _: object) -> None:
        if over.is_set():
            sys.exit(128 + number)  # The exit restores the terminal.
        stop("interrupted")
        over.set()

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    handled = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
