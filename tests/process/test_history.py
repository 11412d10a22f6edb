"""`tamr history`: commits of stack files joined with the tenant's list of jobs."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.processes import QUICK, emulator, environment, project, stack_file, tamr
from support.sample_jobs import at, failed, make_job, succeeded
from tamr_provider.environments.changes import Change, Commit, build_changes
from tamr_provider.environments.history import build_run
from tamr_provider.models import RUNNING, Configuration
from tamr_provider.stackfile.product import Product
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from pathlib import Path

    from tamr_provider.models import Job

CRM = Configuration.load("src_crm")
NOW = at("18:00")


def product(version: str = "2026-11-20", since: str = "09:00", **more: Any) -> Product:
    values = {
        "version": version,
        "since": format_timestamp(at(since)),
        "sources": ["src_crm"],
        **more,
    }
    made: Product = Product.model_validate(values, context={"now": at("23:00", 30)})
    return made


def commit(number: int, clock: str = "09:00") -> Commit:
    return Commit(f"{number:040}", "Ann", at(clock))


def run(*jobs: Job, until: str = "", committed: str = "09:00", **more: Any) -> Any:
    ended = at(until) if until else None
    return build_run(
        Change("dev", "customers", product(**more), commit(1, committed), ended), jobs, NOW
    )


def test_a_new_version_is_a_new_run_and_ends_the_previous_one() -> None:
    one, two = product(), product("2026-11-21", "12:00")
    found = build_changes("dev", [(commit(1), {"a": one}), (commit(2), {"a": two})])
    assert [(change.product.version, change.until) for change in found] == [
        ("2026-11-20", at("12:00")),
        ("2026-11-21", None),
    ]


def test_a_retry_or_a_changed_rule_does_not_start_a_new_run() -> None:
    retried = product(retriedAt="2026-11-20T10:00:00Z", maxAttempts=5)
    (only,) = build_changes("dev", [(commit(1), {"a": product()}), (commit(2), {"a": retried})])
    assert only.commit == commit(1)
    assert only.product.max_attempts == 5


def test_a_removed_product_ends_with_that_commit() -> None:
    (only,) = build_changes("dev", [(commit(1), {"a": product()}), (commit(2, "11:00"), {})])
    assert only.until == at("11:00")


def test_a_satisfied_run_is_done_and_lasts_from_creation_to_end() -> None:
    made = run(succeeded("job_1", CRM, at("10:00"), at("10:45")))
    assert (made.outcome, made.duration) == ("satisfied", timedelta(minutes=45))


def test_a_failed_run_has_its_reason_and_a_later_success_counts() -> None:
    bad = failed("job_1", CRM, at("10:00"), at("10:30"), "BOOM")
    made = run(bad)
    assert made.outcome == "failed"
    assert "BOOM" in made.reason
    again = run(bad, succeeded("job_2", CRM, at("11:00"), at("11:30")))
    assert (again.outcome, len(again.jobs)) == ("satisfied", 2)


def test_three_failures_are_a_hold_and_a_running_job_is_running() -> None:
    bad = [failed(f"job_{n}", CRM, at(f"1{n}:00"), at(f"1{n}:30")) for n in range(3)]
    assert run(*bad).outcome == "hold"
    running = run(make_job("job_1", CRM, at("10:00"), RUNNING))
    assert (running.outcome, running.duration) == ("running", None)


def test_jobs_after_the_next_change_belong_to_the_next_run() -> None:
    late = succeeded("job_1", CRM, at("13:00"), at("13:30"))
    made = run(late, until="12:00")
    assert (made.outcome, made.jobs) == ("superseded", ())


def test_only_a_job_from_before_the_commit_counts_as_adopted() -> None:
    job = succeeded("job_1", CRM, at("10:00"), at("10:30"))
    assert run(job, committed="11:00").adopted == (job,)
    assert run(job, committed="09:30").adopted == ()


def test_a_run_that_tamr_may_have_forgotten_is_unknown() -> None:
    assert run(trustDays=0.1).outcome == "unknown"
    assert run(trustDays=30).outcome == "pending"


ONE = """\
    customers: {{version: "{version}", since: "{since}", sources: [src_crm], trustDays: 36500}}
