"""`tamr up`."""

from __future__ import annotations

import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import guard, project_options, read_stack_to_run
from tamr_provider.cli.output.printing import say
from tamr_provider.cli.signals import interrupts, wait_for
from tamr_provider.errors import InputError, NotFinishedError, TamrError
from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tamr_provider.cli.context import Stack
    from tamr_provider.cli.output.run_report import Report
    from tamr_provider.reconciler.reconciler import Reconciler
    from tamr_provider.reconciler.stack_run import StackRun

_GRACE_SECONDS = 3.0  # for the request under way to be answered, so that its job can be named

_FEW = 5  # steps without a job that are told one by one


@click.command()
@project_options
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what the run did as Markdown, however it ends.",
)
def up(directory: Path, stack: str, report_file: Path | None) -> None:
    """Make the tenant hold what the stack file says.

    Launches what is missing, waits for what runs, leaves alone what is done. Ctrl-C stops the
    waiting and nothing else; running it again goes on from there.
    """
    from tamr_provider.clock import SystemClock

    began = SystemClock().now()
    report = _begin(report_file, stack, began) if report_file else None
    try:
        wanted = read_stack_to_run(directory, stack)
    except TamrError as error:
        if report:
            with _reported(report_file):
                report.fail(str(error))
        raise
    run = _run(wanted)
    for problem in _problems(run):
        say(f"error: {visible(problem)}", err=True)
    summary = _summary(run)
    try:
        say(summary + (f"; to resume: {wanted.resume}" if run.is_unfinished else ""))
    finally:
        if report:
            with _reported(report_file):
                report.end(run, summary, wanted.settings.url, began, SystemClock().now())
    sys.exit(run.exit_code)


def _begin(path: Path, stack: str, now: datetime) -> Report:
    from tamr_provider.cli.output.run_report import Report

    report = Report(path, stack)
    try:
        report.begin(now)
    except OSError as error:
        raise InputError(f"--report: {path} cannot be written: {error.strerror}") from None
    return report


@contextmanager
def _reported(path: Path | None) -> Iterator[None]:
    """Say what keeps the report from being written: it never hides how the run ended."""
    try:
        yield
    except OSError as error:
        say(f"warning: --report: {path} cannot be written: {error.strerror}", err=True)


def _run(stack: Stack) -> StackRun:
    from tamr_provider.cli.output.reporters import make_reporter
    from tamr_provider.clock import SystemClock
    from tamr_provider.decision.steps import pipeline_steps
    from tamr_provider.reconciler.factory import make_reconciler
    from tamr_provider.reconciler.stack_run import StackRun
    from tamr_provider.stackfile.since.origin import clock_warning

    settings = stack.settings
    with (
        make_reporter(pipeline_steps(stack.file.products)) as observer,
        closing(make_reconciler(settings, observer, stack.resume)) as reconciler,
    ):
        run = StackRun(reconciler, stack.file.products, settings.slots, stack.name, guard(stack))
        run.start()
        hand_over = settings.hand_over_after
        _wait(reconciler, hand_over.total_seconds() if hand_over else None)
        tenant, here = reconciler.tenant_time, SystemClock().now()
    if warning := clock_warning(stack.file.sinces.values(), tenant, here):
        say(f"warning: {warning}", err=True)
    return run


def _wait(reconciler: Reconciler, hand_over: float | None) -> None:
    """Reconcile on another thread, so that a signal is handled during a request."""
    from tamr_provider.reconciler.reconciler import TIME_LIMIT_REACHED

    over = threading.Event()

    def work_through() -> None:
        reconciler.run()
        over.set()

    work = threading.Thread(target=work_through, daemon=True)
    with interrupts(reconciler.interrupt, over):
        work.start()
        if not wait_for(over, hand_over):
            reconciler.interrupt(TIME_LIMIT_REACHED)
        work.join(_GRACE_SECONDS)
    reconciler.fail_pending()


def _problems(run: StackRun) -> list[str]:
    """Return what went wrong, each once; of many steps that had no job yet only how many."""
    idle = [
        error
        for error in run.errors.values()
        if isinstance(error, NotFinishedError) and not error.job_id
    ]
    if len(idle) <= _FEW:
        return list(dict.fromkeys(str(error) for error in run.errors.values()))
    told = dict.fromkeys(str(error) for error in run.errors.values() if error not in idle)
    return [*told, f"{len(idle)} more steps are not finished; no job of theirs was running"]


def _summary(run: StackRun) -> str:
    counts = run.counts()
    parts = [f"{count} {how}" for how, count in counts.items() if count]
    return f"{run.satisfied} of {run.total} steps satisfied ({', '.join(parts) or 'none'})"
