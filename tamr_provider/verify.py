"""A team's own check of a version, run before the version is promoted."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LAST_LINES = 20


@dataclass(frozen=True)
class Checked:
    """How a check ended, and the last lines that it printed."""

    code: int
    lines: tuple[str, ...]


def run_check(command: str, folder: Path, facts: Mapping[str, str], secret: str) -> Checked:
    """Run a command in a folder, with the facts in its environment beside our own.

    No shell is involved. The secret is blotted out of what it printed. Raises InputError where
    the command cannot be started.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the team's own command, from a reviewed file
            shlex.split(command),
            cwd=folder,
            env={**os.environ, **facts},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise InputError(f"verify: {command} cannot be run: {error.strerror}") from None
    with process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        lines = deque((each.rstrip() for each in process.stdout), maxlen=_LAST_LINES)
    return Checked(process.returncode, tuple(each.replace(secret, "***") for each in lines))
