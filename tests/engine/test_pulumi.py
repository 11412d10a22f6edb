"""`pulumi up` with the real CLI, our host and an emulated tenant. Skipped without the CLI."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from support.processes import KEY, QUICK, SLOW, emulator, stack_file, start_tamr, tamr
from support.pulumi_cli import LOADS, Pulumi, kill_everything

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"),
]


def test_a_stack_is_reconciled_and_a_second_up_sends_no_post(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        assert len(server.posts()) == 8
        assert "satisfied after" in done.stdout
        again = pulumi.up()
        assert "12 unchanged" in again.stdout
        assert "satisfied (9 already)" in tamr(pulumi.folder, "up").stdout
        assert len(server.posts()) == 8
        everything = done.stdout + again.stdout
        everything += "".join(
            path.read_text(errors="replace") for path in pulumi.state.rglob("*") if path.is_file()
        )
        assert KEY not in everything
        assert "Traceback" not in everything
        for resource in pulumi.deployment()["resources"]:
            assert len(json.dumps(resource.get("outputs", {}))) < 1000


def test_pulumi_up_counts_the_jobs_of_tamr_up(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        assert tamr(pulumi.folder, "up").returncode == 0
        assert pulumi.up().returncode == 0
        assert len(server.posts()) == 8


BY_HAND = """\
from tamr_provider.resources import Load, Update, end_quietly_on_interrupt
end_quietly_on_interrupt()
rules = dict(url="{url}", version="{version}", since="{since}", trust_days=36500)
Load("crm", source_id="src_crm", **rules)
"""
LOAD_BY_HAND = 'Load("crm", source_id="src_crm", '
BOTH_IDS = 'Update("crm", data_product_id="dp", workflow_id="wf", '


def test_pulumi_up_beside_two_tamr_ups_satisfies_each_step_by_one_job(tmp_path: Path) -> None:
    """With the responses to a third of the creates and a fifth of the lists lost."""
    faults = tmp_path / "faults.json"
    lost_creates = {"fault": "lost-after", "call": "create", "probability": 0.34}
    lost_lists = {"fault": "lost-after", "call": "list", "probability": 0.2}
    faults.write_text(json.dumps({"answers": [lost_creates, lost_lists]}))
    slow = ["--load", "3s", "--update", "3s", "--publish", "3s", "--pending", "50ms"]
    with emulator(*slow, "--faults", str(faults)) as server:
        pulumi = Pulumi(tmp_path, server.url)
        others = [start_tamr(pulumi.folder, "up") for _ in range(2)]
        done = pulumi.up()
        printed = [other.communicate() for other in others]
        assert [done.returncode, *(other.returncode for other in others)] == [0] * 3, printed
        assert any("fault" in request for request in server.record()["requests"])
        kept = [job["configuration"] for job in server.jobs() if job["outcome"] == "succeeded"]
        assert len(kept) == 8
        assert len({json.dumps(configuration) for configuration in kept}) == 8
        posts = len(server.posts())
        assert tamr(pulumi.folder, "up").returncode == 0
        assert len(server.posts()) == posts


def test_a_declared_version_needs_a_since_after_the_last_job(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        program = pulumi.folder / "stacks/__main__.py"

        def up(version: str, since: str) -> str:
            program.write_text(BY_HAND.format(url=server.url, version=version, since=since))
            return pulumi.up().stdout

        assert "2 created" in up("v1", "2026-11-20T09:00:00Z")
        assert "expected a time after 2026-11-20T09:00:00Z, the since of version v1" in up(
            "v2", "2026-11-20T09:00:00Z"
        )
        refused = up("v2", "2026-11-20T09:30:00Z")
        assert "InputError: since: expected a time after the creation of job_" in refused
        assert "the job of version v1, at " in refused
        assert "Traceback" not in refused
        assert len(server.posts()) == 1
        (job,) = server.jobs()
        assert "1 updated" in up("v2", job["finished"])
        assert len(server.posts()) == 2


def test_a_target_whose_predecessors_did_not_run_is_refused(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        pulumi.up()
        urns = [resource["urn"] for resource in pulumi.deployment()["resources"]]
        (update,) = (urn for urn in urns if urn.endswith("::customers-update-dp_customers"))
        loads = [urn for urn in urns if "::customers-load-" in urn]
        assert tamr(pulumi.folder, "bump", "customers", "v2").returncode == 0
        refused = pulumi.up("--target", update)
        assert refused.returncode != 0
        said = " ".join(refused.stdout.split())
        assert (
            "products.customers: load src_crm, load src_erp did not run for version v2 yet. "
            "Target them too, or run without --target."
        ) in said
        assert len(server.posts()) == 8
        assert pulumi.run("preview", "--target", update).returncode != 0
        assert pulumi.up("--target", update, "--target", loads[0]).returncode != 0
        assert len(server.posts()) <= 9
        targets = [word for urn in (update, *loads) for word in ("--target", urn)]
        assert pulumi.up(*targets).returncode == 0
        assert len(server.posts()) == 8 + 3
        assert pulumi.up().returncode == 0
        assert len(server.posts()) == 8 + 6
        for resource in pulumi.deployment()["resources"]:
            assert "afterSteps" not in {**resource.get("inputs", {}), **resource.get("outputs", {})}


@pytest.mark.parametrize("slots", ["-1", "0", "0.5", "many"])
def test_slots_that_are_not_a_count_are_refused_at_preview(tmp_path: Path, slots: str) -> None:
    pulumi = Pulumi(tmp_path, "http://127.0.0.1:9")
    path = stack_file(pulumi.folder)
    path.write_text(path.read_text().replace("config:\n", f"config:\n  tamr:slots: {slots}\n"))
    refused = pulumi.run("preview")
    assert refused.returncode != 0
    assert "Pulumi.dev.yaml: tamr:slots: expected a" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert "tamr:slots: expected a" in tamr(pulumi.folder, "plan").stderr


def test_a_wrong_declared_step_is_one_line_at_preview(tmp_path: Path) -> None:
    pulumi = Pulumi(tmp_path, "http://127.0.0.1:9", TAMR_API_KEY="")
    program = BY_HAND.format(url="http://127.0.0.1:9", version="v1", since="2026-11-20T09:00:00Z")
    for right, wrong, reason in (
        ('"src_crm"', "5", "expected an ID as text"),
        ("trust_days=36500", "max_attempts=0.5", "expected a whole number, 1 or more"),
        ("trust_days=36500", "trust_days=1e300", "expected a number above 0"),
        ("trust_days=36500", 'freeze="Fri 16:00"', "expected a list with at least one entry"),
        ("trust_days=36500", 'freeze=["nonsense"]', "[0]: expected "),
        (
            LOAD_BY_HAND,
            'Update("crm", data_product_id="dp", workflows="wf", ',
            "a list of IDs, got 'wf'",
        ),
        (LOAD_BY_HAND, BOTH_IDS, "expected one of dataProductId and workflowId, got both"),
    ):
        (pulumi.folder / "stacks/__main__.py").write_text(program.replace(right, wrong))
        refused = pulumi.run("preview")
        assert refused.returncode != 0
        assert reason in refused.stdout, refused.stdout
        assert "Traceback" not in refused.stdout


def test_config_in_pulumi_yaml_means_the_same_to_both(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        path, text = stack_file(pulumi.folder), stack_file(pulumi.folder).read_text()
        path.write_text(text.replace(f"  tamr:url: {server.url}\n", ""))
        settings = pulumi.folder / "Pulumi.yaml"
        assert "\nconfig:" not in settings.read_text()
        shared = f"config:\n  tamr:url:\n    value: {server.url}\n  tamr:slots:\n    value: 1\n"
        settings.write_text(settings.read_text() + shared)
        assert "of 1 slots" in tamr(pulumi.folder, "plan").stdout
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        assert tamr(pulumi.folder, "up").returncode == 0
        assert len(server.posts()) == 8
        settings.write_text(settings.read_text().replace("value: 1\n", "value: many\n"))
        assert "tamr:slots: expected a number, got 'many'" in pulumi.run("preview").stdout
        assert (
            "Pulumi.yaml: tamr:slots: expected a number, got 'many'"
            in tamr(pulumi.folder, "plan").stderr
        )
        key = "  tamr:apiKey:\n    value: geheim-4711\n"
        settings.write_text(settings.read_text().replace("value: many\n", "value: 1\n") + key)
        for said in (pulumi.run("preview"), tamr(pulumi.folder, "plan")):
            assert said.returncode != 0
            assert "geheim" not in f"{said.stdout}{said.stderr}"


def warned_once(output: str, product: str) -> bool:
    """Whether one resource warns of a run soon after the last one, and which product's it is."""
    report = output.partition("Diagnostics:")[2]
    lines = [line.strip() for line in report.splitlines() if "minHoursBetween" in line]
    return len(lines) == 1 and lines[0].startswith(f"warning: {product}: this run starts ")