"""


def git(folder: Path, *words: str, author: str = "Ann Example") -> None:
    names = {"GIT_AUTHOR_NAME": author, "GIT_COMMITTER_NAME": author}
    mails = {"GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_EMAIL": "a@example.com"}
    isolated = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    subprocess.run(
        ["git", "-C", str(folder), *words],
        check=True,
        capture_output=True,
        env=environment(**names, **mails, **isolated),
    )


def _wait_for_next_second() -> None:
    """Wait for the next second, because a bump's since has whole seconds."""
    began = int(time.time())
    while int(time.time()) == began:
        pass


def committed(folder: Path, author: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "a change", author=author)


def test_commits_and_jobs_are_joined_from_a_real_repository(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        one = ONE.format(version="2026-11-20", since="2026-11-20T09:00:00Z")
        folder = project(tmp_path, server.url, one)
        git(folder, "init", "-q")
        committed(folder, "Ann Example")
        tamr(folder, "up")
        _wait_for_next_second()
        tamr(folder, "bump", "customers", "2026-11-21")
        committed(folder, "Bo Example")
        tamr(folder, "up")
        tamr(folder, "bump", "customers", "2026-11-22")
        runs = json.loads(tamr(folder, "history", "customers", "--json").stdout)
        rows = [(run["version"], run["author"]) for run in runs]
        expected = [
            ("2026-11-22", None),
            ("2026-11-21", "Bo Example"),
            ("2026-11-20", "Ann Example"),
        ]
        assert rows == expected
        assert runs[-1]["outcome"] == "satisfied"
        jobs = {job["jobId"] for run in runs for job in run["jobs"]}
        assert jobs == {job["jobId"] for job in server.jobs()}
        text = tamr(folder, "history").stdout
        assert "not committed" in text
        assert len(tamr(folder, "history", "--since", "1d", "--json").stdout) > 2
        assert tamr(folder, "history", "--since", "2100-01-01").stdout == "No version changes.\n"


def test_one_request_is_enough_for_all_runs_of_a_stack(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE.format(version="v1", since="2026-11-20"))
        git(folder, "init", "-q")
        committed(folder, "Ann Example")
        tamr(folder, "history")
        assert len(server.record()["requests"]) == 1


def test_a_tenant_without_a_response_leaves_unknown_rows(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9", ONE.format(version="v1", since="2026-11-20"))
    git(folder, "init", "-q")
    committed(folder, "Ann Example")
    done = tamr(folder, "history", TAMR_API_KEY="")
    assert done.returncode == 1
    assert "unknown" in done.stdout
    assert "Set TAMR_API_KEY" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "no change of a product nothing in dev"),
        (["--since", "30"], "got '30'. A number needs a unit, for example 2h"),
        (["--since", "999999d"], "--since: expected a time, for example 2h, 3d, yesterday, "),
        (["--since", "99999999999h"], "2026-11-25T09:00:00Z, got '99999999999h'"),
        (["--stack", "prod"], "stacks/Pulumi.prod.yaml: file not found"),
    ],
)
def test_invalid_arguments_are_reported(tmp_path: Path, words: list[str], message: str) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9", ONE.format(version="v1", since="2026-11-20"))
    git(folder, "init", "-q")
    done = tamr(folder, "history", *words)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_folder_without_a_repository_is_reported(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9", ONE.format(version="v1", since="2026-11-20"))
    shutil.rmtree(folder / ".git")
    done = tamr(folder, "history")
    assert done.returncode == 2
    assert "not a git repository" in done.stderr


def test_runs_of_an_uncommitted_file_have_no_commit(tmp_path: Path) -> None:
    assert stack_file(tmp_path).suffix == ".yaml"
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE.format(version="v1", since="2026-11-20"))
        git(folder, "init", "-q")
        (row,) = json.loads(tamr(folder, "history", "--json").stdout)
        assert row["commit"] is None
