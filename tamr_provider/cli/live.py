"""A drawing that is kept up to date on a terminal, whatever happens to the terminal meanwhile."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.control import Control
from rich.live import Live
from rich.segment import ControlType, Segment

try:
    import termios
except ImportError:  # Windows has none
    termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderResult

_LONGEST_SECONDS = 2.0  # between two drawings: bars grow slowly, and each drawing takes 2 ms
_SHORTEST_SECONDS = 0.25


@contextmanager
def keep_drawn(
    drawing: ConsoleRenderable, console: Console, stays: bool, changed: threading.Event
) -> Iterator[None]:
    """Draw every two seconds until the block ends, and soon after `changed` is set.

    The last drawing stays or is erased.
    """
    lines = _Lines(drawing)
    live = _Live(lines, console=console, auto_refresh=False, transient=not stays)
    with _keys_unseen(), live, _redrawn(live, changed):
        yield


@contextmanager
def _redrawn(live: Live, changed: threading.Event) -> Iterator[None]:
    over = threading.Event()

    def redraw() -> None:
        while not over.wait(_SHORTEST_SECONDS):
            changed.wait(_LONGEST_SECONDS)
            changed.clear()
            live.refresh()

    thread = threading.Thread(target=redraw, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        changed.set()
        thread.join()


class _Lines:
    """A drawing that remembers how wide each of its lines was."""

    def __init__(self, drawing: ConsoleRenderable) -> None:
        self._drawing = drawing
        self.widths: list[int] = []

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._drawing, options, pad=False)
        self.widths = [Segment.get_line_length(line) for line in lines]
        for number, line in enumerate(lines):
            if number:
                yield Segment.line()
            yield from line


class _Live(Live):
    """Rich's, that also erases what a terminal made of the last drawing when it got narrower."""

    def __init__(self, lines: _Lines, **options: Any) -> None:
        super().__init__(lines, redirect_stderr=False, **options)
        self._lines = lines

    def process_renderables(self, renderables: list[Any]) -> list[Any]:
        """Go up by the rows that wrapped lines take now, before rich goes up by their count."""
        width = self.console.width
        wrapped = sum(max(0, each - 1) // width for each in self._lines.widths)
        up: list[Any] = [(ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)] * wrapped
        before = [Control(ControlType.CARRIAGE_RETURN, *up)] if wrapped else []
        return [*before, *super().process_renderables(renderables)]


@contextmanager
def _keys_unseen() -> Iterator[None]:
    """Keep a terminal from echoing ^C and Enter into the drawing."""
    if termios is None or not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    _set([*before[:3], before[3] & ~termios.ECHO, *before[4:]])
    try:
        yield
    finally:
        _set(before)


def _set(modes: list[Any]) -> None:
    # A process in the background that did this would be stopped.
    if os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp():
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, modes)
