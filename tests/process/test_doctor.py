"""`tamr doctor`: common problems are found, with the command that fixes them."""

from __future__ import annotations

import json
import os
import re
import socket
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.fake_clock import START, FakeClock
from support.fake_tenant import LOAD, UPDATE, Tenant, Unquoting
from support.processes import KEY, emulator, project, stack_file, tamr
from tamr_provider.doctor import engine, state
from tamr_provider.doctor.checkup import Checkup
from tamr_provider.doctor.finding import (
    OK,
    PROBLEM,
    UNKNOWN,
    WARNING,
    Finding,
    ProgramResult,
    run_program,
)
from tamr_provider.doctor.ids import check_ids
from tamr_provider.doctor.tenant import check_tenant
from tamr_provider.models import Configuration
from tamr_provider.stackfile.parser import StackFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOST = {"plugins": {"providers": [{"name": "pulumi-python", "path": "host"}]}}


def program(code: int | None, output: str = "") -> Callable[[Sequence[str]], ProgramResult]:
    return lambda _: ProgramResult(code, output)


@pytest.mark.parametrize(
    ("ran", "level", "words"),
    [
        (ProgramResult(None), WARNING, "not on PATH"),
        (ProgramResult(0, "v3.270.1\n"), OK, "CLI 3.270, SDK 3.272"),
        (ProgramResult(0, "v3.260.0-dev.0"), OK, "CLI 3.260"),
        (ProgramResult(0, "v3.138.0"), PROBLEM, "providers get no config"),
        (ProgramResult(0, "v3.200.0"), PROBLEM, "too far apart"),
        (ProgramResult(0, "v4.1.0"), PROBLEM, "too far apart"),
        (ProgramResult(0, "who knows"), WARNING, "unknown version"),
    ],
)
def test_the_cli_must_be_installed_and_fit_the_sdk(
    ran: ProgramResult, level: str, words: str
) -> None:
    found = engine.check_cli(lambda _: ran, "3.272.0")
    assert found.level == level
    assert words in found.message
    assert bool(found.fix) == (level == PROBLEM or "PATH" in words)


def test_without_an_entry_in_pulumi_yaml_the_default_host_is_used(tmp_path: Path) -> None:
    found = engine.check_host({}, tmp_path)
    assert found.level == WARNING
    assert "name: pulumi-python" in found.fix


def test_the_host_must_exist_and_be_executable(tmp_path: Path) -> None:
    assert "is missing" in engine.check_host(HOST, tmp_path).message
    host = tmp_path / "host/pulumi-resource-pulumi-python"
    host.parent.mkdir()
    host.write_text("#!/bin/sh\n")
    assert engine.check_host(HOST, tmp_path).fix.startswith("chmod +x host/")
    host.chmod(0o755)
    assert engine.check_host(HOST, tmp_path).level == OK


def test_a_virtualenv_in_pulumi_yaml_is_reported() -> None:
    runtime = {"runtime": {"name": "python", "options": {"virtualenv": "venv"}}}
    found = engine.check_virtualenv(runtime)
    assert found is not None
    assert found.level == WARNING
    assert engine.check_virtualenv({"runtime": "python"}) is None


def test_the_python_that_pulumi_runs_needs_the_package() -> None:
    calls: list[Sequence[str]] = []

    def ran(words: Sequence[str]) -> ProgramResult:
        calls.append(words)
        return ProgramResult(1)

    found = engine.check_python(ran, {"PULUMI_PYTHON_CMD": "/opt/py"})
    assert calls[0][0] == "/opt/py"
    assert found.level == PROBLEM
    assert "activate" in found.fix


@pytest.mark.parametrize(
    ("project_url", "env_url", "expected"),
    [
        ("", "", None),
        ("s3://bucket", "", None),
        ("", "file:///tmp/state", Path("/tmp/state")),
        ("file:///one", "file:///two", Path("/two")),
        ("file://state", "", Path("/project/state")),
        ("file://~", "", Path.home()),
    ],
)
def test_a_file_backend_is_found_as_by_the_engine(
    project_url: str, env_url: str, expected: Path | None
) -> None:
    settings = {"backend": {"url": project_url}} if project_url else {}
    env = {"PULUMI_BACKEND_URL": env_url} if env_url else {}
    assert state.find_backend_folder(settings, env, Path("/project")) == expected


