"""A team's own check of a deployed version (`verify`), run before its promotion."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, TYPE_CHECKING

from tamr_provider.errors import (
    InputError,
    PromotionBlockedError,
    PromotionPendingError,
    WaitInterruptedError,
)
from tamr_provider.foreign_text import visible
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tamr_provider.environments.stack import Stack
    from tamr_provider.planning.product_state import ProductState

_LIMIT = timedelta(hours=1)
_MAX_LINES = 20
_MAX_LINE_LENGTH = 500
_TAIL_BYTES = 65_536
_SLICE_SECONDS = 0.5  # How late an interrupt is noticed.


@dataclass(frozen=True)
class VerificationResult:
    """How a verification ended ("exited with 3"), and the last lines of its output."""

    has_passed: bool
    ending: str
    lines: tuple[str, ...]


def verify_deployment(
    stack: Stack,
    name: str,
    state: ProductState,
    note: Callable[[str], None],
    interrupts: Callable[[threading.Event], AbstractContextManager[None]],
) -> VerificationResult:
    """Run the product's `verify` command; `interrupts(stop)` sets `stop` at a signal.

    Raises PromotionBlockedError if the command failed, PromotionPendingError if interrupted.
    """
    product = stack.file.products[name]
    facts = {
        "TAMR_PRODUCT": name,
        "TAMR_VERSION": product.version,
        "TAMR_STACK": stack.name,
        "TAMR_URL": stack.settings.url,
        "TAMR_JOB_IDS": ",".join(step.job_id for step in state.steps),
    }
    command = product.verify or ""
    note(f"verify: running {visible(command)} (at most {format_duration(_LIMIT)})")
    folder = stack.project.file.parent
    stop = threading.Event()
    try:
        with interrupts(stop):
            result = run_verification(command, folder, facts, stack.settings.api_key, _LIMIT, stop)
    except WaitInterruptedError:
        raise PromotionPendingError(
            f"{name}: the promotion was interrupted and its verification killed. Nothing was "
            "written. To promote it, run the command again"
        ) from None
    if not result.has_passed:
        output = "\n".join(f"  {line}" for line in result.lines) or "  (no output)"
        raise PromotionBlockedError(
            f"Verification failed, so {name} was not promoted: `{visible(command)}` "
            f"{result.ending}. Last lines of its output:\n{output}"
        )
    return result


def run_verification(  # noqa: PLR0913, PLR0917 - what to run, and three ways in which it ends
    command: str,
    folder: Path,
    facts: Mapping[str, str],
    secret: str,
    limit: timedelta,
    stop: threading.Event,
) -> VerificationResult:
    """Run a command in a folder without a shell, with `facts` added to the environment.

    It ends with its process, even if that left others running in the background; after `limit` it
    is killed with its children, and at `stop` too, which raises WaitInterruptedError. The secret is
    removed from its output. Raises InputError if the command cannot be started.
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
            raise InputError(f"verify: cannot run {command}: {error.strerror}") from None
        try:
            code = _wait(process, limit, stop)
        finally:
            if process.poll() is None:
                _kill(process)
        late = f"was killed after {format_duration(limit)}"
        ending = late if code is None else _format_ending(code)
        return VerificationResult(code == 0, ending, _read_last_lines(output, secret))


def _wait(process: subprocess.Popen[bytes], limit: timedelta, stop: threading.Event) -> int | None:
    """Return the exit code, None after the limit. Raises WaitInterruptedError at `stop`."""
    end = time.monotonic() + limit.total_seconds()
    while not stop.is_set():
        left = end - time.monotonic()
        if left <= 0:
            return None
        with suppress(subprocess.TimeoutExpired):
            return process.wait(min(left, _SLICE_SECONDS))
    raise WaitInterruptedError("the verification was interrupted and killed")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children, which are a group of their own."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _format_ending(code: int) -> str:
    if code >= 0:
        return f"exited with {code}"
    try:
        return f"was killed ({signal.Signals(-code).name})"
    except ValueError:
        return f"was killed (signal {-code})"


def _read_last_lines(output: IO[bytes], secret: str) -> tuple[str, ...]:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _TAIL_BYTES))
    text = output.read().decode("utf-8", errors="replace").replace(secret, "***")
    if size > _TAIL_BYTES:
        text = text[len(secret) :]  # The tail may begin within the secret.
    lines = text.replace("\r\n", "\n").rstrip().split("\n")[-_MAX_LINES:]
    return tuple(_cut(visible(line.rstrip())) for line in lines if text.strip())


def _cut(line: str) -> str:
    return line if len(line) <= _MAX_LINE_LENGTH else f"{line[:_MAX_LINE_LENGTH]}…"
