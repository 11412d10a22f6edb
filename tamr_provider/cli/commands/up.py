"""`tamr up`."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import CLOCK, project_options, read_stack
from tamr_provider.cli.output.printing import say
from tamr_provider.cli.signals import on_interrupt, wait_for
from tamr_provider.errors import InputError, NotFinishedError, TamrError
from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tamr_provider.cli.output.run_report import Report
    from tamr_provider.environments.stack import Stack
    from tamr_provider.reconciler.reconciler import Reconciler
    from tamr_provider.reconciler.stack_run import StackRun

_GRACE_SECONDS = 3.0  # Grace period for the in-flight request, so that its job can be named.
_MAX_IDLE = 5  # Steps without a job that are listed one by one.


@click.command()
@project_options
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a report of the run to this file, as Markdown.",
)
def up(directory: Path, stack: str, report_file: Path | None) -> None:
    """Reconcile the tenant with the stack file.

    Launches what is missing and waits for it. Steps that are satisfied are left alone. Ctrl-C
    stops the wait, not the jobs; to resume, run it again.
    """
    from tamr_provider.environments.stack import refuse_problems

    started_at = CLOCK.now()
    report = _start_report(report_file, stack, started_at) if report_file else None
    try:
        opened = read_stack(directory, stack)
        refuse_problems(opened.file.sinces.values())
    except TamrError as error:
        if report:
            with _warn_unwritable(report_file):
                report.fail(str(error))
        raise
    run = _run(opened)
    for problem in _list_problems(run):
        say(f"error: {visible(problem)}", err=True)
    summary = _summarize(run)
    try:
        say(summary + (f". To resume, run: {opened.resume}" if run.is_unfinished else ""))
    finally:
        if report:
            with _warn_unwritable(report_file):
                report.end(run, summary, opened.settings.url, started_at, CLOCK.now())
    sys.exit(run.exit_code)


def _start_report(path: Path, stack: str, now: datetime) -> Report:
    from tamr_provider.cli.output.run_report import Report

    report = Report(path, stack)
    try:
        report.start(now)
    except OSError as error:
        raise InputError(f"--report: cannot write {path}: {error.strerror}") from None
    return report


@contextmanager
def _warn_unwritable(path: Path | None) -> Iterator[None]:
    """Warn if the report cannot be written, so that the run's own ending is still shown."""
    try:
        yield
    except OSError as error:
        say(f"warning: --report: cannot write {path}: {error.strerror}", err=True)


def _run(stack: Stack) -> StackRun:
    from tamr_provider.cli.output.reporters import make_reporter
    from tamr_provider.decision.steps import pipeline_steps
    from tamr_provider.environments.promotion import promotion_gate
    from tamr_provider.reconciler.reconciler import make_reconciler
    from tamr_provider.reconciler.stack_run import StackRun
    from tamr_provider.stackfile.since.origin import find_clock_warning

    settings, products = stack.settings, stack.file.products
    with (
        make_reporter(pipeline_steps(products), CLOCK) as observer,
        closing(make_reconciler(settings, observer, stack.resume)) as reconciler,
    ):
        gate = promotion_gate(stack, os.environ, CLOCK)
        run = StackRun(reconciler, products, settings.slots, stack.name, gate)
        run.start()
        hand_over = settings.hand_over_after
        _wait(reconciler, hand_over.total_seconds() if hand_over else None)
        tenant, here = reconciler.tenant_time, CLOCK.now()
    if warning := find_clock_warning(stack.file.sinces.values(), tenant, here):
        say(f"warning: {warning}", err=True)
    return run


def _wait(reconciler: Reconciler, hand_over: float | None) -> None:
    """Run in a thread of its own, so that a signal is handled during a request."""
    from tamr_provider.reconciler.reconciler import TIME_LIMIT_REACHED

    over = threading.Event()

    def work_through() -> None:
        reconciler.run()
        over.set()

    work = threading.Thread(target=work_through, daemon=True)
    with on_interrupt(reconciler.interrupt, over):
        work.start()
        if not wait_for(over, hand_over):
            reconciler.interrupt(TIME_LIMIT_REACHED)
        work.join(_GRACE_SECONDS)
    reconciler.fail_pending()


def _list_problems(run: StackRun) -> list[str]:
    """Return each error once; many steps without a job are only counted."""
    errors = run.errors.values()
    idle = [error for error in errors if isinstance(error, NotFinishedError) and not error.job_id]
    if len(idle) <= _MAX_IDLE:
        return list(dict.fromkeys(map(str, errors)))
    others = dict.fromkeys(str(error) for error in errors if error not in idle)
    return [*others, f"{len(idle)} more steps did not finish. None of them had a running job"]


def _summarize(run: StackRun) -> str:
    parts = [f"{count} {origin}" for origin, count in run.counts().items() if count]
    return f"{run.satisfied} of {run.total} steps satisfied ({', '.join(parts) or 'none'})"