def lock(backend: Path, pid: int) -> None:
    folder = backend / ".pulumi/locks/organization/shop/dev"
    folder.mkdir(parents=True)
    content = {"pid": pid, "username": "ci", "hostname": socket.gethostname(), "timestamp": "t"}
    (folder / "x.json").write_text(json.dumps(content))


def test_a_lock_of_a_dead_process_is_a_problem(tmp_path: Path) -> None:
    assert state.check_lock(tmp_path, "shop", "dev").level == OK
    lock(tmp_path, 2**22 + 12345)
    found = state.check_lock(tmp_path, "shop", "dev")
    assert (found.level, found.fix) == (PROBLEM, "pulumi cancel --yes --stack dev")


def test_a_lock_of_a_live_process_is_a_run_in_progress(tmp_path: Path) -> None:
    lock(tmp_path, os.getpid())
    found = state.check_lock(tmp_path, "shop", "dev")
    assert found.level == WARNING
    assert "in progress" in found.message


PENDING = {"pending_operations": [{"type": "creating", "resource": {}}]}


def test_pending_operations_are_read_from_the_cli_or_the_file(tmp_path: Path) -> None:
    export = json.dumps({"deployment": PENDING})
    fix = "pulumi refresh --clear-pending-creates --yes --stack dev"
    found = state.check_pending(program(0, export), tmp_path, None, "shop", "dev")
    assert found is not None
    assert (found.level, found.fix) == (PROBLEM, fix)
    path = tmp_path / ".pulumi/stacks/shop/dev.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"checkpoint": {"latest": PENDING}}))
    found = state.check_pending(program(None), tmp_path, tmp_path, "shop", "dev")
    assert found is not None
    assert (found.level, found.fix) == (PROBLEM, fix)
    path.write_text(json.dumps({"checkpoint": {"latest": None}}))
    found = state.check_pending(program(None), tmp_path, tmp_path, "shop", "dev")
    assert found is not None
    assert found.level == OK


def test_without_a_state_nothing_is_said_about_it(tmp_path: Path) -> None:
    assert state.check_pending(program(None), tmp_path, None, "shop", "dev") is None


def test_a_tenant_that_responds_is_ok() -> None:
    (found,) = check_tenant(Tenant().client(), START)
    assert found.level == OK


def test_clocks_that_are_far_apart_are_reported() -> None:
    found = list(check_tenant(Tenant().client(), START + timedelta(minutes=30)))
    assert [finding.level for finding in found] == [OK, WARNING]
    assert "30m apart" in found[1].message


def test_ids_without_a_job_are_unproven_with_their_place_in_tamr() -> None:
    tenant = Tenant()
    tenant.start(LOAD)
    other = Configuration.load("src_erp")
    found = list(check_ids(tenant.client(), [LOAD, other, UPDATE]))
    assert [finding.level for finding in found] == [UNKNOWN, UNKNOWN]
    assert found[0].message == "no listed job has used these ids: load src_erp"
    assert "Sources page" in found[0].fix
    assert "update dp_customers" in found[1].message
    assert "Configure Data Product page" in found[1].fix
    assert all("docs/how-to/find-the-ids.md" in finding.fix for finding in found)


def test_ids_that_a_job_has_used_are_ok() -> None:
    tenant = Tenant()
    tenant.start(LOAD)
    (found,) = check_ids(tenant.client(), [LOAD])
    assert (found.level, found.fix) == (OK, "")
    assert len(tenant.requests("GET")) == 1


def test_many_unproven_ids_are_counted_and_queried_together() -> None:
    tenant = Tenant()
    loads = [Configuration.load(f"src_{number}") for number in range(20)]
    (found,) = check_ids(tenant.client(), loads)
    assert found.message.endswith("load src_4 and 15 more")
    assert len(tenant.requests("GET")) == 2


def test_ids_that_a_filter_cannot_quote_are_unknown() -> None:
    strange = Configuration.publish('a "quoted" name', "dp_customers")
    (found,) = check_ids(Unquoting().client(), [strange])
    assert found.level == UNKNOWN
    assert "cannot check" in found.message


def test_a_missing_program_is_not_an_error() -> None:
    assert run_program(["no-such-program-anywhere"]) == ProgramResult(None)
    assert run_program(["git", "--version"]).code == 0


