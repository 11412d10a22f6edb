"""The Pulumi CLI: where it is, and the SDK's own installer where it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tamr_provider.cli.output.printing import say

_PATIENCE_SECONDS = 20.0
_INSTALL = """
from pulumi.automation import PulumiCommand
print(PulumiCommand.install().command)
"""


def find_or_install() -> str:
    """Return the folder of the Pulumi CLI, or nothing where it cannot be had."""
    found = shutil.which("pulumi")
    if found:
        return str(Path(found).parent)
    say("The Pulumi CLI is not on PATH; trying to install it with the SDK's own installer.")
    command = _install()
    return str(Path(command).parent) if command else ""


def _install() -> str:
    # In a process of its own: only the resources may import pulumi, and a download that hangs
    # can be ended.
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", _INSTALL],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        _wait_while_it_moves(process)
        output = process.communicate()[0].strip()
    return output.splitlines()[-1] if process.returncode == 0 and output else ""


def _wait_while_it_moves(process: subprocess.Popen[str]) -> None:
    folder = Path.home() / ".pulumi"
    size, moved_at = -1, time.monotonic()
    while process.poll() is None:
        now = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        if now != size:
            size, moved_at = now, time.monotonic()
        if time.monotonic() - moved_at > _PATIENCE_SECONDS:
            os.killpg(process.pid, 9)
            return
        time.sleep(0.5)
