"""What a preview says of each step, and of all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.sample_jobs import at, make_job
from tamr_provider.decision.failure import Failure
from tamr_provider.decision.table import Action, Decision
from tamr_provider.models import RUNNING, Configuration
from tamr_provider.resources._declared_step import parse_step
from tamr_provider.resources._previewed_steps import PreviewedSteps, format_row
from tamr_provider.tenant.durations import DurationStats
from tamr_provider.tenant.snapshot import Snapshot

NOW = at("12:00")
UPDATE, PUBLISH = {"dataProductId": "dp"}, {"destinationId": "dst", "dataProductId": "dp"}
LAUNCH = Decision(Action.LAUNCH, "no job for this version yet")


def usual(configuration: Configuration) -> DurationStats:
    minutes = {"load": 20, "update": 45, "publish": 8}[configuration.type]
    return DurationStats(*[timedelta(minutes=minutes)] * 3)


class Preview:
    """Previews steps, and knows how long jobs take."""

    def __init__(self) -> None:
        self.steps = PreviewedSteps(usual, "pulumi up")

    def row(self, ids: dict[str, str], decision: Decision | None = LAUNCH, **more: Any) -> str:
        """Return the row of a step; without a decision, it comes after steps that will run."""
        inputs = {"url": "https://a", "version": "v1", "since": "2026-11-20T09:00:00Z", **ids}
        after = [] if decision else [None]
        declared = parse_step({"product": "customers", **inputs, "after": after, **more})
        assert declared is not None
        return format_row(self.steps.add(declared, decision or LAUNCH, NOW))

    def summary(self, *active: Any) -> str:
        return self.steps.summarize(Snapshot(active, NOW), slots=5)


def test_a_row_says_what_would_run_and_how_long_it_takes() -> None:
    preview = Preview()
    then = [[UPDATE], [PUBLISH]]
    assert preview.row({"sourceId": "crm"}, then=then) == "would launch, about 20m"
    assert preview.row(UPDATE, None, then=[[PUBLISH]]) == "would launch, about 45m"
    assert preview.row(PUBLISH, None) == "would launch, about 8m"
    assert preview.summary() == "3 jobs, about 1h13m, 0 of 5 slots in use"


def test_the_summary_counts_later_steps_before_they_are_previewed() -> None:
    preview = Preview()
    preview.row({"sourceId": "crm"}, then=[[UPDATE], [PUBLISH]])
    assert preview.summary() == "3 jobs, about 1h13m, 0 of 5 slots in use"
    preview.row({"sourceId": "erp"}, then=[[UPDATE], [PUBLISH]])
    assert preview.summary() == "4 jobs, about 1h13m, 0 of 5 slots in use"


def test_nothing_would_launch_behind_a_hold() -> None:
    preview = Preview()
    held = Decision(Action.HOLD, "frozen", ends_by_itself=True)
    preview.row({"sourceId": "sap"}, then=[[UPDATE], [PUBLISH]])
    assert preview.row({"sourceId": "crm"}, held, then=[[UPDATE], [PUBLISH]]) == "on hold: frozen"
    preview.row({"sourceId": "erp"}, then=[[UPDATE], [PUBLISH]])
    assert preview.row(UPDATE, None, then=[[PUBLISH]]) == "waiting: load crm is on hold"
    assert preview.row(PUBLISH, None) == "waiting: load crm is on hold"
    assert preview.summary() == "2 jobs, about 20m, 0 of 5 slots in use"


def test_a_load_of_two_products_is_announced_once() -> None:
    preview = Preview()
    assert preview.row({"sourceId": "crm"}) == "would launch, about 20m"
    shared = preview.row({"sourceId": "crm"}, product="suppliers", then=[[UPDATE]])
    assert shared == "shares one job with customers: load crm"
    assert preview.summary() == "2 jobs, about 45m, 0 of 5 slots in use"


def test_active_satisfied_and_failed_steps_have_their_own_words() -> None:
    preview = Preview()
    crm = Configuration.load("crm")
    active = make_job("job_1", crm, NOW - timedelta(minutes=12), RUNNING)
    adopted = Decision(Action.ADOPT, "", active)
    assert preview.row({"sourceId": "crm"}, adopted) == "running 12m of about 20m (job_1)"
    satisfied = Decision(Action.SATISFIED, "", active)
    assert preview.row({"sourceId": "erp"}, satisfied) == "satisfied (job_1)"
    failed = Decision(Action.LAUNCH, "", failure=Failure(active, 1, 3))
    row = preview.row({"sourceId": "sap"}, failed)
    assert row == "would launch again, about 20m: no reason given (attempt 1 of 3) (job_1)"
    assert preview.summary(active) == "1 job, about 20m, 1 of 5 slots in use"


def test_a_hold_names_its_fix() -> None:
    held = Decision(Action.HOLD, "stopped by a user", fix="To retry, run: tamr retry customers")
    row = Preview().row({"sourceId": "crm"}, held)
    assert row == "on hold: stopped by a user. To retry, run: tamr retry customers"
