"""A renderable that is redrawn on a terminal, even if that is resized, suspended or closed."""

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

_MAX_INTERVAL_SECONDS = 2.0  # Bars grow slowly, and drawing takes 2 ms.
_MIN_INTERVAL_SECONDS = 0.25


@contextmanager
def live_display(
    content: ConsoleRenderable, console: Console, changed: threading.Event
) -> Iterator[None]:
    """Draw every two seconds until the block ends, and soon after `changed` is set."""
    lines = _MeasuredLines(content)
    live = _Live(lines, console=console, auto_refresh=False, transient=True)
    with (
        _KeyEcho() as keys,
        live,
        _refresh_thread(live, changed),
        _handle_suspend(live, keys, changed),
    ):
        yield


@contextmanager
def _refresh_thread(live: Live, changed: threading.Event) -> Iterator[None]:
    over = threading.Event()

    def redraw() -> None:
        while not over.wait(_MIN_INTERVAL_SECONDS):
            changed.wait(_MAX_INTERVAL_SECONDS)
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


class _MeasuredLines:
    """A renderable that records the width of each line."""

    def __init__(self, content: ConsoleRenderable) -> None:
        self._content = content
        self.widths: list[int] = []

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._content, options, pad=False)
        self.widths = [Segment.get_line_length(line) for line in lines]
        for number, line in enumerate(lines):
            if number:
                yield Segment.line()
            yield from line


class _Live(Live):
    """Rich's, that also erases lines which a narrower terminal has wrapped."""

    def __init__(self, lines: _MeasuredLines, **options: Any) -> None:
        super().__init__(lines, redirect_stderr=False, **options)
        self._lines = lines

    def refresh(self) -> None:
        with suppress(OSError):
            super().refresh()

    def stop(self) -> None:
        with suppress(OSError):
            super().stop()

    def suspend(self) -> None:
        """Show the cursor while another process uses the terminal."""
        self._write(b"\x1b[?25h\n")

    def resume(self) -> None:
        """Hide the cursor, and continue below the other process's output."""
        self._write(b"\x1b[?25l")
        self._live_render._shape = None  # noqa: SLF001 - rich has no public way
        self._lines.widths = []

    def _write(self, sequence: bytes) -> None:
        # Not through rich and its locks: a signal handler may interrupt a write.
        with suppress(OSError):
            os.write(self.console.file.fileno(), sequence)

    def process_renderables(self, renderables: list[Any]) -> list[Any]:
        """Move up by the extra rows of wrapped lines, before rich moves up by the line count."""
        width = self.console.width
        wrapped = sum(max(0, length - 1) // width for length in self._lines.widths)
        up: list[Any] = [(ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)] * wrapped
        before = [Control(ControlType.CARRIAGE_RETURN, *up)] if wrapped else []
        return [*before, *super().process_renderables(renderables)]


class _KeyEcho:
    """Suppresses the echo of keys, such as ^C and Enter, in the display."""

    def __init__(self) -> None:
        self._modes: list[Any] | None = None
        if termios is not None and sys.stdin.isatty():
            self._modes = termios.tcgetattr(sys.stdin)

    def __enter__(self) -> _KeyEcho:
        self.disable()
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()

    def disable(self) -> None:
        if self._modes is not None:
            _set_mode([*self._modes[:3], self._modes[3] & ~termios.ECHO, *self._modes[4:]])

    def restore(self) -> None:
        if self._modes is not None:
            _set_mode(self._modes)


def _set_mode(modes: list[Any]) -> None:
    with suppress(OSError, termios.error):  # The terminal may be closed.
        # This would stop a background process.
        if os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp():
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, modes)


@contextmanager
def _handle_suspend(live: _Live, keys: _KeyEcho, changed: threading.Event) -> Iterator[None]:
    """Release the terminal while Ctrl-Z stops this process."""
    if not hasattr(signal, "SIGTSTP") or signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN:
        yield
        return

    def resume(*_: object) -> None:
        keys.disable()
        live.resume()
        changed.set()

    def suspend(*_: object) -> None:
        keys.restore()
        live.suspend()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # Returns when the process continues.
        signal.signal(signal.SIGTSTP, suspend)
        resume()

    handlers = {signal.SIGTSTP: suspend, signal.SIGCONT: resume}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
