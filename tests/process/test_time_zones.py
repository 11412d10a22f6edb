"""Local times in processes with other time zones."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_a_clock_shows_either_end_of_the_calendar(zone: str) -> None:
    code = (
        "from datetime import datetime, timezone\n"
        "from tamr_provider.timestamps import format_local_time\n"
        "now = datetime(2026, 11, 20, tzinfo=timezone.utc)\n"
        "for moment in (datetime.min, datetime.max):\n"
        "    print(format_local_time(moment.replace(tzinfo=timezone.utc), now))\n"
    )
    env = {**os.environ, "TZ": zone}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert len(done.stdout.splitlines()) == 2
