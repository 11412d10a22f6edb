"""A report of a run as Markdown for a pull request, written when it starts and when it ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tamr_provider.atomic_write import is_stream, write_file
from tamr_provider.cli.output.markdown import Markup, Table, code, escape, format_page
from tamr_provider.errors import HeldError, NotFinishedError
from tamr_provider.reconciler.pending import Origin
from tamr_provider.timestamps import format_duration, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tamr_provider.decision.steps import Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.stack_run import StackRun

_MAX_BARS = 100  # Mermaid rejects charts of more than 50,000 characters.


class Report:
    """A file that is never wrong about the run, even if that is killed."""

    def __init__(self, path: Path, stack: str) -> None:
        self._path = path
        self._title = f"### `tamr up` of {code(stack)}"

    def start(self, now: datetime) -> None:
        """Write that the run is in progress; a pipe or a device gets only its end."""
        if is_stream(self._path):
            return
        text = f"Started at {format_seconds(now)}. Still running when this report was written."
        hint = "If the run was killed, run it again. It resumes where it stopped."
        self._write([self._title, text, hint], [])

    def fail(self, reason: str) -> None:
        """Write why nothing was started."""
        self._write([self._title, f"**Nothing was started.** {escape(reason)}"], [])

    def end(
        self, run: StackRun, summary: str, url: str, started_at: datetime, now: datetime
    ) -> None:
        """Write how every step ended."""
        span = f"from {format_seconds(started_at)} to {format_seconds(now)}"
        timing = f"On {escape(url)}, {span}: {format_duration(now - started_at)}."
        problems = dict.fromkeys(str(error) for error in run.errors.values())
        results = list(run.results.items())
        done = [item for item in results if item[1].origin != Origin.EXISTING]
        found = [item for item in results if item[1].origin == Origin.EXISTING]
        title = f"{len(found)} step{'s' * (len(found) != 1)} already satisfied"
        tables = [
            Table(("product", "step", "state", "reason"), list(_list_unsatisfied(run))),
            Table(_COLUMNS, [_format_row(step, result) for step, result in done]),
            Table(_COLUMNS[:3], [_format_row(*item)[:3] for item in found], title),
        ]
        head = [self._title, f"**{escape(summary)}**", timing]
        head += [f"> {escape(problem)}" for problem in list(problems)[:_MAX_PROBLEMS]]
        self._write([*head, _make_chart(done)], tables)

    def _write(self, head: list[str], tables: list[Table]) -> None:
        write_file(self._path, format_page(head, tables) + "\n")


_COLUMNS = ("product", "step", "job", "origin", "created", "duration")
_MAX_PROBLEMS = 20  # The table below has all of them.


def _list_unsatisfied(run: StackRun) -> Iterator[tuple[str, ...]]:
    errors = {_key(step): error for step, error in run.errors.items()}
    done = {_key(step) for step in run.results}
    for parts in run.plan.values():
        for step in (step for part in parts for step in part):
            if _key(step) not in done:
                error = errors.get(_key(step))
                reason = str(error) if error else "waiting for earlier steps"
                yield (*_key(step), _format_state(error), reason)


def _format_state(error: Exception | None) -> str:
    kinds: dict[type, str] = {HeldError: "on hold", NotFinishedError: "not finished"}
    return kinds.get(type(error), Markup("**failed**")) if error else "not started"


def _key(step: Step) -> tuple[str, str]:
    return step.product, str(step.configuration)


def _format_row(step: Step, result: StepResult) -> tuple[str, ...]:
    job = result.job
    created = format_seconds(job.created_at) if job.created_at else "?"
    duration = format_duration(job.duration) if job.duration is not None else "?"
    return (*_key(step), job.id, result.origin, created, duration)


def _make_chart(done: list[tuple[Step, StepResult]]) -> str:
    """Return a Mermaid chart, which GitHub and GitLab render; empty for fewer than two jobs."""
    timed = [item for item in done if item[1].job.duration is not None][:_MAX_BARS]
    if len(timed) < 2:
        return ""
    lines = ["gantt", "    dateFormat YYYY-MM-DDTHH:mm:ss", "    axisFormat %H:%M"]
    product = ""
    for step, result in sorted(timed, key=lambda item: item[0].product):
        if step.product != product:
            product = step.product
            lines.append(f"    section {_escape_mermaid(product)}")
        created, finished = result.job.created_at, result.job.finished_at
        assert created is not None  # noqa: S101 - checked above
        assert finished is not None  # noqa: S101
        span = f"{_format_chart_time(created)}, {_format_chart_time(finished)}"
        lines.append(f"    {_escape_mermaid(str(step.configuration))} :done, {span}")
    chart = "\n".join(["```mermaid", *lines, "```"])
    return f"<details><summary>Timeline (UTC)</summary>\n\n{chart}\n\n</details>"


def _escape_mermaid(words: str) -> str:
    return re.sub(r"[^\w .()-]", "_", words)


def _format_chart_time(moment: datetime) -> str:
    return format_seconds(moment).removesuffix("Z")
