"""Finds the Pulumi CLI, or installs it with the SDK's own installer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tamr_provider.cli.output.printing import say

_MAX_IDLE_SECONDS = 20.0
_INSTALL = """
from pulumi.automation import PulumiCommand
print(PulumiCommand.install().command)
"""


def find_or_install() -> str:
    """Return the folder of the Pulumi CLI, or an empty string if it cannot be installed."""
    found = shutil.which("pulumi")
    if found:
        return str(Path(found).parent)
    say("The Pulumi CLI is not on PATH. Installing it with the SDK's own installer.")
    command = _install()
    return str(Path(command).parent) if command else ""


def _install() -> str:
    # In its own process: only resources may import pulumi, and a hanging download can be killed.
    with subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", _INSTALL],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        _wait_for_progress(process)
        output = process.communicate()[0].strip()
    return output.splitlines()[-1] if process.returncode == 0 and output else ""


def _wait_for_progress(process: subprocess.Popen[str]) -> None:
    folder = Path.home() / ".pulumi"
    size, changed_at = -1, time.monotonic()
    while process.poll() is None:
        total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        if total != size:
            size, changed_at = total, time.monotonic()
        if time.monotonic() - changed_at > _MAX_IDLE_SECONDS:
            os.killpg(process.pid, 9)
            return
        time.sleep(0.5)
