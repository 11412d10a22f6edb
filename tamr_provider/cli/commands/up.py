"""`tamr up`."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import (
    CLOCK,
    open_client,
    products_argument,
    project_options,
    read_stack,
)
from tamr_provider.cli.output.printing import (
    annotate,
    ask,
    is_github,
    is_terminal,
    say,
    say_lines,
    terminal_width,
)
from tamr_provider.cli.output.styled import wrap
from tamr_provider.cli.signals import on_interrupt, wait_for
from tamr_provider.errors import InputError, TamrError
from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tamr_provider.cli.output.run_report import Report
    from tamr_provider.cli.output.run_summary import RunEnd
    from tamr_provider.environments.stack import Stack
    from tamr_provider.reconciler.reconciler import Reconciler

_GRACE_SECONDS = 3.0  # Grace period for the in-flight request, so that its job can be named.
_NOT_FINISHED = 75


@click.command()
@project_options
@products_argument
@click.option("--yes", is_flag=True, help="Launch without asking. Only a terminal asks.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a report of the run to this file, as Markdown.",
)
def up(
    directory: Path, stack: str, products: tuple[str, ...], yes: bool, report_file: Path | None
) -> None:
    """Reconcile the tenant with the stack file.

    Launches what is missing and waits for it, with PRODUCTS only for those. Steps that are
    satisfied are left alone. On a terminal it shows the plan and asks first. Ctrl-C stops the
    wait, not the jobs; to resume, run it again.
    """
    from tamr_provider.environments.stack import refuse_problems

    started_at = CLOCK.now()
    report = _start_report(report_file, stack, started_at) if report_file else None
    try:
        opened = read_stack(directory, stack).select(products)
        refuse_problems(opened.file.sinces.values())
        is_wanted = yes or not _can_ask() or _confirm(opened)
    except TamrError as error:
        if report:
            with _warn_unwritable(report_file):
                report.fail(str(error))
        raise
    if not is_wanted:
        say("Nothing was launched.")
        sys.exit(_NOT_FINISHED)
    end = _run(opened)
    try:
        _show_end(end)
    finally:
        if report:
            with _warn_unwritable(report_file):
                report.end(end, started_at, CLOCK.now())
    sys.exit(end.run.exit_code)


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


def _can_ask() -> bool:
    return is_terminal() and sys.stdin.isatty()


def _confirm(stack: Stack) -> bool:
    """Show the plan, and ask if it would launch a job."""
    from tamr_provider.cli.output.plan_output import format_plan_text
    from tamr_provider.cli.output.state_text import count, format_host
    from tamr_provider.environments.stack_plan import plan_stack

    with open_client(stack.settings) as client:
        made = plan_stack(stack, client, os.environ, CLOCK)
    if not made.plan.launches:
        return True
    say_lines(format_plan_text(made, terminal_width(), shows_steps=False))
    jobs = count(made.plan.launches, "job")
    return ask(f"Launch {jobs} on {format_host(made.url)}?")


def _run(stack: Stack) -> RunEnd:
    from tamr_provider.cli.output.reporters import make_reporter
    from tamr_provider.cli.output.run_summary import RunEnd
    from tamr_provider.decision.steps import pipeline_phases
    from tamr_provider.environments.promotion import promotion_gate
    from tamr_provider.environments.run_progress import RunProgress
    from tamr_provider.reconciler.reconciler import make_reconciler
    from tamr_provider.reconciler.stack_run import StackRun
    from tamr_provider.stackfile.since.origin import find_clock_warning

    settings, products = stack.settings, stack.file.products
    phases = {
        name: pipeline_phases(name, product, stack.name) for name, product in products.items()
    }
    progress = RunProgress(phases, stack.name, stack.resume)
    started_at = CLOCK.monotonic()
    with (
        make_reporter(progress, stack.name, CLOCK) as observer,
        closing(make_reconciler(settings, observer, stack.resume)) as reconciler,
    ):
        gate = promotion_gate(stack, os.environ, CLOCK)
        run = StackRun(reconciler, products, settings.slots, stack.name, gate)
        run.start()
        hand_over = settings.hand_over_after
        _wait(reconciler, hand_over.total_seconds() if hand_over else None)
        tenant, here = reconciler.tenant_time, CLOCK.now()
    for text in observer.unprinted_warnings:
        say(f"warning: {text}")
    if warning := find_clock_warning(stack.file.sinces.values(), tenant, here):
        say(f"warning: {warning}", err=True)
    elapsed = timedelta(seconds=CLOCK.monotonic() - started_at)
    return RunEnd(run, progress.state(), stack.name, settings.url, stack.resume, elapsed)


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


def _show_end(end: RunEnd) -> None:
    """Print the jobs of the run, what needs the reader, and the totals or how to resume."""
    from tamr_provider.cli.output.run_summary import describe_stop, format_record, summarize_run

    if width := terminal_width():
        say_lines(format_record(end, width))
    _show_problems(end)
    stop = describe_stop(end)
    say_lines(wrap(stop[0] if stop else summarize_run(end), 0, width))
    for command in stop[1:]:
        say(command)


def _show_problems(end: RunEnd) -> None:
    """Print errors to stderr, as blocks on a terminal, and holds that end by themselves."""
    from tamr_provider.cli.output.run_summary import format_problems, list_problems

    if is_terminal(err=True) and end.state.polled_at is not None:
        say_lines(format_problems(end, terminal_width(err=True)), err=True)
        return
    for step, error in list_problems(end.run):
        is_error = error.exit_code != _NOT_FINISHED
        text = visible("; ".join(str(error).splitlines()))
        if is_github():
            annotate(str(step), text, "error" if is_error else "warning")
        elif is_error:
            say(f"error: {text}", err=True)
        else:
            say(text)
