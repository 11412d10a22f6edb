"""The jobs of the GitLab pipeline, run in the shell that GitLab gives them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from support.ci_runners import TEMPLATES, CIRunner
from support.gitlab_api import ME, STRANGER, GitLab, gitlab
from support.processes import QUICK, SLOW, emulator, project, stack_file, tamr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = {"TAMR_API_KEY": "k"}
LOCKED = "case $1 in up) echo 'error: the stack is currently locked'; exit 255 ;; esac"


def start(folder: Path, url: str) -> CIRunner:
    runner = CIRunner(folder)
    project(runner.folder, url)
    shutil.copytree(TEMPLATES / "gitlab/ci", runner.folder / "ci")
    runner.commit()
    return runner


@pytest.fixture
def forge() -> Iterator[GitLab]:
    with gitlab() as forge:
        yield forge


def check(runner: CIRunner, forge: GitLab, **env: str) -> int:
    base = {"STACK": "dev", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "main"}
    done = runner.gitlab("tamr-check", **forge.variables, **base, **env)
    print(done.stdout, done.stderr)
    return done.returncode


def test_the_check_keeps_one_note_current_and_fails_with_the_plan(
    tmp_path: Path, forge: GitLab
) -> None:
    """Its own note: a stranger's may begin with the same line."""
    theirs = {"id": 1, "author": STRANGER, "body": "<!-- tamr plan dev -->"}
    forge.notes.append(dict(theirs))
    with emulator(*QUICK) as server:
        runner = start(tmp_path, server.url)
        assert check(runner, forge, **KEY) == 0
        assert forge.notes[1]["body"].startswith("<!-- tamr plan dev -->\n### dev: ")
        path = stack_file(runner.folder)
        path.write_text(path.read_text().replace("sources", "sorces", 1))
        assert check(runner, forge, **KEY) == 2
    assert [note["id"] for note in forge.notes] == [1, 2]
    assert "unknown key" in forge.notes[1]["body"]
    assert forge.notes[0] == theirs


def test_without_a_protected_key_the_file_is_checked_and_the_note_says_so(
    tmp_path: Path, forge: GitLab
) -> None:
    with emulator(*QUICK) as server:
        runner = start(tmp_path, server.url)
        assert check(runner, forge) == 0
        assert "### `dev` is checked, but not planned" in forge.notes[0]["body"]
        assert "`TAMR_API_KEY_DEV` is not set in this pipeline" in forge.notes[0]["body"]
        assert server.record()["requests"] == []
        path = stack_file(runner.folder)
        path.write_text(path.read_text().replace("sources", "sorces", 1))
        assert check(runner, forge) == 2
        assert "### The plan for `dev` failed" in forge.notes[0]["body"]
        assert "unknown key" in forge.notes[0]["body"]


def test_a_plan_with_something_that_needs_a_person_is_a_warning(
    tmp_path: Path, forge: GitLab
) -> None:
    """GitLab allows exit code 10, so that the job is orange and blocks no merge."""
    runner = start(tmp_path, "http://127.0.0.1:9")
    runner.program("tamr", "echo '### dev: on hold'; exit 1")
    assert check(runner, forge, **KEY) == 10
    assert forge.notes[0]["body"] == "<!-- tamr plan dev -->\n### dev: on hold\n"
    runner.program("tamr", "echo '### dev: 2 jobs'; exit 3")
    assert check(runner, forge, **KEY) == 0
    runner.program("tamr", "echo 'error: no response' >&2; exit 1")
    assert check(runner, forge, **KEY) == 1
    assert "error: no response" in forge.notes[0]["body"]


