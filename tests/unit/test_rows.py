"""How often the engine's rows are updated: every text is a line of a CI log."""

from __future__ import annotations

from datetime import timedelta

from support.fake_clock import START, FakeClock
from support.sample_jobs import at, make_job, succeeded
from tamr_provider.decision.steps import ConflictScope, Step
from tamr_provider.decision.table import Action, Decision
from tamr_provider.errors import HeldError, JobFailedError
from tamr_provider.models import PENDING, RUNNING, Configuration
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.reconciler.progress import StepStatus
from tamr_provider.resources._progress import EngineReporter
from tamr_provider.tenant.durations import DurationStats


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def show_status(self, urn: str, text: str) -> None:
        self.lines.append((urn, text))

    def add_diagnostic(self, urn: str, text: str, *, is_warning: bool = False) -> None:
        self.lines.append((urn, f"warning: {text}" if is_warning else text))


class Watched:
    """Steps whose status is reported repeatedly."""

    def __init__(self, count: int) -> None:
        self.clock, self.log = FakeClock(), Log()
        self.rows = EngineReporter(self.clock, self.log)
        self.steps = [_step(number) for number in range(count)]
        for step in self.steps:
            self.rows.assign_urn(step, f"urn:{step.configuration}")

    def refresh(self, state: str = RUNNING, after: float = 0) -> None:
        self.clock.elapsed += after
        now = START + timedelta(seconds=self.clock.elapsed)
        for step in self.steps:
            job = make_job(f"job_{step.configuration}", step.configuration, START, state)
            self.rows.status(step, StepStatus(Decision(Action.ADOPT, "", job), now, (job,), 5))

    def wait_for_slot(self) -> None:
        """The place in the queue is stale as soon as another step is launched."""
        wait = Decision(Action.WAIT, "0 of 5 slots in use; queue position 8")
        for step in self.steps:
            self.rows.status(step, StepStatus(wait, START, (), 5))


def _step(number: int) -> Step:
    configuration = Configuration.load(f"src_{number}")
    return Step("customers", configuration, at("09:00"), at("09:00"), ConflictScope())


def test_every_change_of_state_is_a_line() -> None:
    watched = Watched(3)
    watched.wait_for_slot()
    watched.wait_for_slot()
    watched.refresh(PENDING, after=1)
    watched.refresh(RUNNING, after=1)
    rows = [text for urn, text in watched.log.lines if urn == "urn:load src_0"]
    assert rows == ["waiting: a free slot", "running 1s (job_load src_0)"]
    assert len(watched.log.lines) == 6


def test_without_changes_one_resource_a_minute_has_a_line() -> None:
    watched = Watched(5)
    watched.refresh()
    before = len(watched.log.lines)
    for _ in range(10 * 6):
        watched.refresh(after=10)
    repeated = watched.log.lines[before:]
    assert len(repeated) == 10
    assert len({urn for urn, _ in repeated}) == 5
    assert repeated[-1][1].startswith("running 10m")


def test_a_finished_step_has_no_more_lines() -> None:
    watched = Watched(2)
    watched.refresh()
    ended = watched.steps.pop(0)
    job = make_job("job_1", ended.configuration, START, RUNNING)
    watched.rows.ended(ended, StepResult(job, Origin.LAUNCHED, 1))
    watched.refresh(after=61)
    assert watched.log.lines[-1][0] == "urn:load src_1"


def test_a_row_has_the_facts_first_and_the_id_last() -> None:
    watched = Watched(1)
    (step,) = watched.steps
    created = START - timedelta(minutes=12)
    job = make_job("job_1", step.configuration, created, RUNNING)
    usual = DurationStats(*(timedelta(minutes=minutes) for minutes in (45, 40, 70)))
    status = StepStatus(Decision(Action.ADOPT, "", job), START, (job,), 5, usual)
    watched.rows.status(step, status)
    done = succeeded("job_1", step.configuration, created, START)
    for origin in Origin:
        watched.rows.ended(step, StepResult(done, origin, 1))
    assert [text for _, text in watched.log.lines] == [
        "running 12m of about 45m (job_1)",
        "satisfied after 12m (job_1)",
        "satisfied after 12m, launched for another step (job_1)",
        "satisfied after 12m, launched by another run or user (job_1)",
        "satisfied before this run, after 12m (job_1)",
    ]


def test_a_row_tells_what_happened_while_other_steps_continue() -> None:
    watched = Watched(2)
    watched.refresh()
    watched.log.lines.clear()
    failed, held = watched.steps
    text = (
        f"{failed} failed: BOOM (attempt 1 of 3) (job_1, Jobs page of https://a). To retry, run: x"
    )
    watched.rows.ended(failed, JobFailedError(text, "job_1"))
    watched.rows.ended(held, HeldError(f"{held} is on hold: frozen until 10:00. To launch, add y"))
    assert [text for _, text in watched.log.lines] == [
        "failed: BOOM (attempt 1 of 3); other steps continue",
        "on hold: frozen until 10:00",
    ]


def test_a_warning_belongs_to_the_resource_of_its_step() -> None:
    watched = Watched(1)
    watched.rows.warn(watched.steps[0], "too close")
    watched.rows.warn(_step(7), "of no resource")
    assert watched.log.lines == [
        ("urn:load src_0", "warning: too close"),
        ("", "warning: of no resource"),
    ]


def test_without_an_engine_nothing_is_shown() -> None:
    rows = EngineReporter(FakeClock(), None)
    rows.assign_urn(_step(1), "")
    rows.note("not shown")
    rows.warn(_step(1), "not shown")
