"""`tamr up` as a process, against an emulator on a socket: runs, kills, interrupts, bad input."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from support.processes import (
    KEY,
    QUICK,
    SLOW,
    TAMR,
    emulator,
    environment,
    project,
    read_until,
    stack_file,
    start_tamr,
    tamr,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NINE_STEPS_EIGHT_JOBS = 8
ONE_LOAD = '    customers: {version: "2026-11-20", sources: [src_crm], trustDays: 36500}\n'


def test_a_stack_is_reconciled_in_order_and_a_second_run_sends_no_post(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        done = tamr(folder, "up")
        assert done.returncode == 0, done.stderr
        assert "9 of 9 steps satisfied (8 launched, 1 shared)" in done.stdout
        configurations = [json.dumps(job["configuration"]) for job in server.jobs()]
        assert len(configurations) == len(set(configurations)) == NINE_STEPS_EIGHT_JOBS
        assert '{"publish": {"destinationId": "dst_legacy"}}' in configurations
        finished = {str(job["configuration"]): job["finished"] for job in server.jobs()}
        created = {str(job["configuration"]): job["created"] for job in server.jobs()}
        update, workflow = (
            str({"update": {"dataProductId": "dp_customers"}}),
            str({"update": {"workflowId": "wf_apply"}}),
        )
        assert created[update] >= finished[str({"load": {"sourceId": "src_crm"}})]
        assert created[workflow] >= finished[update]
        again = tamr(folder, "up")
        assert "9 of 9 steps satisfied (9 already)" in again.stdout
        assert len(server.posts()) == NINE_STEPS_EIGHT_JOBS


def up(folder: Path, stdout: IO[str], stderr: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TAMR, "up"],
        cwd=folder,
        env=environment(),
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def abandoned() -> Iterator[IO[str]]:
    """Yield a pipe without a reader, as in `tamr up | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as pipe:
        yield pipe


@pytest.mark.parametrize(("outcome", "errors"), [("succeeded", 0), ("failed", 3)])
def test_a_run_without_a_reader_continues(
    tmp_path: Path, abandoned: IO[str], outcome: str, errors: int
) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"jobs": [{"type": "publish", "outcome": outcome}]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url)
        done = up(folder, abandoned, subprocess.PIPE)
        assert done.returncode == bool(errors)
        assert len(done.stderr.splitlines()) == errors
        assert len(server.posts()) == NINE_STEPS_EIGHT_JOBS


def test_a_run_without_readers_of_both_outputs_continues(
    tmp_path: Path, abandoned: IO[str]
) -> None:
    with emulator(*QUICK) as server:
        done = up(project(tmp_path, server.url), abandoned, subprocess.STDOUT)
        assert done.returncode == 0
        assert len(server.posts()) == NINE_STEPS_EIGHT_JOBS


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_does_not_end_a_run(tmp_path: Path) -> None:
    with emulator(*QUICK) as server, Path("/dev/full").open("w", encoding="utf-8") as full:
        done = up(project(tmp_path, server.url), full, subprocess.PIPE)
        assert done.returncode == 0
        assert done.stderr == "warning: cannot write to stdout: No space left on device\n"
        assert len(server.posts()) == NINE_STEPS_EIGHT_JOBS


def test_a_run_adopts_the_jobs_of_a_killed_run(tmp_path: Path) -> None:
    with emulator("--load", "3s", "--pending", "50ms") as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with start_tamr(folder, "up") as first:
            read_until(first, "running")
            first.kill()
        done = tamr(folder, "up")
        assert done.returncode == 0, done.stderr
        assert "1 of 1 steps satisfied (1 adopted)" in done.stdout
        assert len(server.posts()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_the_job_running_and_says_how_to_resume(
    tmp_path: Path, number: signal.Signals
) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with start_tamr(folder, "up") as process:
            read_until(process, "running")
            server.wait_for_running(1)
            process.send_signal(number)
            output, errors = process.communicate()
        (job,) = server.jobs()
        assert process.returncode == 75
        host = server.url.removeprefix("http://")
        assert output.splitlines()[-2:] == [
            f"Interrupted. 1 job is still running on {host}.",
            "To resume, run: tamr up --stack dev",
        ]
        assert errors == ""
        assert job["state"] == "RUNNING"
        assert len(server.posts()) == 1


def test_a_hand_over_ends_the_run_in_time(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        done = tamr(folder, "up", TAMR_HAND_OVER_AFTER="1s")
        assert done.returncode == 75
        assert done.stderr == ""
        assert "s (TAMR_HAND_OVER_AFTER). 1 job is still running on 127.0.0.1:" in done.stdout
        assert done.stdout.endswith("\nTo resume, run: tamr up --stack dev\n")
        assert server.jobs()[0]["state"] == "RUNNING"


def test_a_job_that_exceeds_its_timeout_is_left_running(tmp_path: Path) -> None:
    limited = ONE_LOAD.replace("sources", "timeoutHours: 0.0003, sources")
    with emulator(*SLOW) as server:
        done = tamr(project(tmp_path, server.url, limited), "up")
        assert done.returncode == 75
        assert "Stopped waiting: customers: load src_crm: waited 1s (timeoutHours)" in done.stdout
        assert len(server.posts()) == 1


def test_a_signal_during_an_endless_response_ends_the_run(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        folder = project(tmp_path, f"http://127.0.0.1:{door.getsockname()[1]}", ONE_LOAD)
        with start_tamr(folder, "up") as process, door.accept()[0] as connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n ")
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=60)
    assert process.returncode == 75
    assert errors == ""
    assert output.startswith("Interrupted. The tenant's jobs were not read.\n")
    assert output.endswith("To resume, run: tamr up --stack dev\n")


def test_a_failed_job_is_one_line_and_other_products_continue(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    rule = {"type": "update", "dataProductId": "dp_customers", "outcome": "failed"}
    faults.write_text(json.dumps({"jobs": [{**rule, "reason": "BOOM", "message": "it broke"}]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url)
        done = tamr(folder, "up")
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith(
            "error: customers: update dp_customers failed: BOOM: it broke (attempt 1 of 3) (job_"
        )
        assert line.endswith("To retry, run: tamr up --stack dev")
        assert "5 of 9 steps satisfied (4 launched, 1 shared), 1 failed, 3 skipped. " in done.stdout
        tamr(folder, "up")
        tamr(folder, "up")
        again = tamr(folder, "up")
        assert again.returncode == 1
        assert "is on hold: 3 of 3 attempts failed" in again.stderr
        posts = len(server.posts())
        tamr(folder, "retry", "customers")
        tamr(folder, "up")
        assert len(server.posts()) == posts + 1


def test_a_log_of_github_is_folded_and_has_an_annotation(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    rule = {"outcome": "failed", "reason": "BOOM", "message": "100%\n::stop-commands::x"}
    faults.write_text(json.dumps({"jobs": [rule]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url, ONE_LOAD)
        done = tamr(folder, "up", GITHUB_ACTIONS="true")
        assert done.returncode == 1
        first, *events, last, total = done.stdout.splitlines()
        assert (first, last) == ("::group::Jobs of dev", "::endgroup::")
        assert "customers: load src_crm  failed: BOOM: 100% ::stop-commands::x" in events[-1]
        assert total.startswith("0 of 1 steps satisfied, 1 failed. ")
        (annotation,) = done.stderr.splitlines()
        assert annotation.startswith(
            "::error title=customers%3A load src_crm::customers: load src_crm failed: BOOM: 100%25"
        )


def test_only_the_named_products_are_run(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        wrong = tamr(folder, "up", "supliers")
        assert wrong.returncode == 2
        assert 'dev: unknown product "supliers" (did you mean suppliers?)' in wrong.stderr
        planned = tamr(folder, "plan", "suppliers")
        assert "customers" not in planned.stdout
        assert planned.stdout.endswith("\nTo run it: tamr up suppliers --stack dev\n")
        done = tamr(folder, "up", "suppliers")
        assert done.stdout.splitlines()[-1].startswith("3 of 3 steps satisfied (3 launched). ")
        assert len(server.posts()) == 3


def test_the_detailed_exit_code_of_a_plan_shows_what_needs_a_user(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"jobs": [{"outcome": "failed", "reason": "BOOM"}]}))
    limited = ONE_LOAD.replace("sources", "maxAttempts: 1, sources")
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url, limited)
        assert tamr(folder, "plan", "--detailed-exitcode").returncode == 3
        assert tamr(folder, "up").returncode == 1
        planned = tamr(folder, "plan", "--detailed-exitcode")
        assert planned.returncode == 1
        assert "To retry, run: tamr retry customers --stack dev" in planned.stdout


def test_a_new_version_runs_only_its_product(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        tamr(folder, "up")
        tamr(folder, "bump", "suppliers", "2026-11-21")
        done = tamr(folder, "up")
        assert "(3 launched, 6 already)" in done.stdout
        assert len(server.posts()) == NINE_STEPS_EIGHT_JOBS + 3


def test_a_run_soon_after_the_last_one_warns_once_for_a_product(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        assert "warning" not in tamr(folder, "up").stdout
        tamr(folder, "bump", "customers", "2026-11-21")
        done = tamr(folder, "up")
        (line,) = [line for line in done.stdout.splitlines() if "warning: " in line]
        assert "customers: this run starts " in line
        assert line.endswith("Set minHoursBetween: 3")


def test_the_engines_rewrite_of_the_file_changes_nothing(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        tamr(folder, "up")
        path = stack_file(folder)
        text = path.read_text(encoding="utf-8").replace(
            '"2026-11-20T09:00:00Z"', "2026-11-20 09:00:00 +0000 UTC"
        )
        path.write_text(
            text.replace('"2026-11-20"', "2026-11-20 00:00:00 +0000 UTC"), encoding="utf-8"
        )
        assert "(9 already)" in tamr(folder, "up").stdout


def test_a_plan_sends_no_post_and_its_exit_code_shows_launches(
    tmp_path: Path,
) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        planned = tamr(folder, "plan", "--json", "--detailed-exitcode")
        assert planned.returncode == 3
        document = json.loads(planned.stdout)
        assert document["launches"] == NINE_STEPS_EIGHT_JOBS
        assert document["slots"] == {"limit": 5, "active": 0}
        assert [step["action"] for step in document["steps"]].count("launch") == 8
        table = tamr(folder, "plan", "--format", "markdown").stdout
        assert "| + | customers | load src_crm, load src_erp |" in table
        assert server.posts() == []
        tamr(folder, "up")
        assert tamr(folder, "plan", "--detailed-exitcode").returncode == 0
        assert len(server.posts()) == NINE_STEPS_EIGHT_JOBS


BAD = {
    "a broken file": ("customers: [", "invalid YAML"),
    "an unknown key": (ONE_LOAD.replace("sources", "sorces"), "products.customers.sorces"),
    "a wrong type": (ONE_LOAD.replace("[src_crm]", "src_crm"), "products.customers.sources"),
    "a missing key": (
        ONE_LOAD.replace('version: "2026-11-20", ', ""),
        "products.customers.version",
    ),
}


@pytest.mark.parametrize(("products", "place"), BAD.values(), ids=BAD.keys())
def test_an_invalid_file_is_reported_before_any_request(
    tmp_path: Path, products: str, place: str
) -> None:
    with emulator() as server:
        folder = project(tmp_path, server.url, products)
        for command in ("up", "plan"):
            done = tamr(folder, command)
            assert done.returncode == 2
            assert "stacks/Pulumi.dev.yaml" in done.stderr
            assert place in done.stderr
            assert "Traceback" not in done.stderr
        assert server.record()["requests"] == []


def test_a_missing_key_is_reported_before_any_request(tmp_path: Path) -> None:
    with emulator() as server:
        done = tamr(project(tmp_path, server.url), "up", TAMR_API_KEY="")
        assert done.returncode == 2
        assert "Set TAMR_API_KEY (or TAMR_API_KEY_DEV)" in done.stderr
        assert server.record()["requests"] == []


def test_a_refused_key_is_reported_but_not_shown(tmp_path: Path) -> None:
    with emulator("--key", "another") as server:
        done = tamr(project(tmp_path, server.url), "up")
        assert done.returncode == 1
        assert done.stderr.startswith("error: Tamr refused the list of jobs: 401")
        assert len(done.stderr.splitlines()) == 1
        assert KEY not in done.stdout + done.stderr
        assert server.jobs() == []


def test_the_key_of_the_stack_wins_over_the_shared_one(tmp_path: Path) -> None:
    with emulator(*QUICK, "--key", "right") as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        assert tamr(folder, "up", TAMR_API_KEY_DEV="right").returncode == 0


def test_a_url_that_is_not_a_tenant_is_reported_with_the_fix(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9")
    done = tamr(folder, "plan")
    assert done.returncode == 2
    assert "Is this a Tamr tenant? Check tamr:url or TAMR_URL" in done.stderr


def test_jobs_by_hand_start_list_stop_and_watch(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        url = {"TAMR_URL": server.url, "TAMR_STACK": ""}
        started = tamr(
            tmp_path, "jobs", "start", "publish", "Test 123", "--data-product", "dp", **url
        )
        job_id = started.stdout.strip()
        assert tamr(tmp_path, "jobs", "start", "load", "src", **url).returncode == 0
        listed = json.loads(
            tamr(tmp_path, "jobs", "list", "--type", "publish", "--json", **url).stdout
        )
        assert [job["jobId"] for job in listed] == [job_id]
        filtered = tamr(tmp_path, "jobs", "list", "--filter", "configuration:load", **url).stdout
        assert "load src" in filtered
        assert job_id not in filtered
        stopped = tamr(tmp_path, "jobs", "stop", job_id, **url)
        assert stopped.returncode == 0
        assert f"{job_id} was stopped" in stopped.stdout
        watched = tamr(tmp_path, "jobs", "watch", job_id, **url)
        assert watched.returncode == 1
        assert "STOPPED_BY_USER" in tamr(tmp_path, "jobs", "get", job_id, **url).stdout
        missing = tamr(tmp_path, "jobs", "get", "job_none", **url)
        assert missing.returncode == 1
        assert "does not have the job job_none" in missing.stderr


def test_a_stop_that_comes_too_late_reports_the_success(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"jobs": [{"stopsTooLate": True, "duration": "2s"}]}))
    with emulator("--pending", "10ms", "--faults", str(faults)) as server:
        url = {"TAMR_URL": server.url, "TAMR_STACK": ""}
        job_id = tamr(tmp_path, "jobs", "start", "load", "src", **url).stdout.strip()
        done = tamr(tmp_path, "jobs", "stop", job_id, **url)
        assert f"{job_id} succeeded before it could be stopped" in done.stdout
