"""A process on a terminal: its screen, keys, and size."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pyte

from support.processes import TAMR, environment

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator, Mapping
    from pathlib import Path


_COLUMNS = 100


class Terminal:
    """One process on its own terminal."""

    def __init__(self, master: int, slave: int, process: subprocess.Popen[bytes], rows: int):
        self._master, self._process = master, process
        self._slave: int | None = slave
        self._screen = pyte.Screen(_COLUMNS, rows)
        self._stream = pyte.ByteStream(self._screen)

    def lines(self) -> list[str]:
        """Return the lines of the screen, without blank ones at its end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")

    def styled(self) -> list[list[tuple[str, str, bool]]]:
        """Return each line's characters with their color and whether they are bold."""
        rows = [self._screen.buffer[row] for row in range(len(self.lines()))]
        columns = range(self._screen.columns)
        return [[(row[at].data, row[at].fg, row[at].bold) for at in columns] for row in rows]

    def read_until(self, words: str) -> list[str]:
        """Read until the screen shows the words."""
        while not any(words in line for line in self.lines()):
            self._stream.feed(self._read())
        return self.lines()

    def read_until_cursor_is(self, hidden: bool) -> None:
        """Read until the cursor is hidden, or shown."""
        while self._screen.cursor.hidden is not hidden:
            self._stream.feed(self._read())

    def shows_cursor(self) -> bool:
        """Whether the cursor can be seen."""
        return not self._screen.cursor.hidden

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        self._process.send_signal(number)

    def hang_up(self) -> int:
        """Close the terminal under the process, and return its exit code."""
        os.close(self._master)
        self._master = -1
        return self._process.wait()

    def close(self) -> None:
        """Close the terminal, if it is still open."""
        if self._master >= 0:
            os.close(self._master)

    def read_to_end(self) -> int:
        """Read until the process ends, and return its exit code."""
        with suppress(OSError):  # Linux reports a closed other end like this.
            while data := self._read():
                self._stream.feed(data)
        return self._process.wait()

    def _read(self) -> bytes:
        data = os.read(self._master, 65536)
        if self._slave is not None:  # Keep it open until the process has opened it.
            os.close(self._slave)
            self._slave = None
        return data

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def resize(self, rows: int, columns: int) -> None:
        """Change the size, as by dragging a corner; long lines are cut, not wrapped."""
        _set_size(self._master, (rows, columns))
        self._screen.resize(rows, columns)

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)


def _set_size(master: int, size: tuple[int, int]) -> None:
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))


@contextmanager
def terminal(
    folder: Path,
    *words: str,
    rows: int = 24,
    env: Mapping[str, str] | None = None,
    script: str = 'exec "$@"',
) -> Iterator[Terminal]:
    """Run `tamr` in a folder, on a terminal, until the block ends.

    `script` is what a shell does with the command, `"$@"`.
    """
    master, slave = pty.openpty()
    _set_size(master, (rows, _COLUMNS))
    # A session's leader gets the terminal that it opens first as its own.
    opens = f'exec <>"$0" >&0 2>&0; {script}'
    process = subprocess.Popen(
        ["bash", "-c", opens, os.ttyname(slave), *TAMR, *words],
        cwd=folder,
        env=environment(**{"TERM": "xterm-256color", **(env or {})}),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    with process:
        made = Terminal(master, slave, process, rows)
        try:
            yield made
        finally:
            process.kill()
            made.close()
