"""`tamr jobs`: a readable list, and output that scripts use."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from support.processes import PRODUCTS, QUICK, SLOW, emulator, project, tamr
from tamr_provider.cli.output.jobs_output import format_job_text, format_jobs_text
from tamr_provider.models import Configuration, Job

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
LOAD = Configuration.load("src_crm")
PUBLISH = Configuration.publish("Customer export", "dp_customers")
NAMES = {LOAD: "customers, contacts", PUBLISH: "customers"}


def job(id_: str, configuration: Configuration, hours: float, **error: str) -> Job:
    """Return a job that was created so many hours before noon and took 20 minutes."""
    created = NOON - timedelta(hours=hours)
    times = [created, created + timedelta(minutes=1), created + timedelta(minutes=20)]
    states = [
        {"state": state, "stateStartTime": at.isoformat()}
        for state, at in zip(["PENDING", "RUNNING", "DONE"], times, strict=True)
    ]
    body = {
        "jobId": id_,
        "configuration": configuration.to_wire(),
        "status": {**states[-1], "error": error},
        "statusHistory": states,
    }
    return Job.from_wire(body)


DONE = [
    job("job_62cc616fd5638b7a28eb2b", PUBLISH, 2),
    job("job_e14d735859250713510321", LOAD, 60, reason="NO_ACCESS", message="no credentials"),
]


TABLE = """\
job                         created    duration  state      step                     product
job_62cc616fd5638b7a28eb2b  2h00m ago  20m       succeeded  publish Customer export  customers
job_e14d735859250713510321  2d12h ago  20m       failed     load src_crm             \
customers, contacts"""


def test_the_list_has_a_header_and_relative_times() -> None:
    assert format_jobs_text(DONE, NAMES, NOON, None) == TABLE


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (120, ["job", "created", "duration", "state", "step", "product"]),
        (90, ["job", "created", "duration", "state", "step"]),
        (80, ["job", "created", "state", "step"]),
        (70, ["job", "state", "step"]),
        (40, ["job", "state", "s"]),
    ],
)
def test_columns_that_do_not_fit_are_left_out(width: int, header: list[str]) -> None:
    lines = format_jobs_text(DONE, NAMES, NOON, width).splitlines()
    assert lines[0].split() == header
    assert max(map(len, lines)) <= width


def test_a_job_is_shown_with_its_step_product_and_reason() -> None:
    assert format_job_text(DONE[1], NAMES, NOON).splitlines() == [
        "job_e14d735859250713510321  failed",
        "  step      load src_crm",
        "  product   customers, contacts",
        "  sourceId  src_crm",
        "  created   2026-11-18T00:00:00Z (2d12h ago)",
        "  started   2026-11-18T00:01:00Z (2d11h ago)",
        "  finished  2026-11-18T00:20:00Z (2d11h ago)",
        "  duration  20m",
        "  reason    NO_ACCESS: no credentials",
    ]


def test_start_prints_the_id_alone_and_the_next_command_on_stderr(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, PRODUCTS)
        done = tamr(folder, "jobs", "start", "load", "src_erp")
        (job_id,) = [job["jobId"] for job in server.jobs()]
        assert done.stdout == f"{job_id}\n"
        assert done.stderr == f"To watch it, run: tamr jobs watch {job_id} --stack dev\n"
        listed = tamr(folder, "jobs", "list", "--since", "1h").stdout.splitlines()
        assert listed[0].split() == ["job", "created", "duration", "state", "step", "product"]
        assert listed[1].endswith("load src_erp  customers, suppliers")
        assert json.loads(tamr(folder, "jobs", "list", "--since", "0s", "--json").stdout) == []


def test_stop_waits_for_the_end_and_says_what_it_was(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, PRODUCTS)
        job_id = tamr(folder, "jobs", "start", "load", "src_erp").stdout.strip()
        done = tamr(folder, "jobs", "stop", job_id)
        assert done.stdout.splitlines()[-1] == f"{job_id} was stopped"
        again = tamr(folder, "jobs", "stop", job_id)
        assert again.stdout == f"{job_id} had already finished: was stopped\n"


def test_an_unknown_job_is_reported_with_the_command_that_lists_them(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, PRODUCTS)
        for command in ("get", "stop", "watch"):
            done = tamr(folder, "jobs", command, "nope")
            assert done.returncode == 1
            assert f"error: {server.url} does not have the job nope" in done.stderr
            assert done.stderr.rstrip().endswith("To list its jobs, run: tamr jobs list")
