"""What a run did as Markdown for a pull request, written before it starts and when it ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tamr_provider.atomic_write import is_stream, write_file
from tamr_provider.cli.output.markdown import Markup, Table, code, escape, page
from tamr_provider.errors import HeldError, NotFinishedError
from tamr_provider.reconciler.pending import Origin
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tamr_provider.decision.steps import Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.stack_run import StackRun

_MOST_BARS = 100  # a longer chart helps nobody, and Mermaid refuses text of 50,000 characters


class Report:
    """A file that always tells the truth about the run: it says so while the run has not ended."""

    def __init__(self, path: Path, stack: str) -> None:
        self._path, self._title = path, f"### `tamr up` of {code(stack)}"

    def begin(self, now: datetime) -> None:
        """Say that a run is under way, for whoever finds the file after a kill.

        A pipe or a device cannot be written again, so it gets only the end.
        """
        if is_stream(self._path):
            return
        text = f"Began at {_moment(now)} and had not ended when this was written."
        kill = "If it was killed, the next run goes on from there."
        self._write([self._title, text, kill], [])

    def fail(self, why: str) -> None:
        """Say why nothing was begun."""
        self._write([self._title, f"**Nothing was done.** {escape(why)}"], [])

    def end(self, run: StackRun, summary: str, url: str, began: datetime, now: datetime) -> None:
        """Say how every step ended."""
        span = f"from {_moment(began)} to {_moment(now)}"
        took = f"On {escape(url)}, {span}: {format_duration(now - began)}."
        problems = dict.fromkeys(str(error) for error in run.errors.values())
        done = [
            (step, result)
            for step, result in run.results.items()
            if result.origin != Origin.EXISTING
        ]
        found = [
            (step, result)
            for step, result in run.results.items()
            if result.origin == Origin.EXISTING
        ]
        tables = [
            Table(("product", "step", "state", "why"), list(_not_done(run))),
            Table(_COLUMNS, [_cells(*each) for each in done]),
            Table(_COLUMNS[:3], [_cells(*each)[:3] for each in found], _found(len(found))),
        ]
        head = [self._title, f"**{escape(summary)}**", took]
        head += [f"> {escape(problem)}" for problem in list(problems)[:_MOST_PROBLEMS]]
        self._write([*head, _chart(done)], tables)

    def _write(self, head: list[str], tables: list[Table]) -> None:
        write_file(self._path, page(head, tables) + "\n")


_COLUMNS = ("product", "step", "job", "how", "created", "took")
_MOST_PROBLEMS = 20  # the table below has them all


def _found(count: int) -> str:
    return f"{count} step{'s' * (count != 1)} that needed nothing"


def _not_done(run: StackRun) -> Iterator[tuple[str, ...]]:
    errors = {_key(step): error for step, error in run.errors.items()}
    done = {_key(step) for step in run.results}
    for parts in run.plan.values():
        for step in (each for part in parts for each in part):
            if _key(step) not in done:
                error = errors.get(_key(step))
                why = str(error) if error else "the steps before it are not done"
                yield (*_key(step), _state(error), why)


def _state(error: Exception | None) -> str:
    kinds: dict[type, str] = {HeldError: "held", NotFinishedError: "not finished"}
    return kinds.get(type(error), Markup("**failed**")) if error else "not begun"


def _key(step: Step) -> tuple[str, str]:
    return step.product, str(step.configuration)


def _cells(step: Step, result: StepResult) -> tuple[str, ...]:
    job = result.job
    created = _moment(job.created_at) if job.created_at else "?"
    took = format_duration(job.finished_at - job.created_at) if _times(result) else "?"  # type: ignore[operator]
    return (*_key(step), job.id, result.origin, created, took)


def _times(result: StepResult) -> bool:
    return result.job.created_at is not None and result.job.finished_at is not None


def _chart(done: list[tuple[Step, StepResult]]) -> str:
    """Return a Mermaid chart, which GitHub and GitLab draw as a picture; empty for one job."""
    timed = [each for each in done if _times(each[1])][:_MOST_BARS]
    if len(timed) < 2:
        return ""
    lines = ["gantt", "    dateFormat YYYY-MM-DDTHH:mm:ss", "    axisFormat %H:%M"]
    product = ""
    for step, result in sorted(timed, key=lambda each: each[0].product):
        if step.product != product:
            product = step.product
            lines.append(f"    section {_plain(product)}")
        created, finished = result.job.created_at, result.job.finished_at
        assert created is not None  # noqa: S101 - asked above
        assert finished is not None  # noqa: S101
        lines.append(
            f"    {_plain(str(step.configuration))} :done, {_second(created)}, {_second(finished)}"
        )
    chart = "\n".join(["```mermaid", *lines, "```"])
    return f"<details><summary>Timeline (UTC)</summary>\n\n{chart}\n\n</details>"


def _plain(words: str) -> str:
    """Return words without the signs that mean something in a chart."""
    return re.sub(r"[^\w .()-]", "_", words)


def _second(moment: datetime) -> str:
    return format_timestamp(moment.replace(microsecond=0)).removesuffix("Z")


def _moment(moment: datetime) -> str:
    return format_timestamp(moment.replace(microsecond=0))
