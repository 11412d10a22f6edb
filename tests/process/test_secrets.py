"""The API key is nowhere but in the request's header and the environment."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from support.processes import KEY, QUICK, SLOW, emulator, project, read_until, start_tamr, tamr
from support.provider_hosts import host
from tamr_provider.cli.context import open_client
from tamr_provider.resources.provider import JobProvider
from tamr_provider.settings import read_settings

if TYPE_CHECKING:
    from support.processes import Server


def everywhere(server: Server, folder: Path) -> str:
    """Return all that was written: the emulator's own record, and every file of the project."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    written = "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
    return written + str(server.record())


def test_no_command_prints_or_writes_the_key(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        commands = [
            ["plan"],
            ["plan", "--json"],
            ["up"],
            ["up"],
            ["jobs", "list"],
            ["jobs", "list", "--filter", "nonsense ("],
            ["jobs", "get", "job_none"],
            ["doctor"],
        ]
        for command in commands:
            done = tamr(folder, *command)
            assert KEY not in done.stdout + done.stderr, command
        assert KEY not in everywhere(server, folder)


def test_a_refused_key_is_not_repeated(tmp_path: Path) -> None:
    with emulator("--key", "another") as server:
        folder = project(tmp_path, server.url)
        for command in (["up"], ["plan"], ["doctor"]):
            done = tamr(folder, *command)
            assert done.returncode != 0
            assert KEY not in done.stdout + done.stderr


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc on this system")
def test_the_key_is_in_no_process_arguments(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url)
        with start_tamr(folder, "up") as process, host() as provider:
            read_until(process, "running")
            for pid in (process.pid, provider.process.pid):
                assert KEY.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
            process.kill()


def test_the_key_is_in_no_pickle_and_no_representation() -> None:
    provider = JobProvider()
    assert KEY not in serialize_provider(provider)
    settings = read_settings({"TAMR_API_KEY": KEY, "TAMR_URL": "https://acme.tamr.cloud"})
    assert KEY not in repr(settings)
    assert KEY not in str(settings)


def test_the_key_is_in_no_debug_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with emulator(*QUICK) as server, caplog.at_level(logging.DEBUG):
        env = {"TAMR_API_KEY": KEY, "TAMR_URL": server.url}
        with open_client(read_settings(env)) as client:
            client.list_jobs()
    assert caplog.records
    assert KEY not in caplog.text
