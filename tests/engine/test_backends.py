"""The state's backends with the real CLI: locks, wrecks, and two engines at once.

PostgreSQL is tested where its server is installed; the file backend everywhere.
"""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from support.postgresql import postgresql, server_binaries
from support.processes import KEY, QUICK, SLOW, emulator
from support.pulumi_cli import LOADS, Pulumi, kill_everything

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from support.processes import Server

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"),
]

LOCKED = "the stack is currently locked"
FOR_SECONDS = ["--load", "6s", "--pending", "50ms", "--slots", "8"]


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    with postgresql(binaries) as url:
        yield url


@pytest.fixture(params=["file", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str | None:
    """The backend's URL; None is the state folder of the test's own."""
    if request.param == "file":
        return None
    # One table per test: a URL without a table shares `pulumi_state`.
    table = "".join(letter if letter.isalnum() else "_" for letter in request.node.originalname)[
        :60
    ]
    url: str = request.getfixturevalue("server_url")
    return f"{url}/postgres?sslmode=disable&table={table}"


@contextmanager
def running_up(
    folder: Path, backend: str | None
) -> Iterator[tuple[Server, Pulumi, subprocess.Popen[str]]]:
    """Run `pulumi up` until its 8 jobs are running."""
    with emulator(*FOR_SECONDS) as server:
        pulumi = Pulumi(folder, server.url, LOADS, backend=backend, TAMR_SLOTS="8")
        with pulumi.start_up() as process:
            server.wait_for_running(8)
            yield server, pulumi, process


def test_a_stack_goes_up_and_a_second_up_sends_no_post(tmp_path: Path, backend: str | None) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url, backend=backend)
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        assert len(server.posts()) == 8
        assert "12 unchanged" in pulumi.up().stdout
        assert len(server.posts()) == 8
        assert KEY not in str(pulumi.deployment())


def test_a_second_up_reports_the_lock_and_sends_no_request(
    tmp_path: Path, backend: str | None
) -> None:
    with emulator(*SLOW, "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS, backend=backend, TAMR_SLOTS="8")
        with pulumi.start_up() as first:
            server.wait_for_running(8)
            second = pulumi.up()
            assert second.returncode != 0
            assert LOCKED in second.stdout
            assert first.poll() is None
            os.killpg(first.pid, signal.SIGINT)
            first.communicate(timeout=60)
        assert len(server.posts()) == 8


def test_two_simultaneous_ups_never_run_together(tmp_path: Path, backend: str | None) -> None:
    with emulator(*QUICK, "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS, backend=backend, TAMR_SLOTS="8")
        with pulumi.start_up() as one, pulumi.start_up() as other:
            outputs = [one.communicate(timeout=120)[0], other.communicate(timeout=120)[0]]
        for process, output in zip((one, other), outputs, strict=True):
            assert (process.returncode == 0) or LOCKED in output, output
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        assert len(server.posts()) == 8


def test_cancel_removes_the_lock_of_a_killed_up_without_a_second_launch(
    tmp_path: Path, backend: str | None
) -> None:
    with running_up(tmp_path, backend) as (server, pulumi, process):
        kill_everything(process)
        process.communicate(timeout=60)
        assert LOCKED in pulumi.up().stdout
        assert pulumi.run("cancel", "--yes").returncode == 0
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        assert pulumi.run("refresh", "--clear-pending-creates", "--yes").returncode == 0
        assert not pulumi.deployment().get("pending_operations")
        last = pulumi.up()
        assert "17 unchanged" in last.stdout
        assert "warning" not in last.stdout
        assert len(server.posts()) == 8


def test_removing_the_lock_of_a_running_up_launches_no_job_twice(
    tmp_path: Path, backend: str | None
) -> None:
    with running_up(tmp_path, backend) as (server, pulumi, first):
        assert pulumi.run("cancel", "--yes").returncode == 0
        second = pulumi.up()
        output, _ = first.communicate(timeout=60)
        assert second.returncode == 0, second.stdout
        assert first.returncode == 0, output
        last = pulumi.up()
        assert last.returncode == 0, last.stdout
        assert len(server.posts()) == 8
