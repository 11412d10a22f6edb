"""`tamr up --report`: a file that is correct at any time, even after a kill."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from typing import TYPE_CHECKING

from support.processes import QUICK, SLOW, emulator, project, read_until, start_tamr, tamr
from support.sample_jobs import at, succeeded
from tamr_provider.cli.output.markdown import MAX_LENGTH
from tamr_provider.cli.output.run_report import Report
from tamr_provider.cli.output.run_summary import RunEnd
from tamr_provider.decision.steps import ConflictScope, Step
from tamr_provider.decision.table import Action, Decision
from tamr_provider.environments.run_progress import RunProgress
from tamr_provider.errors import HeldError
from tamr_provider.models import Configuration
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.reconciler.progress import StepStatus

if TYPE_CHECKING:
    from pathlib import Path

    from tamr_provider.models import Job

ONE_LOAD = '    customers: {version: "2026-11-20", sources: [src_crm], trustDays: 36500}\n'


def test_a_report_has_totals_jobs_and_a_folded_timeline(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        assert tamr(folder, "up", "--report", "report.md").returncode == 0
        text = (folder / "report.md").read_text(encoding="utf-8")
        assert text.startswith("### `tamr up` of `dev`\n\n**9 of 9 steps satisfied (8 launched, ")
        assert "| ✓ | customers | deployed at 20" in text
        for job in server.jobs():
            assert job["jobId"] in text
        assert text.count(":done, ") == 9
        tamr(folder, "up", "--report", "report.md")
        again = (folder / "report.md").read_text(encoding="utf-8")
        assert "<details><summary>9 steps already satisfied</summary>" in again
        assert "mermaid" not in again


def test_a_failed_step_and_the_steps_behind_it_have_reasons(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    rule = {"type": "load", "outcome": "failed", "reason": "BOOM", "message": "a | b <i>"}
    faults.write_text(json.dumps({"jobs": [rule]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url)
        assert tamr(folder, "up", "--report", "report.md").returncode == 1
        text = (folder / "report.md").read_text(encoding="utf-8")
        assert (
            "> **Failed: customers.** load src_crm: BOOM: a \\| b &lt;i> (attempt 1 of 3)" in text
        )
        assert "| ✗ | customers | load src_crm | failed | BOOM: a" in text
        row = "| … | customers | update dp_customers | waiting | load src_crm failed |"
        assert row in text


def test_the_report_of_an_interrupted_run_says_how_to_resume(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with start_tamr(folder, "up", "--report", "report.md") as process:
            read_until(process, "running")
            process.send_signal(signal.SIGINT)
            process.communicate()
        text = (folder / "report.md").read_text(encoding="utf-8")
        assert "Interrupted. 1 job is still running on 127.0.0.1:" in text
        assert "To resume, run: tamr up --stack dev" in text
        assert "| ▶ | customers | load src_crm | running |" in text


def test_the_report_of_a_killed_run_claims_no_end(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        (folder / "report.md").write_text("of an earlier run")
        with start_tamr(folder, "up", "--report", "report.md") as process:
            read_until(process, "running")
            process.kill()
        text = (folder / "report.md").read_text(encoding="utf-8")
        assert "Still running when this report was written" in text
        assert "earlier" not in text


def test_a_run_that_cannot_start_reports_why(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9", "    customers: [\n")
    assert tamr(folder, "up", "--report", "report.md").returncode == 2
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "**Nothing was started.** " in text
    assert "Pulumi.dev.yaml" in text


def test_an_unwritable_report_stops_the_run_before_any_launch(
    tmp_path: Path,
) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        done = tamr(folder, "up", "--report", "no/such/folder/report.md")
        assert done.returncode == 2
        assert "--report: cannot write no/such/folder/report.md" in done.stderr
        assert server.record()["requests"] == []


class _Run:
    """A run of any size, as a report reads it."""

    def __init__(self, count: int) -> None:
        steps = [_step(number) for number in range(count)]
        self.errors = {step: HeldError(f"{step} is on hold: " + "why " * 40) for step in steps[::2]}
        self.results = {step: StepResult(_job(step), Origin.LAUNCHED, 1) for step in steps[1::2]}
        self.total, self.satisfied = count, len(self.results)
        self.progress = RunProgress({"customers": [steps]}, "dev", "tamr up")
        for step in steps:
            outcome = self.errors.get(step) or self.results[step]
            self.progress.end(step, outcome, _status(step))

    def counts(self) -> dict[str, int]:
        return dict.fromkeys(Origin, 0)


def _step(number: int) -> Step:
    configuration = Configuration.load(f"src_{number}")
    return Step("customers", configuration, at("09:00"), at("09:00"), ConflictScope())


def _job(step: Step) -> Job:
    return succeeded(f"job_{step.configuration}", step.configuration, at("09:00"), at("09:30"))


def _status(step: Step) -> StepStatus:
    return StepStatus(Decision(Action.HOLD, "why " * 40, fix="To retry"), at("10:00"), (), 5)


def test_a_report_fits_a_comment_and_counts_omitted_rows(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    run = _Run(4000)
    state = run.progress.state()
    end = RunEnd(run, state, "dev", "http://t", "tamr up", timedelta(hours=1))  # type: ignore[arg-type]
    Report(path, "dev").end(end, at("09:00"), at("10:00"))
    text = path.read_text(encoding="utf-8")
    assert len(text) <= MAX_LENGTH + 1
    assert "omitted for length" in text