def doctor(folder: Path, *words: str, **env: str) -> tuple[int, list[Finding]]:
    done = tamr(folder, "doctor", "--json", *words, PULUMI_BACKEND_URL="", **env)
    return done.returncode, [Finding(**load) for load in json.loads(done.stdout)]


def problems(found: list[Finding]) -> str:
    return "\n".join(finding.message for finding in found if finding.level == PROBLEM)


def test_a_sound_project_has_no_problem(tmp_path: Path) -> None:
    with emulator() as server:
        code, found = doctor(project(tmp_path, server.url))
        assert (code, problems(found)) == (0, "")
        assert any("responds and accepts the key" in finding.message for finding in found)
        assert any("Sources page" in finding.fix for finding in found)
        assert {request["method"] for request in server.record()["requests"]} == {"GET"}


def test_a_missing_key_is_found(tmp_path: Path) -> None:
    code, found = doctor(project(tmp_path, "http://127.0.0.1:9"), TAMR_API_KEY="")
    assert code == 1
    assert "no API key" in problems(found)


def test_a_refused_key_is_found_and_not_shown(tmp_path: Path) -> None:
    with emulator("--key", "another") as server:
        code, found = doctor(project(tmp_path, server.url))
        assert code == 1
        assert "401" in problems(found)
        assert KEY not in str(found)


def test_a_tenant_that_cannot_be_reached_is_found(tmp_path: Path) -> None:
    code, found = doctor(project(tmp_path, "http://127.0.0.1:9"))
    assert code == 1
    assert "cannot be reached" in problems(found)


def test_every_problem_of_the_stack_file_is_found(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9", "    a: {sorces: [x]}\n")
    _, found = doctor(folder)
    assert "products.a.sorces: unknown key" in problems(found)
    assert (
        "products.a.version: expected the desired dataset version: any label, got nothing"
        in problems(found)
    )


def test_a_plaintext_key_in_the_stack_file_is_found(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9")
    path = stack_file(folder)
    path.write_text(path.read_text() + "  tamr:apiKey: abc\n")
    assert "tamr:apiKey: stored in plaintext" in problems(doctor(folder)[1])


def test_without_a_stack_the_defined_ones_are_listed(tmp_path: Path) -> None:
    code, found = doctor(project(tmp_path, "http://127.0.0.1:9"), TAMR_STACK="")
    assert code == 0
    assert any("defined: dev" in finding.message for finding in found)


def test_a_missing_project_is_reported(tmp_path: Path) -> None:
    code, found = doctor(tmp_path)
    assert code == 1
    assert "no Pulumi.yaml" in problems(found)


def test_an_uncommitted_version_is_found_with_its_fix(tmp_path: Path) -> None:
    with emulator() as server:
        label = '    a: {version: v1, sources: ["src_crm"]}\n'
        folder = project(tmp_path / "p", server.url, label)
        output = tamr(folder, "doctor").stdout
    assert "version v1 is not committed. Commit it, or run: tamr bump a v1 --stack dev" in output
    assert "Traceback" not in output


def test_the_report_ends_with_counts_and_the_next_command(tmp_path: Path) -> None:
    with emulator() as server:
        folder = project(tmp_path, server.url)
        good = tamr(folder, "doctor", "-C", str(folder)).stdout.splitlines()
        bad = tamr(folder, "doctor", TAMR_API_KEY="").stdout.splitlines()
    assert re.fullmatch(r"\d+ ok, \d+ warnings?, \d unknown", good[-2])
    assert good[-1] == f"To see what would run, run: tamr plan -C {folder} --stack dev"
    assert re.fullmatch(r"\d+ ok, \d+ warnings?, 1 problem", bad[-1])


@pytest.mark.parametrize("checks_assumptions", [False, True])
def test_clocks_that_are_far_apart_are_reported_once(checks_assumptions: bool) -> None:
    tenant, clock = Tenant(), FakeClock(skew=timedelta(minutes=30))
    env = {"TAMR_API_KEY": "k"}
    checkup = Checkup("dev", env, clock, lambda _: closing(tenant.client()), checks_assumptions)
    found = list(checkup._check_tenant(StackFile({}, "https://acme.tamr.cloud")))
    assert [finding.level for finding in found if "30m apart" in finding.message] == [WARNING]
