"""A report of a run as Markdown for a job summary, written when it starts and when it ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tamr_provider.atomic_write import is_stream, write_file
from tamr_provider.cli.output.markdown import Table, code, escape, format_page
from tamr_provider.cli.output.run_summary import describe_stop, summarize_run
from tamr_provider.cli.output.state_text import count, format_host
from tamr_provider.decision.states import State
from tamr_provider.reconciler.pending import Origin
from tamr_provider.timestamps import format_duration, format_minute, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tamr_provider.cli.output.run_summary import RunEnd
    from tamr_provider.planning.product_state import ProductState, StepState
    from tamr_provider.reconciler.pending import StepResult

_MAX_BARS = 100  # Mermaid rejects charts of more than 50,000 characters.
_MAX_QUOTES = 20  # The table below has all of them.
_PRODUCTS = ("", "product", "state")
_JOBS = ("product", "step", "job", "origin", "created", "duration")
_STEPS = ("", "product", "step", "state", "reason")
_PROBLEMS = (State.FAILED, State.HOLD)

_Done = list[tuple["StepState", "StepResult"]]


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

    def end(self, end: RunEnd, started_at: datetime, now: datetime) -> None:
        """Write what needs the reader, how each product stands, and the jobs of the run."""
        span = f"from {format_minute(started_at)} to {format_minute(now)}"
        head = [
            self._title,
            f"**{escape(summarize_run(end))}**",
            f"On {escape(format_host(end.url))}, {span}.",
            *_format_stop(end),
            *_format_problems(end),
        ]
        results = [
            (step, result)
            for step in end.state.steps
            if (result := end.state.results.get((step.planned.step.product, step.name)))
        ]
        done = [item for item in results if item[1].origin is not Origin.EXISTING]
        found = [item for item in results if item[1].origin is Origin.EXISTING]
        left = [step for step in end.state.steps if step.state is not State.SATISFIED]
        tables = [
            Table(_PRODUCTS, [_format_product(product) for product in end.state.products]),
            Table(_JOBS, [_format_row(step, result) for step, result in done]),
            Table(
                _STEPS, list(map(_format_step, left)), f"{count(len(left), 'step')} not satisfied"
            ),
            Table(
                _JOBS[:3],
                [_format_row(*item)[:3] for item in found],
                f"{count(len(found), 'step')} already satisfied",
            ),
        ]
        self._write([*head, _make_chart(done)], tables)

    def _write(self, head: list[str], tables: list[Table]) -> None:
        write_file(self._path, format_page(head, tables) + "\n")


def _format_stop(end: RunEnd) -> Iterator[str]:
    if texts := describe_stop(end):
        yield " ".join(map(escape, texts))


def _format_problems(end: RunEnd) -> Iterator[str]:
    """Yield the products that need the reader, with the command; without a poll, the errors."""
    if end.state.polled_at is None:
        for problem in dict.fromkeys(map(str, end.run.errors.values())):
            yield f"> {escape(problem)}"
        return
    bad = [product for product in end.state.products if product.state in _PROBLEMS]
    for product in bad[:_MAX_QUOTES]:
        words = product.state.product_words.capitalize()
        job = product.urgent_step.job_id if product.urgent_step else ""
        link = f" ({code(job)})" if job else ""
        command = f" {code(product.next_command)}" if product.next_command else ""
        reason = escape(product.reason.rstrip("."))
        yield f"> **{words}: {escape(product.name)}.** {reason}{link}.{command}"


def _format_product(product: ProductState) -> tuple[str, ...]:
    since = product.satisfied_since
    at = f" at {format_minute(since)}" if since is not None else ""
    return product.state.symbol, product.name, f"{product.state.product_words}{at}"


def _format_step(step: StepState) -> tuple[str, ...]:
    product = step.planned.step.product
    return step.state.symbol, product, step.name, step.state.step_words, step.full_reason


def _format_row(step: StepState, result: StepResult) -> tuple[str, ...]:
    job = result.job
    created = format_minute(job.created_at) if job.created_at else "?"
    duration = format_duration(job.duration) if job.duration is not None else "?"
    return step.planned.step.product, step.name, job.id, result.origin.value, created, duration


def _make_chart(done: _Done) -> str:
    """Return a Mermaid chart, which GitHub and GitLab render; empty for fewer than two jobs."""
    timed = [item for item in done if item[1].job.duration is not None][:_MAX_BARS]
    if len(timed) < 2:
        return ""
    lines = ["gantt", "    dateFormat YYYY-MM-DDTHH:mm:ss", "    axisFormat %H:%M"]
    product = ""
    for step, result in timed:
        if step.planned.step.product != product:
            product = step.planned.step.product
            lines.append(f"    section {_escape_mermaid(product)}")
        created, finished = result.job.created_at, result.job.finished_at
        assert created is not None  # noqa: S101 - checked above
        assert finished is not None  # noqa: S101
        span = f"{_format_chart_time(created)}, {_format_chart_time(finished)}"
        lines.append(f"    {_escape_mermaid(step.name)} :done, {span}")
    chart = "\n".join(["```mermaid", *lines, "```"])
    return f"<details><summary>Timeline (UTC)</summary>\n\n{chart}\n\n</details>"


def _escape_mermaid(words: str) -> str:
    return re.sub(r"[^\w .()-]", "_", words)


def _format_chart_time(moment: datetime) -> str:
    return format_seconds(moment).removesuffix("Z")
