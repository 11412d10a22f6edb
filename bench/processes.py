"""What a process costs: its own CPU time and the most memory it had."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """CPU and wall time in seconds, memory in megabytes, and what was printed."""

    cpu: float
    wall: float
    megabytes: float
    output: str


def measure_cost(
    command: list[str], environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Cost:
    """Run a command to its end. Raises RuntimeError where it fails."""
    # The child's usage alone, which subprocess does not tell.
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = os.times().elapsed
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=errors, text=True
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = os.times().elapsed - start
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command}: {output.read()[-2000:]}{errors.read()[-2000:]}")
        text = output.read()
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * unit / 1e6, text)
