"""`tamr status`: every product in every environment."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from test_guards import two_stacks

from support.git_histories import git
from support.processes import QUICK, SLOW, emulator, project, tamr
from support.terminals import terminal

if TYPE_CHECKING:
    from pathlib import Path


def test_status_shows_which_versions_are_deployed_and_why_not(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator(*SLOW) as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url)
        (folder / "stacks/Pulumi.dev.yaml").unlink()
        tamr(folder, "up", "--stack", "staging")
        done = tamr(folder, "status")
        assert done.returncode == 0
        head, row = done.stdout.splitlines()
        assert head.split() == ["staging", "prod"]
        assert re.fullmatch(r"customers +✓ 2026-11-20 +\d+s +\+ 2026-11-20 +not started", row)
        assert prod.posts() == []


def test_the_json_has_what_a_dashboard_needs(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging:
        folder = two_stacks(tmp_path, staging.url, staging.url)
        tamr(folder, "up", "--stack", "staging")
        document = json.loads(tamr(folder, "status", "--json", "--stack", "staging").stdout)
        (job,) = staging.jobs()
        (row,) = document["products"]
        assert document["stacks"] == [{"stack": "staging", "url": staging.url, "error": None}]
        assert row.pop("ageSeconds") >= 0
        assert [step["jobId"] for step in row.pop("steps")] == [job["jobId"]]
        assert row.pop("deployedSince").startswith(job["finished"][:19])
        assert row == {
            "product": "customers",
            "stack": "staging",
            "version": "2026-11-20",
            "state": "satisfied",
            "needsAction": False,
            "reason": None,
            "nextCommand": None,
            "deployedVersion": "2026-11-20",
            "stale": False,
            "requestedBy": None,
        }


def test_a_running_job_is_the_blocker(tmp_path: Path) -> None:
    with emulator(*SLOW) as staging:
        folder = two_stacks(tmp_path, staging.url, staging.url)
        tamr(folder, "jobs", "start", "load", "src_crm", "--stack", "staging")
        document = json.loads(tamr(folder, "status", "--json", "--stack", "staging").stdout)
        (row,) = document["products"]
        (job,) = staging.jobs()
        (step,) = row["steps"]
        assert (step["state"], step["jobId"]) == ("running", job["jobId"])
        assert row["reason"].startswith("load src_crm: ")


def test_a_tenants_error_is_shown_next_to_the_other_tenants(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator("--key", "another") as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url)
        (folder / "stacks/Pulumi.dev.yaml").unlink()
        done = tamr(folder, "status")
        assert done.returncode == 1
        assert "prod: Tamr refused the list of jobs: 401" in done.stdout
        row = r"customers +\+ 2026-11-20 +not started +\? 2026-11-20 +unknown"
        assert re.search(row, done.stdout)
        with_keys = tamr(folder, "status", TAMR_API_KEY_PROD="another")
        assert with_keys.returncode == 0


GUARDS = "      freeze: ['2026-01-01 00:00 - 2126-01-01 00:00 UTC']\n"
PRODUCT = """\
    customers:
      version: "2026-11-20"
      since: "2026-11-20T09:00:00Z"
      trustDays: 36500
      maxAttempts: 2
      sources: [src_crm]
      dataProduct: dp_customers
"""


def state_of(folder: Path, **env: str) -> tuple[int, str, bool]:
    done = tamr(folder, "status", "--exit-code", "--json", **env)
    (row,) = json.loads(done.stdout)["products"]
    return done.returncode, row["state"], row["needsAction"]


def test_the_exit_code_says_whether_all_is_deployed(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path / "p", server.url, PRODUCT)
        assert state_of(folder) == (75, "pending", False)
        assert tamr(folder, "up").returncode == 0
        assert state_of(folder) == (0, "satisfied", False)


def test_a_running_job_is_not_finished_and_a_stopped_one_needs_action(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path / "p", server.url, PRODUCT)
        tamr(folder, "jobs", "start", "load", "src_crm")
        server.wait_for_running(1)
        assert state_of(folder) == (75, "running", False)
        (job,) = server.jobs()
        tamr(folder, "jobs", "stop", job["jobId"])
        assert state_of(folder) == (1, "hold", True)


def test_a_failed_job_is_failed_until_attempts_are_used_up(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"jobs": [{"type": "load", "outcome": "failed", "times": 9}]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url, PRODUCT)
        for expected in ((1, "failed", False), (1, "hold", True)):
            assert tamr(folder, "up").returncode == 1
            assert state_of(folder) == expected


def test_a_freeze_ends_by_itself_and_an_outage_may(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path / "p", server.url, PRODUCT + GUARDS)
        assert state_of(folder) == (75, "hold", False)
        assert state_of(folder, TAMR_API_KEY="") == (1, "unknown", False)
    assert state_of(folder) == (75, "unknown", False)


def test_a_version_not_deployed_upstream_is_on_hold(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator(*QUICK) as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url)
        (folder / "stacks/Pulumi.dev.yaml").unlink()
        done = tamr(folder, "status", "--stack", "prod", "--exit-code", "--json")
        (row,) = json.loads(done.stdout)["products"]
        assert (done.returncode, row["state"], row["needsAction"]) == (75, "hold", False)
        assert "staging does not have 2026-11-20 yet (promoteFrom: " in row["reason"]


def test_one_product_shows_its_steps_and_who_asked(tmp_path: Path) -> None:
    with emulator(*SLOW) as staging:
        folder = two_stacks(tmp_path, staging.url, staging.url)
        git(folder, "add", "-A")
        git(folder, "commit", "--quiet", "--message", "Start customers (#7)")
        tamr(folder, "jobs", "start", "load", "src_crm", "--stack", "staging")
        done = tamr(folder, "status", "customers", "--stack", "staging")
        (job,) = staging.jobs()
        assert re.search(r"requested by Ann, commit [0-9a-f]{7} \(#7\), ", done.stdout)
        assert re.search(rf"▶ load src_crm   running: \d+s   {job['jobId']}", done.stdout)
        unknown = tamr(folder, "status", "nope")
        assert unknown.returncode == 2
        assert unknown.stderr.startswith('error: unknown product "nope" ')


def test_a_watch_redraws_a_terminal_until_ctrl_c(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, PRODUCT)
        with terminal(folder, "status", "--watch") as screen:
            assert "customers   + 2026-11-20   not started" in screen.read_until("not started")
            screen.press("\x03")
            assert screen.read_to_end() == 0
            assert "Traceback" not in "".join(screen.lines())


def test_an_output_that_cannot_show_symbols_has_ascii_ones(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, PRODUCT + GUARDS)
        done = tamr(folder, "status", PYTHONIOENCODING="ascii")
        assert "customers   = 2026-11-20   freeze" in done.stdout
        assert done.stdout.isascii()
