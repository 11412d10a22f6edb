"""The result of a check, and how a check runs a program."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

OK, WARNING, PROBLEM, UNKNOWN = "ok", "warning", "problem", "unknown"


@dataclass(frozen=True)
class Finding:
    """One line of the report; `fix` is a command or an edit, empty if none is needed."""

    level: str
    message: str
    fix: str = ""


@dataclass(frozen=True)
class ProgramResult:
    """How a program ended; `code` is None if it could not run."""

    code: int | None
    output: str = ""


RunProgram = Callable[[Sequence[str]], ProgramResult]

_TIMEOUT_SECONDS = 60


def run_program(words: Sequence[str]) -> ProgramResult:
    """Run a program without a shell and without input."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and only our own words
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ProgramResult(None)
    return ProgramResult(done.returncode, done.stdout)