def up(runner: CIRunner, pulumi: str = "", **env: str) -> int:
    env["PULUMI_SHA256"] = env.get("PULUMI_SHA256") or runner.offer_pulumi(pulumi)
    (runner.root / "state").mkdir(exist_ok=True)
    state = {
        "PULUMI_BACKEND_URL": (runner.root / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    done = runner.gitlab("tamr-up", STACK="dev", **KEY, **state, **env)
    print(done.stdout, done.stderr)
    return done.returncode


def test_up_runs_pulumi_on_a_new_backend_and_again(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        runner = start(tmp_path, server.url)
        assert up(runner) == 0
        count = len(server.posts())
        assert count > 4
        assert up(runner) == 0
        assert len(server.posts()) == count


def test_jobs_that_are_still_running_are_not_finished(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        runner = start(tmp_path, server.url)
        assert up(runner, TAMR_HAND_OVER_AFTER="3s") == 75


def test_a_failed_job_and_a_locked_stack_fail(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"jobs": [{"type": "load", "outcome": "failed", "times": 99}]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        runner = start(tmp_path, server.url)
        assert up(runner, LOCKED) == 255
        assert up(runner) not in (0, 75)


def test_a_locked_stack_fails_while_jobs_of_a_killed_run_are_running(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        runner = start(tmp_path, server.url)
        tamr(runner.folder, "up", TAMR_HAND_OVER_AFTER="1s")
        history = """echo '[{"startTime": "2026-11-20T09:00:00.000Z"}]'"""
        assert up(runner, f'if [ "$2" = history ]; then {history}; fi; {LOCKED}') == 255


def test_a_download_with_another_checksum_is_not_unpacked(tmp_path: Path) -> None:
    runner = start(tmp_path, "http://127.0.0.1:9")
    runner.offer_pulumi()
    assert up(runner, PULUMI_SHA256="0" * 64) == 1
    assert not (runner.root / "pulumi").exists()


def merged(forge: GitLab, runner: CIRunner) -> str:
    """Let the head be a merge request with a note; return the note's marker."""
    sha = runner.git("rev-parse", "HEAD").strip()
    commits = {"merge_commit_sha": None, "squash_commit_sha": None, "sha": sha}
    forge.merge_requests.append({"id": 5, "iid": 5, "state": "merged", **commits})
    marker = "<!-- tamr plan dev -->"
    forge.notes += [
        {"id": 1, "author": STRANGER, "body": marker},
        {"id": 2, "author": ME, "body": f"{marker}\nthe plan"},
    ]
    return marker


def test_the_note_tells_how_it_ended_until_all_is_deployed(tmp_path: Path, forge: GitLab) -> None:
    with emulator(*SLOW) as server:
        runner = start(tmp_path, server.url)
        marker = merged(forge, runner)
        for _ in range(2):
            assert up(runner, TAMR_HAND_OVER_AFTER="1s", **forge.variables) == 75
            server.wait_for_running(2)
    assert forge.notes[0]["body"] == marker
    assert forge.notes[1]["body"].startswith(f"{marker}\n### dev: 0 of 2 products are deployed\n")
    assert "[The job that ended so](https://gitlab.example.com/jobs/1)" in forge.notes[1]["body"]
    with emulator(*QUICK) as server:
        path = stack_file(runner.folder)
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(f"  tamr:url: {server.url}\n" if "url:" in s else s for s in lines))
        runner.commit()
        assert up(runner, **forge.variables) == 0
        start_of_end = f"{marker}\n<!-- deployed -->\n### dev: all 2 products are deployed\n"
        assert forge.notes[1]["body"].startswith(start_of_end)
        assert (runner.folder / "environment.env").read_text() == f"DEPLOYED_TO={server.url}\n"
        edits = forge.edits
        assert up(runner, **forge.variables) == 0
    assert forge.edits == edits


def test_a_request_that_this_commit_does_not_include_is_left_alone(
    tmp_path: Path, forge: GitLab
) -> None:
    with emulator(*QUICK) as server:
        runner = start(tmp_path, server.url)
        before = runner.git("rev-parse", "HEAD").strip()
        runner.commit("A later merge")
        merged(forge, runner)
        runner.git("reset", "--quiet", "--hard", before)
        assert up(runner, **forge.variables) == 0
    assert forge.edits == 0


@pytest.mark.parametrize(("state", "is_final"), [("satisfied", True), ("running", False)])
def test_a_note_is_final_once_its_own_versions_are_deployed(
    tmp_path: Path, forge: GitLab, state: str, is_final: bool
) -> None:
    """Whatever the products of other merge requests wait for."""
    runner = start(tmp_path, "http://127.0.0.1:9")
    runner.commit("customers: the next version")
    marker = merged(forge, runner)
    other = {"stack": "dev", "state": "hold", "requestedBy": None}
    brought = {"commit": runner.git("rev-parse", "HEAD").strip()}
    own = {"stack": "dev", "state": state, "requestedBy": brought}
    row = {"stack": "dev", "url": "https://t"}
    document = json.dumps({"stacks": [row], "products": [other, own]})
    runner.program(
        "tamr", f"case \"$*\" in *json) echo '{document}' ;; *) echo text ;; esac; exit 1"
    )
    up(runner, "exit 1", **forge.variables)
    assert forge.notes[1]["body"].startswith(f"{marker}\n<!-- deployed -->\ntext\n") == is_final
    assert forge.edits == 1
