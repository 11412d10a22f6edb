"""`tamr emulator`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result

from tamr_provider.cli.commands.emulator import emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = "from tamr_provider.cli.commands.emulator import emulator; emulator()"


def run(*args: str) -> Result:
    return CliRunner().invoke(emulator, args)


@contextmanager
def started(*args: str) -> Iterator[tuple[subprocess.Popen[str], str, IO[str]]]:
    command = [sys.executable, "-c", START, "--port", "0", *args]
    pipe = subprocess.PIPE
    environment = {**os.environ, "TAMR_EMULATOR_KEY": "right"}
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        try:
            yield child, child.stdout.readline().strip(), child.stderr
        finally:
            child.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_url_first_serves_and_ends_well_when_told_to(
    number: signal.Signals, tmp_path: Path
) -> None:
    state = tmp_path / "tenant.json"
    with started("--state", str(state)) as (child, url, errors):
        body = b'{"configuration": {"load": {"sourceId": "src_crm"}}}'
        request = Request(f"{url}/api/v1beta1/jobs", body, {"X-API-KEY": "right"})
        with urlopen(request, timeout=10) as answer:
            job_id = json.load(answer)["jobId"]
        child.send_signal(number)
        assert child.wait(timeout=10) == 0
        hint, created = errors.read().splitlines()
    assert hint == (
        f"To use it, set TAMR_URL={url} and TAMR_API_KEY=<the key>. Press Ctrl-C to stop."
    )
    assert created.endswith(f" POST load src_crm -> 200 {job_id}")
    assert job_id in state.read_text()


def test_a_taken_port_is_one_line_and_exit_code_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run("--port", port)
    assert result.exit_code == 2
    assert result.output.startswith(f"error: cannot use port {port}: ")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["--load", "20"], "--load"),
        (["--pending", "soon"], "--pending"),
        (["--speed", "0"], "--speed"),
        (["--speed", "nan"], "--speed"),
        (["--speed", "inf"], "--speed"),
        (["--slots", "-1"], "--slots"),
        (["--unset", "none"], "--unset"),
        (["--port", "70000"], "--port"),
        (["--faults", "missing.json"], "missing.json"),
        (["--state", "missing/state.json"], "state.json"),
    ],
)
def test_a_bad_option_is_named_with_exit_code_2(args: list[str], named: str) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert named in result.output
    assert "Traceback" not in result.output


def test_each_problem_of_a_faults_file_has_a_line(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text('{"answers": [{"fault": "fire"}, {"fault": "cut", "nth": 0}]}')
    result = run("--faults", str(path))
    assert result.exit_code == 2
    assert f"{path}: answers[0].fault: expected one of" in result.output
    assert f"{path}: answers[1].nth: expected a whole number from 1" in result.output


def test_a_second_emulator_on_one_state_file_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "tenant.json"
    with started("--state", str(state)) as (first, _, _):
        before = state.read_text()
        result = run("--state", str(state), "--port", "0")
        assert result.exit_code == 2
        assert "another emulator uses this state file" in result.output
        assert result.output.count("\n") == 1
        assert state.read_text() == before
        first.kill()
        first.wait()
    with started("--state", str(state)) as (_, url, _):
        assert url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    "clock",
    [
        '{"real": "2026-11-20T12:00:00Z", "emulated": "2026-11-20T12:00:00Z", "speed": NaN}',
        '{"real": "2026-11-20T12:00:00Z", "emulated": "2026-11-20T12:00:00Z", "speed": 1e999}',
        '{"real": "2026-11-20T12:00:00Z", "emulated": "9999-12-31T23:59:59Z", "speed": 600}',
        '{"real": "0001-01-01T00:00:00Z", "emulated": "2026-11-20T12:00:00Z", "speed": 100000}',
    ],
)
def test_a_state_file_of_an_impossible_time_is_one_line(tmp_path: Path, clock: str) -> None:
    state = tmp_path / "tenant.json"
    text = f'{{"version": 1, "clock": {clock}, "jobs": []}}'
    state.write_text(text)
    result = run("--state", str(state), "--port", "0")
    assert result.exit_code == 2
    assert "tenant.json" in result.output
    assert result.output.count("\n") == 1
    assert state.read_text() == text
