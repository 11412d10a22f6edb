"""A drawing that is kept up to date on a terminal, whatever happens to the terminal meanwhile."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
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
def live_display(
    drawing: ConsoleRenderable, console: Console, stays: bool, changed: threading.Event
) -> Iterator[None]:
    """Draw every two seconds until the block ends, and soon after `changed` is set.

    The last drawing stays or is erased.
    """
    lines = _Lines(drawing)
    live = _Live(lines, console=console, auto_refresh=False, transient=not stays)
    with _Keys() as keys, live, _redrawn(live, changed), _suspendable(live, keys, changed):
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

    def refresh(self) -> None:
        """Draw, unless the terminal was closed."""
        with suppress(OSError):
            super().refresh()

    def stop(self) -> None:
        """Give the cursor back, unless the terminal was closed."""
        with suppress(OSError):
            super().stop()

    def leave(self) -> None:
        """Give the cursor back for as long as somebody else has the terminal."""
        self._write(b"\x1b[?25h\n")

    def come_back(self) -> None:
        """Take the cursor again, and draw below what was written meanwhile."""
        self._write(b"\x1b[?25l")
        self._live_render._shape = None  # noqa: SLF001 - rich has no other way to say so
        self._lines.widths = []

    def _write(self, sequence: bytes) -> None:
        # Past rich and its locks: a signal's handler may have interrupted a write.
        with suppress(OSError):
            os.write(self.console.file.fileno(), sequence)

    def process_renderables(self, renderables: list[Any]) -> list[Any]:
        """Go up by the rows that wrapped lines take now, before rich goes up by their count."""
        width = self.console.width
        wrapped = sum(max(0, each - 1) // width for each in self._lines.widths)
        up: list[Any] = [(ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)] * wrapped
        before = [Control(ControlType.CARRIAGE_RETURN, *up)] if wrapped else []
        return [*before, *super().process_renderables(renderables)]


class _Keys:
    """Keeps a terminal from echoing ^C and Enter into the drawing."""

    def __init__(self) -> None:
        self._modes: list[Any] | None = None
        if termios is not None and sys.stdin.isatty():
            self._modes = termios.tcgetattr(sys.stdin)

    def __enter__(self) -> _Keys:
        self.hide()
        return self

    def __exit__(self, *_: object) -> None:
        self.show()

    def hide(self) -> None:
        """Echo no key."""
        if self._modes is not None:
            _set([*self._modes[:3], self._modes[3] & ~termios.ECHO, *self._modes[4:]])

    def show(self) -> None:
        """Echo keys as before."""
        if self._modes is not None:
            _set(self._modes)


def _set(modes: list[Any]) -> None:
    with suppress(OSError, termios.error):  # the terminal may have been closed
        # A process in the background that did this would be stopped.
        if os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp():
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, modes)


@contextmanager
def _suspendable(live: _Live, keys: _Keys, changed: threading.Event) -> Iterator[None]:
    """Give the terminal back while Ctrl-Z stops this process, and take it again afterwards."""
    if not hasattr(signal, "SIGTSTP") or signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN:
        yield
        return

    def resume(*_: object) -> None:
        keys.hide()
        live.come_back()
        changed.set()

    def suspend(*_: object) -> None:
        keys.show()
        live.leave()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # returns when the process goes on
        signal.signal(signal.SIGTSTP, suspend)
        resume()

    handlers = {signal.SIGTSTP: suspend, signal.SIGCONT: resume}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