def test_after_a_destroy_nothing_is_launched_until_a_bump(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        pulumi.up()
        assert pulumi.run("destroy", "--yes", "--skip-preview").returncode == 0
        again = pulumi.up()
        assert "12 created" in again.stdout
        assert len(server.posts()) == 8
        assert tamr(pulumi.folder, "bump", "customers", "2026-11-20").returncode == 0
        assert pulumi.up().returncode == 0
        assert len(server.posts()) == 8 + 6


def test_a_new_version_previews_its_cascade_and_runs_only_that_product(
    tmp_path: Path,
) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        pulumi.up()
        assert tamr(pulumi.folder, "bump", "customers", "2026-11-21").returncode == 0
        preview = pulumi.run("preview").stdout
        assert "~ 6 to update" in preview
        assert preview.count("[diff: ~version]; would launch\n") == 6
        assert preview.count("    6 jobs, 0 of 5 slots in use") == 1
        assert "delete" not in preview
        assert "replace" not in preview
        assert warned_once(preview, "customers")
        assert len(server.posts()) == 8
        ids = pulumi.ids()
        done = pulumi.up()
        assert done.returncode == 0
        assert "~ 6 updated" in done.stdout
        assert warned_once(done.stdout, "customers")
        assert len(server.posts()) == 8 + 6
        assert pulumi.ids() == ids
        assert "12 unchanged" in pulumi.up().stdout


def test_a_failed_update_keeps_the_old_outputs_and_runs_again(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    rules = [{"sourceId": "src_crm", "times": 1}]
    rules.append({"sourceId": "src_crm", "times": 1, "outcome": "failed"})
    faults.write_text(json.dumps({"jobs": rules}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        pulumi = Pulumi(tmp_path, server.url)
        pulumi.up()
        before = pulumi.outputs("customers-load-src_crm")
        assert tamr(pulumi.folder, "bump", "customers", "2026-11-21").returncode == 0
        failed = pulumi.up()
        assert failed.returncode != 0
        assert "customers: load src_crm failed: " in failed.stdout
        assert pulumi.outputs("customers-load-src_crm") == before
        assert "~ 5 to update" in pulumi.run("preview").stdout  # The other load succeeded.
        assert pulumi.up().returncode == 0
        after = pulumi.outputs("customers-load-src_crm")
        assert (after["version"], after["attempts"]) == ("2026-11-21", 2)
        assert len(server.posts()) == 8 + 1 + 6


def test_a_protected_pipeline_may_get_a_new_version(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        program = pulumi.folder / "stacks/__main__.py"
        protect = "product, opts=pulumi.ResourceOptions(protect=True))"
        text = program.read_text().replace("product)", protect)
        program.write_text(text.replace("\nfrom tamr", "\nimport pulumi\nfrom tamr", 1))
        assert pulumi.up().returncode == 0
        assert tamr(pulumi.folder, "bump", "customers", "2026-11-21").returncode == 0
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        assert len(server.posts()) == 8 + 6
        assert pulumi.run("destroy", "--yes", "--skip-preview").returncode != 0


def test_another_configuration_replaces_and_launches_only_its_job(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        program = pulumi.folder / "stacks/__main__.py"
        text = BY_HAND.format(url=server.url, version="v1", since="2026-11-20T09:00:00Z")
        program.write_text(text)
        assert pulumi.up().returncode == 0
        program.write_text(text.replace("src_crm", "src_erp"))
        assert "1 replaced" in pulumi.up().stdout
        assert len(server.posts()) == 2


def test_a_preview_shows_every_action_unless_the_key_is_missing(
    tmp_path: Path,
) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        told = pulumi.run("preview").stdout
        rows, _, report = told.partition("Diagnostics:")
        assert rows.count("would launch\n") == 8
        assert rows.count("shares one job with ") == 1
        assert report.count("8 jobs, 0 of 5 slots in use") == 1
        assert "would launch" not in report
        tamr(pulumi.folder, "up")
        asked = len(server.record()["requests"])
        told = pulumi.run("preview").stdout
        assert told.count("satisfied (job_") == 9
        assert "    0 jobs, 0 of 5 slots in use" in told
        assert len(server.record()["requests"]) <= asked + 2
        asked = len(server.record()["requests"])
        pulumi.env["TAMR_API_KEY"] = ""
        silent = pulumi.run("preview")
        assert "12 to create" in silent.stdout
        assert "Diagnostics" not in silent.stdout
        assert len(server.record()["requests"]) == asked


def test_a_version_changed_without_since_is_refused_with_the_command(
    tmp_path: Path,
) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        pulumi.up()
        path = stack_file(pulumi.folder)
        path.write_text(path.read_text().replace('"2026-11-20"', '"2026-11-21"', 1))
        done = pulumi.run("preview")
        assert done.returncode != 0
        assert "tamr bump customers 2026-11-21 --stack dev" in done.stdout
        assert len(server.posts()) == 8


def test_eight_jobs_run_in_parallel_and_one_interrupt_leaves_no_process(
    tmp_path: Path,
) -> None:
    with emulator(*SLOW, "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS, TAMR_SLOTS="8")
        with pulumi.start_up() as process:
            server.wait_for_running(8)
            os.killpg(process.pid, signal.SIGINT)
            output, _ = process.communicate(timeout=60)
        for number in range(8):
            assert f"p{number}: load src_{number} did not finish: interrupted" in output
        assert "Traceback" not in output
        assert "KeyboardInterrupt" not in output
        assert pulumi.locks() == []
        assert not pulumi.deployment().get("pending_operations")
        assert {job["state"] for job in server.jobs()} == {"RUNNING"}
        assert len(server.posts()) == 8


def test_the_next_up_adopts_the_jobs_of_an_interrupted_one(tmp_path: Path) -> None:
    with emulator("--load", "4s", "--pending", "50ms", "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS, TAMR_SLOTS="8")
        with pulumi.start_up() as process:
            server.wait_for_running(8)
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=60)
        assert pulumi.up().returncode == 0
        assert len(server.posts()) == 8


def test_a_failing_job_is_one_readable_line(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    rule = {"sourceId": "src_crm", "outcome": "failed", "reason": "BOOM", "message": "it broke"}
    faults.write_text(json.dumps({"jobs": [rule]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        pulumi = Pulumi(tmp_path, server.url)
        done = pulumi.up()
        assert done.returncode != 0
        report = done.stdout.partition("Diagnostics:")[2]
        (line,) = [line for line in report.splitlines() if "BOOM" in line]  # Said once.
        assert line.strip().startswith(
            "error: JobFailedError: customers: load src_crm failed: BOOM: it broke (attempt 1 of 3)"
        )
        assert line.endswith("To retry, run: pulumi up --stack dev")
        assert "Traceback" not in done.stdout
        assert "KeyboardInterrupt" not in done.stdout


def test_bad_config_is_refused_without_a_traceback_or_a_request(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS.replace("sources", "sorces", 1))
        done = pulumi.up()
        assert done.returncode != 0
        assert "Pulumi.dev.yaml: products.p0.sorces: unknown key" in done.stdout
        assert "Traceback" not in done.stdout
        assert server.record()["requests"] == []


def test_the_documented_commands_repair_a_killed_engine_without_job_loss(
    tmp_path: Path,
) -> None:
    with emulator("--load", "6s", "--pending", "50ms", "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS, TAMR_SLOTS="8")
        with pulumi.start_up() as process:
            server.wait_for_running(8)
            process.kill()
        assert "the stack is currently locked" in pulumi.up().stdout
        assert "fix: pulumi cancel --yes --stack dev" in pulumi.doctor()
        assert pulumi.run("cancel", "--yes").returncode == 0
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        assert pulumi.deployment()["pending_operations"]
        fix = "pulumi refresh --clear-pending-creates --yes --stack dev"
        assert f"fix: {fix}" in pulumi.doctor()
        assert pulumi.run("refresh", "--clear-pending-creates", "--yes").returncode == 0
        last = pulumi.up()
        assert "pending" not in last.stdout
        assert "fix:" not in pulumi.doctor()
        assert len(server.posts()) == 8


@pytest.mark.parametrize("wreck", ["interrupt", "kill"])
def test_an_update_that_is_cut_off_is_adopted_by_the_next(tmp_path: Path, wreck: str) -> None:
    with emulator("--load", "3s", "--pending", "50ms", "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS, TAMR_SLOTS="8")
        assert pulumi.up().returncode == 0
        for number in range(8):
            assert tamr(pulumi.folder, "bump", f"p{number}", "2026-11-21").returncode == 0
        with pulumi.start_up() as process:
            server.wait_for_running(8)
            if wreck == "kill":
                kill_everything(process)
            else:
                os.killpg(process.pid, signal.SIGINT)
            output, _ = process.communicate(timeout=60)
        assert "Traceback" not in output
        assert len(server.posts()) == 16
        if wreck == "kill":
            assert pulumi.run("cancel", "--yes").returncode == 0
            assert "pending operations" in pulumi.doctor()
            assert pulumi.run("refresh", "--clear-pending-creates", "--yes").returncode == 0
        assert not pulumi.deployment().get("pending_operations")
        last = pulumi.up()
        assert last.returncode == 0, last.stdout
        assert "~ 8 updated" in last.stdout
        assert "fix: pulumi" not in pulumi.doctor()
        assert len(server.posts()) == 16


def interrupt_twice(process: subprocess.Popen[str]) -> None:
    """Send the second Ctrl-C as soon as the engine has answered the first."""
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout is not None
    for line in process.stdout:
        if "^C received" in line:
            break
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.parametrize("wreck", [interrupt_twice, kill_everything])
def test_the_doctors_fix_leaves_no_lock_no_warning_and_no_second_job(
    tmp_path: Path, wreck: Callable[[subprocess.Popen[str]], None]
) -> None:
    with emulator("--load", "6s", "--pending", "50ms", "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS, TAMR_SLOTS="8")
        with pulumi.start_up() as process:
            server.wait_for_running(8)
            wreck(process)
            process.communicate(timeout=60)
        for _ in range(3):
            for line in pulumi.doctor().splitlines():
                if "fix: pulumi " in line:
                    words = shlex.split(line.partition("fix: pulumi ")[2])
                    assert pulumi.run(*words[:-2]).returncode == 0
        last = pulumi.up()
        assert last.returncode == 0, last.stdout
        assert "warning" not in last.stdout
        assert "fix: pulumi" not in pulumi.doctor()
        assert pulumi.locks() == []
        assert len(server.posts()) == 8


def test_after_the_hand_over_time_the_next_run_adopts(tmp_path: Path) -> None:
    with emulator("--load", "4s", "--pending", "50ms", "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS, TAMR_SLOTS="8", TAMR_HAND_OVER_AFTER="1s")
        done = pulumi.up()
        assert done.returncode != 0
        assert (
            "NotFinishedError: p0: load src_0 did not finish: reached the time limit" in done.stdout
        )
        assert "JobFailedError" not in done.stdout
        assert "HeldError" not in done.stdout
        assert pulumi.locks() == []
        pulumi.env.pop("TAMR_HAND_OVER_AFTER")
        assert pulumi.up().returncode == 0
        assert len(server.posts()) == 8


def test_a_version_that_is_not_deployed_to_staging_is_on_hold(tmp_path: Path) -> None:
    product = '    a: {version: "2026-11-20", sources: [src_crm], trustDays: 36500}\n'
    guarded = product.replace("sources", "promoteFrom: staging, sources")
    with emulator(*QUICK) as staging, emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url, guarded)
        other = stack_file(pulumi.folder).with_name("Pulumi.staging.yaml")
        head = f"config:\n  tamr:url: {staging.url}\n  tamr-pipelines:products:\n"
        other.write_text(head + product)
        assert "on hold: staging does not have 2026-11-20 yet" in pulumi.run("preview").stdout
        refused = pulumi.up()
        assert refused.returncode != 0
        assert "is not deployed to staging" in refused.stdout
        assert server.posts() == []
        assert tamr(pulumi.folder, "up", "--stack", "staging").returncode == 0
        assert pulumi.up().returncode == 0
        assert len(server.posts()) == 1
        # What it holds stays, whatever staging goes on to.
        tamr(pulumi.folder, "bump", "a", "2026-11-21", "--stack", "staging")
        assert pulumi.up().returncode == 0


def test_a_freeze_blocks_launches_but_not_satisfied_steps(tmp_path: Path) -> None:
    frozen = 'freeze: ["2026-01-01 00:00 - 2099-01-01 00:00 UTC: audit"]'
    product = '    a: {version: "2026-11-20", sources: [src_crm], trustDays: 36500}\n'
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url, product.replace("sources", f"{frozen}, sources"))
        done = pulumi.up()
        assert done.returncode != 0
        assert "until 2099-01-01T00:00:00Z" in done.stdout
        assert "audit" in done.stdout
        assert server.posts() == []
        tamr(pulumi.folder, "jobs", "start", "load", "src_crm")
        assert pulumi.up().returncode == 0
        assert len(server.posts()) == 1


def test_pulumis_default_host_works_too(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        path = pulumi.folder / "Pulumi.yaml"
        path.write_text(path.read_text().partition("# The provider's own host")[0])
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        assert len(server.posts()) == 8
