"""`tamr status --format markdown`: how a run ended, for a pull request."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from support.processes import ONE_LOAD, PRODUCTS, QUICK, SLOW, emulator, project, tamr

if TYPE_CHECKING:
    from pathlib import Path

MARKDOWN = ("status", "--format", "markdown", "--exit-code")
FROZEN = "      freeze: ['2026-01-01 00:00 - 2126-01-01 00:00 UTC']\n"
FAULTS = {"sourceId": "src_erp", "outcome": "failed", "reason": "NO_ACCESS", "times": 99}


def test_a_deployed_stack_has_times_and_linked_jobs(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        tamr(folder, "up")
        done = tamr(folder, *MARKDOWN)
        jobs = {job["jobId"] for job in server.jobs()}
    assert done.returncode == 0
    assert done.stdout.startswith("### dev: all 2 products are deployed\n\n|  | product |")
    row = r"\| ✓ \| customers \| 2026-11-20 \| deployed at \d{4}-\d\d-\d\d \d\d:\d\d UTC \|"
    assert re.search(row, done.stdout)
    for job in jobs:
        assert f"[{job}](<{server.url}>)" in done.stdout


def test_the_text_is_the_same_until_the_state_changes(tmp_path: Path) -> None:
    """So that a comment is edited only when there is something to tell."""
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        tamr(folder, "up", TAMR_HAND_OVER_AFTER="1s")
        server.wait_for_running(1)
        first, second = (tamr(folder, *MARKDOWN) for _ in range(2))
    assert first.returncode == 75
    assert first.stdout.startswith("### dev: 0 of 1 product is deployed\n\n|")
    assert "| ▶ | customers | 2026-11-20 | running: load src_crm since 20" in first.stdout
    assert first.stdout == second.stdout


def test_what_needs_a_user_stands_first_with_its_command(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"jobs": [FAULTS]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url, ONE_LOAD.replace("src_crm", "src_erp"))
        tamr(folder, "up")
        failed = tamr(folder, *MARKDOWN)
        for _ in range(2):
            tamr(folder, "up")
        done = tamr(folder, *MARKDOWN)
    assert failed.returncode == done.returncode == 1
    assert "\n\n> **customers failed:** load src_erp: " in failed.stdout
    assert "\n\n> **customers needs you:** load src_erp: 3 of 3 attempts failed" in done.stdout
    assert "run: `tamr retry customers --stack dev`\n" in done.stdout
    assert "| ‖ | customers | 2026-11-20 | on hold |" in done.stdout


def test_a_hold_that_ends_by_itself_is_not_a_warning(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, PRODUCTS.partition("    suppliers:")[0] + FROZEN)
        done = tamr(folder, *MARKDOWN)
    assert done.returncode == 75
    assert "| ‖ | customers | 2026-11-20 | on hold: freeze (" in done.stdout
    assert "> **" not in done.stdout


def test_a_tenant_that_does_not_respond_is_said(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9")
    done = tamr(folder, *MARKDOWN)
    assert done.returncode == 75
    assert done.stdout.startswith("### dev: the state is unknown\n\n> ")
    assert "| ? | customers | 2026-11-20 | unknown |" in done.stdout
