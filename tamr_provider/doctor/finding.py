"""What a check found, and how a check runs a program."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

OK, WARNING, PROBLEM, UNKNOWN = "ok", "warning", "problem", "unknown"


@dataclass(frozen=True)
class Finding:
    """One line of the report; `repair` is a command or an edit, empty where all is well."""

    level: str
    what: str
    repair: str = ""


@dataclass(frozen=True)
class ProgramResult:
    """How a program ended; `code` is None where it could not be run."""

    code: int | None
    output: str = ""


Run = Callable[[Sequence[str]], ProgramResult]

_SECONDS = 60


def run(words: Sequence[str]) -> ProgramResult:
    """Run a program to its end, without a shell and without questions."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the checks' own words
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ProgramResult(None)
    return ProgramResult(done.returncode, done.stdout)
