"""`tamr retry` asks the tenant whether a retry is needed, and writes one if it does not say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.processes import ONE_LOAD, QUICK, SLOW, emulator, project, stack_file, tamr

if TYPE_CHECKING:
    from pathlib import Path


def faults(folder: Path, **rule: object) -> str:
    path = folder / "faults.json"
    path.write_text(json.dumps({"jobs": [rule]}))
    return str(path)


def is_written(folder: Path) -> bool:
    return "retriedAt" in stack_file(folder).read_text("utf-8")


def test_a_deployed_product_needs_no_retry(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        assert tamr(folder, "up").returncode == 0
        done = tamr(folder, "retry", "customers")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "customers 2026-11-20 needs no retry on dev: it is deployed.",
            "To run it again, run: tamr bump customers 2026-11-20 --stack dev",
            "Nothing was written.",
        ],
    )
    assert not is_written(folder)


def test_a_product_that_never_ran_needs_no_retry(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        done = tamr(folder, "retry", "customers")
    assert "needs no retry on dev: it is not started.\nTo run it, run: tamr up" in done.stdout
    assert not is_written(folder)


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_failed_product_is_retried_once(tmp_path: Path, attempts: int) -> None:
    rule = faults(tmp_path, type="load", outcome="failed", times=attempts)
    with emulator(*QUICK, "--faults", rule) as server:
        folder = project(tmp_path / "p", server.url, ONE_LOAD)
        for _ in range(attempts):
            assert tamr(folder, "up").returncode == 1
        done = tamr(folder, "retry", "customers")
        assert done.returncode == 0
        assert is_written(folder)
        assert "  retriedAt  (not set) → 20" in done.stdout
        assert "  tamr up --stack dev" in done.stdout
        again = tamr(folder, "retry", "customers")
        assert "Nothing was written." in again.stdout


def test_a_stopped_product_is_retried(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        job_id = tamr(folder, "jobs", "start", "load", "src_crm").stdout.splitlines()[0]
        assert tamr(folder, "jobs", "stop", job_id).returncode == 0
        assert tamr(folder, "retry", "customers").returncode == 0
    assert is_written(folder)


def test_a_retry_is_written_if_the_tenant_does_not_respond(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9", ONE_LOAD)
    done = tamr(folder, "retry", "customers")
    assert done.returncode == 0
    assert "cannot check whether customers needs a retry: the tenant did not" in done.stderr
    assert is_written(folder)


def test_a_retry_is_written_if_the_tenant_does_not_say(tmp_path: Path) -> None:
    with emulator("--key", "another") as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        done = tamr(folder, "retry", "customers")
    assert done.returncode == 0
    assert "cannot check whether customers needs a retry: Tamr refused" in done.stderr
    assert is_written(folder)
