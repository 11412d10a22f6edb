"""A team's own check of a version, run before the version is promoted."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from tamr_provider.errors import InputError, WaitInterruptedError
from tamr_provider.foreign_text import visible
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from datetime import timedelta
    from pathlib import Path

_MAX_LINES = 20
_MAX_LINE_LENGTH = 500
_TAIL_BYTES = 65_536
_SLICE_SECONDS = 0.5  # how late an interrupt is noticed


@dataclass(frozen=True)
class CheckResult:
    """How a check ended, and the last lines that it printed, fit to be shown.

    `ended` continues the sentence "the check …".
    """

    passed: bool
    ended: str
    lines: tuple[str, ...]


def run_check(  # noqa: PLR0913, PLR0917 - what to run, and three ways in which it ends
    command: str,
    folder: Path,
    facts: Mapping[str, str],
    secret: str,
    limit: timedelta,
    stop: threading.Event,
) -> CheckResult:
    """Run a command in a folder, with the facts in its environment beside our own.

    No shell is involved. It is over when the process is, whatever the process left running in
    the background; after `limit` it is killed with its children. The secret is blotted out of what
    it printed. Raises InputError if the command cannot be started, and WaitInterruptedError if
    `stop` was set before it ended: it is killed then as well.
    """
    # A file, not a pipe: a process in the background would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - the team's own command, from a reviewed file
                shlex.split(command),
                cwd=folder,
                env={**os.environ, **facts},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise InputError(f"verify: {command} cannot be run: {error.strerror}") from None
        try:
            code = _wait(process, limit, stop)
        finally:
            if process.poll() is None:
                _kill(process)
        late = f"did not end within {format_duration(limit)} and was killed"
        ended = late if code is None else _ending(code)
        return CheckResult(code == 0, ended, _last_lines(output, secret))


def _wait(process: subprocess.Popen[bytes], limit: timedelta, stop: threading.Event) -> int | None:
    """Return the exit code, None after the limit. Raises WaitInterruptedError at `stop`."""
    end = time.monotonic() + limit.total_seconds()
    while not stop.is_set():
        left = end - time.monotonic()
        if left <= 0:
            return None
        with suppress(subprocess.TimeoutExpired):
            return process.wait(min(left, _SLICE_SECONDS))
    raise WaitInterruptedError("the check was interrupted and killed")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children, which are a group of their own."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with {code}"
    try:
        return f"was killed ({signal.Signals(-code).name})"
    except ValueError:
        return f"was killed (signal {-code})"


def _last_lines(output: IO[bytes], secret: str) -> tuple[str, ...]:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _TAIL_BYTES))
    text = output.read().decode("utf-8", errors="replace").replace(secret, "***")
    if size > _TAIL_BYTES:
        text = text[len(secret) :]  # the tail may begin within the secret
    lines = text.replace("\r\n", "\n").rstrip().split("\n")[-_MAX_LINES:]
    return tuple(_cut(visible(line.rstrip())) for line in lines if text.strip())


def _cut(line: str) -> str:
    return line if len(line) <= _MAX_LINE_LENGTH else f"{line[:_MAX_LINE_LENGTH]}…"
