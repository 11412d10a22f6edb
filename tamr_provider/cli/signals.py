"""Ctrl-C and SIGTERM as a request to stop waiting."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator


@contextmanager
def interrupts(stop: Callable[[str], None], over: threading.Event) -> Iterator[None]:
    """Call `stop` and set `over` at the first Ctrl-C or SIGTERM; leave at once at the second."""

    def handle(number: int, _: object) -> None:
        if over.is_set():
            sys.exit(128 + number)  # the terminal is given back as it was on the way out
        stop("interrupted")
        over.set()

    before = {each: signal.signal(each, handle) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
