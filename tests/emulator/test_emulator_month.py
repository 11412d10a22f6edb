"""`--seed month`: the history of a new tenant."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from support.emulator_transport import Caller, RealTime
from tamr_provider.decision.steps import pipeline_steps
from tamr_provider.emulator import Emulator, Options
from tamr_provider.emulator.month import month_of_jobs
from tamr_provider.stackfile.parser import parse_stack_file

NOW = datetime(2026, 11, 25, 14, 30, tzinfo=timezone.utc)
MONTH = Options(seed="month")
ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "tamr_provider/templates"


def jobs(options: Options = MONTH, now: datetime = NOW) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Emulator(options, now=lambda: now).record()["jobs"]
    return found


def test_the_same_clock_gives_the_same_month() -> None:
    assert jobs() == jobs()
    assert len({job["jobId"] for job in jobs()}) == len(jobs()) > 300


def test_the_month_ends_in_every_way_and_some_jobs_still_run() -> None:
    outcomes = Counter(job["outcome"] or job["state"] for job in jobs())
    assert outcomes["succeeded"] > 250
    assert outcomes["failed"] >= 5
    assert outcomes["stopped"] >= 3
    assert 1 <= outcomes["RUNNING"] <= 3
    assert outcomes["PENDING"] + outcomes["STOPPING"] <= 1


def test_the_month_never_uses_more_slots_than_the_tenant_has() -> None:
    listed = month_of_jobs(NOW, MONTH)
    assert NOW - timedelta(days=32) < listed[0].created_at < listed[-1].created_at <= NOW
    ends = [job.created_at + job.lifecycle.pending + job.lifecycle.duration for job in listed]
    for job in listed:
        active = [
            1
            for other, end in zip(listed, ends, strict=True)
            if other.created_at <= job.created_at < end
        ]
        assert len(active) <= MONTH.slots


def test_every_failure_has_a_reason_and_a_message() -> None:
    failed = [job for job in month_of_jobs(NOW, MONTH) if job.lifecycle.outcome == "failed"]
    assert all(job.lifecycle.error and job.lifecycle.error.message for job in failed)


def test_durations_follow_the_options() -> None:
    short = Options(seed="month", durations={"load": timedelta(seconds=4)})
    loads = [job for job in month_of_jobs(NOW, short) if job.configuration.type == "load"]
    assert max(job.lifecycle.duration for job in loads) < timedelta(seconds=5)
    assert {job["state"] for job in jobs(Options(seed="month", pending=timedelta(0)))} >= {"DONE"}


def test_a_state_file_is_seeded_only_once(tmp_path: Path) -> None:
    options = Options(seed="month", state=tmp_path / "tenant.json")
    before = Caller(options, RealTime())
    before.load("src_new")
    after = Caller(options, before.time)
    assert after.emulator.record()["jobs"] == before.emulator.record()["jobs"]


@pytest.mark.parametrize(
    "file",
    [
        "demo/stacks/Pulumi.dev.yaml",
        "demo/stacks/Pulumi.staging.yaml",
        "demo/stacks/Pulumi.prod.yaml",
        "project/stacks/Pulumi.staging.yaml${DESCRIPTION}",
        "project/stacks/Pulumi.prod.yaml${DESCRIPTION}",
    ],
)
def test_every_step_of_the_example_stacks_ran_in_the_month(file: str) -> None:
    text = (TEMPLATES / file).read_text(encoding="utf-8").replace("${PROJECT}", "shop")
    project = "tamr-pipelines" if file.startswith("demo") else "shop"
    products = parse_stack_file(text, project, file, NOW).products
    wanted = [step.configuration.to_wire() for step in pipeline_steps(products)]
    ran = [job["configuration"] for job in jobs() if job["outcome"] == "succeeded"]
    assert [configuration for configuration in wanted if configuration not in ran] == []
