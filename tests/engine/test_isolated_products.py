"""A product that fails or is on hold does not stop the others, under the real engine."""

from __future__ import annotations

import json
import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

from support.processes import QUICK, SLOW, emulator, stack_file
from support.pulumi_cli import Pulumi

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"),
]
PRODUCT = """\
    {name}:
      version: "2026-11-20"
      trustDays: 36500
      sources: [src_{name}]
      dataProduct: dp_{name}
      publish: [dst_{name}]
"""
FREEZE = '      freeze: ["2026-01-01 00:00 - 2099-01-01 00:00 UTC"]\n'
THREE = "".join(PRODUCT.format(name=name) for name in ("bad", "healthy"))
THREE += PRODUCT.format(name="frozen") + FREEZE


def failing(folder: Path, *sources: str, **more: Any) -> list[str]:
    """Return the options of an emulator in which the loads of these sources fail."""
    rules = [{"sourceId": source, "outcome": "failed", **more} for source in sources]
    path = folder / "faults.json"
    path.write_text(json.dumps({"jobs": rules}))
    return ["--faults", str(path)]


def test_a_failed_and_a_frozen_product_do_not_stop_a_healthy_one(tmp_path: Path) -> None:
    with emulator(*QUICK, *failing(tmp_path, "src_bad")) as server:
        pulumi = Pulumi(tmp_path, server.url, THREE)
        done = pulumi.up()
        assert done.returncode != 0
        report = done.stdout.partition("Diagnostics:")[2]
        assert report.count("JobFailedError: bad: load src_bad failed: ") == 1
        assert report.count("HeldError: frozen: load src_frozen is on hold") == 1
        assert " failed: " in done.stdout.partition("healthy-publish")[0]
        assert "; other steps continue" in done.stdout
        names = {resource["urn"].rpartition("::")[2] for resource in pulumi.resources()}
        assert {"healthy-load-src_healthy", "healthy-publish-dst_healthy"} <= names
        assert not {name for name in names if name.startswith(("bad-", "frozen-"))}
        assert len(server.posts()) == 4


def test_fewer_slots_than_failures_end_the_run_without_a_deadlock(tmp_path: Path) -> None:
    products = "".join(PRODUCT.format(name=name) for name in ("a", "b", "c"))
    with emulator(*QUICK, *failing(tmp_path, "src_a", "src_b", "src_c")) as server:
        pulumi = Pulumi(tmp_path, server.url, products)
        done = pulumi.up("--parallel", "2")
        assert done.returncode != 0
        assert " errored" in done.stdout
        assert {*server.posts()} == {"/api/v1beta1/jobs"}
        assert len(server.posts()) <= 3


def test_ctrl_c_ends_a_run_with_a_withheld_error_at_once(tmp_path: Path) -> None:
    faults = failing(tmp_path, "src_bad", duration="50ms")
    with emulator(*SLOW, *faults) as server:
        pulumi = Pulumi(tmp_path, server.url, THREE)
        with pulumi.start_up() as process:
            assert process.stdout is not None
            for line in process.stdout:
                if "; other steps continue" in line and "src_bad" in line:
                    break
            os.killpg(process.pid, signal.SIGINT)
            output, _ = process.communicate(timeout=60)
        assert "JobFailedError: bad: load src_bad failed" in output
        assert "healthy: load src_healthy did not finish: interrupted" in output
        assert "Traceback" not in output
        assert pulumi.locks() == []
        assert not pulumi.deployment().get("pending_operations")


def test_the_state_stays_readable_with_continue_on_error(tmp_path: Path) -> None:
    """A swapped source whose load fails: the old load is kept until its update has run."""
    with emulator(*QUICK, *failing(tmp_path, "src_new", times=1)) as server:
        pulumi = Pulumi(tmp_path, server.url, PRODUCT.format(name="a"))
        assert pulumi.up().returncode == 0
        path = stack_file(pulumi.folder)
        path.write_text(path.read_text().replace("src_a", "src_new"))
        failed = pulumi.up("--continue-on-error")
        assert failed.returncode != 0
        assert "snapshot integrity" not in failed.stdout
        assert "kept in the state, because other steps did not succeed" in failed.stdout
        assert "Traceback" not in failed.stdout
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        names = {resource["urn"].rpartition("::")[2] for resource in pulumi.resources()}
        assert "a-load-src_new" in names
        assert "a-load-src_a" not in names
        assert len(server.posts()) == 3 + 1 + 3


@pytest.mark.parametrize("flags", [[], ["--continue-on-error"]], ids=["plain", "with the flag"])
def test_a_version_on_hold_by_promote_from_stops_no_other(tmp_path: Path, flags: list[str]) -> None:
    products = PRODUCT.format(name="held") + "      promoteFrom: staging\n"
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url, products + PRODUCT.format(name="healthy"))
        staging = stack_file(pulumi.folder).with_name("Pulumi.staging.yaml")
        head = "config:\n  tamr:url: http://127.0.0.1:9\n  tamr-pipelines:products:\n"
        staging.write_text(head + PRODUCT.format(name="held"))
        done = pulumi.run("up", "--yes", *flags)
        assert done.returncode != 0
        why = "on hold: cannot check whether staging has 2026-11-20 (promoteFrom: "
        assert f"warning: {why}" in done.stdout
        assert f"error: HeldError: held: load src_held is {why}" in done.stdout
        names = {resource["urn"].rpartition("::")[2] for resource in pulumi.resources()}
        assert "healthy-publish-dst_healthy" in names
        assert len(server.posts()) == 3
