"""How a run ended: what needs the reader first, then the totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.cli.output.state_text import (
    count,
    format_host,
    format_next_step,
    format_step_reason,
    symbol,
)
from tamr_provider.cli.output.styled import (
    Line,
    Span,
    cell_width,
    cut_line,
    line,
    line_width,
    pad,
    wrap,
)
from tamr_provider.decision.states import State
from tamr_provider.errors import HeldError, NotFinishedError, TamrError
from tamr_provider.reconciler.pending import Origin
from tamr_provider.reconciler.reconciler import TIME_LIMIT_REACHED
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from tamr_provider.decision.steps import Step
    from tamr_provider.environments.run_progress import RunState
    from tamr_provider.planning.product_state import StepState
    from tamr_provider.reconciler.stack_run import StackRun

_ORIGINS = {
    Origin.LAUNCHED: "launched",
    Origin.SHARED: "shared",
    Origin.ADOPTED: "adopted",
    Origin.EXISTING: "already",
}
_INTERRUPTED = "interrupted"
_MAX_NAME = 24  # Columns of a product's name.


@dataclass(frozen=True)
class RunEnd:
    """A run that is over; `resume` is the command that continues it."""

    run: StackRun
    state: RunState
    stack: str
    url: str
    resume: str
    elapsed: timedelta

    @property
    def unfinished(self) -> list[NotFinishedError]:
        """Why the run stopped to wait for steps, one error for each."""
        return [error for error in self.run.errors.values() if isinstance(error, NotFinishedError)]


def summarize_run(end: RunEnd) -> str:
    """Return the totals in one line."""
    counts = end.run.counts()
    origins = [f"{counts[origin.value]} {words}" for origin, words in _ORIGINS.items()]
    found = ", ".join(text for text in origins if not text.startswith("0 "))
    others = [
        (end.state.count(State.FAILED), "failed"),
        (end.state.count(State.HOLD), "on hold"),
        (end.state.skipped, "skipped"),
        (len(end.unfinished), "not finished"),
    ]
    parts = "".join(f", {number} {words}" for number, words in others if number)
    satisfied = f"{end.run.satisfied} of {end.run.total} steps satisfied"
    detail = f" ({found})" if found else ""
    return f"{satisfied}{detail}{parts}. {format_duration(end.elapsed)}."


def describe_stop(end: RunEnd) -> list[str]:
    """Return why the run stopped to wait, what is still running, and how to resume; or nothing."""
    if not end.unfinished:
        return []
    reasons = dict.fromkeys(error.reason for error in end.unfinished)
    if end.state.polled_at is None:
        running = "The tenant's jobs were not read."
    else:
        running = _count_running(end)
    return [
        f"{' '.join(_describe_reason(reason, end) for reason in reasons)} {running}",
        f"To resume, run: {end.resume}",
    ]


def _count_running(end: RunEnd) -> str:
    jobs = len({error.job_id for error in end.unfinished if error.job_id})
    queued = sum(not error.job_id for error in end.unfinished)
    verb = "is" if jobs == 1 else "are"
    running = f"{count(jobs, 'job') if jobs else 'No jobs'} {verb} still running"
    not_started = ""
    if queued:
        not_started = (
            f" ({count(queued, 'queued step')} {'was' if queued == 1 else 'were'} not started)"
        )
    return f"{running} on {format_host(end.url)}{not_started}."


def _describe_reason(reason: str, end: RunEnd) -> str:
    if reason == _INTERRUPTED:
        return "Interrupted."
    if reason == TIME_LIMIT_REACHED:
        return f"Handed over after {format_duration(end.elapsed)} (TAMR_HAND_OVER_AFTER)."
    steps = [str(step) for step, error in end.run.errors.items() if _is_about(error, reason)]
    names = f"{steps[0]}: " if len(steps) == 1 else ""
    return f"Stopped waiting: {names}{reason.rstrip('.')}."


def _is_about(error: TamrError, reason: str) -> bool:
    return isinstance(error, NotFinishedError) and error.reason == reason


def list_problems(run: StackRun) -> list[tuple[Step, TamrError]]:
    """Return the errors that need a reader, each text once, and one for a rule of a product."""
    problems: dict[str, tuple[Step, TamrError]] = {}
    for step, error in run.errors.items():
        if isinstance(error, NotFinishedError):
            continue
        key = str(error)
        if isinstance(error, HeldError) and error.exit_code != 1:  # A rule for the whole product.
            key = f"{step.product}: {error.reason}"
        problems.setdefault(key, (step, error))
    return list(problems.values())


def format_problems(end: RunEnd, width: int | None) -> list[Line]:
    """Return the steps that failed or are on hold, with cause, job and next command."""
    held = [step for step in end.state.steps if step.state in (State.FAILED, State.HOLD)]
    names = max((cell_width(step.planned.step.product) for step in held), default=0)
    name = min(names, _MAX_NAME)
    lines = list[Line]()
    for product in end.state.products:
        for step in product.problems:
            lines += [*_format_problem(end, step, name, width), line()]
    return lines


def _format_problem(end: RunEnd, step: StepState, name: int, width: int | None) -> Iterator[Line]:
    indent = 2 + name + 2
    now = end.state.polled_at or step.planned.step.since
    subject = "" if step.planned.ends_by_itself else f"{step.name} "
    text = f"{subject}{step.state.step_words}: {format_step_reason(step, now)}"
    first, *others = wrap(text, indent, width)
    product = Span(pad(step.planned.step.product, name), "bold")
    yield (*line(symbol(step.state), " ", product, "  "), *first[1:])
    yield from others
    if step.job_id:
        yield from _format_job(step.job_id, end.url, indent, width)
    if step.planned.ends_by_itself and step.planned.fix:
        yield from wrap(step.planned.fix, indent, width)
    if command := format_next_step(step):
        yield line(" " * indent, command)


def _format_job(job_id: str, url: str, indent: int, width: int | None) -> Iterator[Line]:
    """Yield the job and where to find it: the address of its own page is not documented."""
    job, page = Span(job_id, "", url), f"Jobs page of {url}"
    both = line(" " * indent, job, Span(f" · {page}", "dim"))
    if width is None or line_width(both) <= width:
        yield both
    else:
        yield line(" " * indent, job)
        yield from wrap(page, indent, width, "dim")


def format_record(end: RunEnd, width: int) -> list[Line]:
    """Return the jobs that satisfied steps in this run, those of earlier runs left out."""
    rows = [
        (step, result)
        for step in end.state.steps
        if (result := end.state.results.get((step.planned.step.product, step.name)))
        and result.origin is not Origin.EXISTING
    ]
    names = max((cell_width(step.planned.step.product) for step, _ in rows), default=0)
    longest = max((cell_width(step.name) for step, _ in rows), default=0)
    ids = max((cell_width(result.job.id) for _, result in rows), default=0)
    name = min(names, max(8, width // 5))
    longest = max(8, min(longest, width - name - ids - len("✓   99h59m  ") - 2))
    lines = []
    for step, result in rows:
        duration = result.job.duration
        took = format_duration(duration) if duration is not None else ""
        origin = "" if result.origin is Origin.LAUNCHED else f"  {_ORIGINS[result.origin]}"
        product = pad(step.planned.step.product, name)
        columns = f" {product}  {pad(step.name, longest)}  {took:>6}  "
        job = Span(result.job.id, "dim", end.url)
        lines.append(cut_line(line(symbol(step.state), columns, job, Span(origin, "dim")), width))
    return [*lines, line()] if lines else []
