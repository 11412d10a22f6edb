"""`tamr jobs`: the calls of the Jobs API, and a wait."""

from __future__ import annotations

import shlex
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import (
    CLOCK,
    json_option,
    open_client,
    products_by_configuration,
    project_options,
    tenant_settings,
)
from tamr_provider.cli.output import jobs_output
from tamr_provider.cli.output.printing import format_json, say
from tamr_provider.cli.signals import on_interrupt
from tamr_provider.cli.time_option import TIME
from tamr_provider.cli.usage_errors import CommandGroup
from tamr_provider.errors import WaitInterruptedError
from tamr_provider.models import STOPPED, SUCCEEDED, Configuration, Job
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tamr_provider.client.jobs import JobsClient

_STATES = ["PENDING", "RUNNING", "STOPPING", "DONE"]


@click.group(cls=CommandGroup)
def jobs() -> None:
    """Call the Jobs API by hand.

    Uses the tenant of --stack, or without it that of TAMR_URL and TAMR_API_KEY.
    """


@jobs.command("list")
@project_options
@click.option(
    "--filter",
    "filter_",
    default="",
    metavar="FILTER",
    help="A filter in Tamr's filter language, for example: configuration:load.",
)
@click.option("--state", type=click.Choice(_STATES), help="Show only jobs in this state.")
@click.option(
    "--type",
    "type_",
    type=click.Choice(["load", "update", "publish"]),
    help="Show only jobs of this type.",
)
@click.option("--active", is_flag=True, help="Show only jobs that are not DONE.")
@click.option("--failed", is_flag=True, help="Show only jobs that ended with an error.")
@click.option(
    "--since",
    type=TIME,
    metavar="TIME",
    help="Show only jobs created since then: 2h, yesterday or 2026-11-20.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    metavar="COUNT",
    help="Maximum number of jobs.",
)
@json_option
def list_(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path,
    stack: str,
    filter_: str,
    state: str | None,
    type_: str | None,
    active: bool,
    failed: bool,
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """List jobs, newest first.

    With --stack, each job is shown with the products that its step belongs to.
    """
    from tamr_provider.client.manual_jobs import list_newest

    filters = [filter_, f"status.state = {state}" if state else ""]
    filters += [f"configuration:{type_}" if type_ else ""]
    filters += ["status.state != DONE" if active else "", "status:error" if failed else ""]
    filters += [f'NOT create_time() < "{format_timestamp(since)}"' if since else ""]
    with open_client(tenant_settings(directory, stack), only_reads=True) as client:
        found = list_newest(client, filters, limit)
    if as_json:
        say(format_json([jobs_output.to_json(job) for job in found]))
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    products = products_by_configuration(directory, stack)
    say(jobs_output.format_jobs_text(found, products, CLOCK.now(), width))


@jobs.command()
@project_options
@click.argument("job_id")
@json_option
def get(directory: Path, stack: str, job_id: str, as_json: bool) -> None:
    """Show one job."""
    from tamr_provider.client.manual_jobs import find_job

    with open_client(tenant_settings(directory, stack), only_reads=True) as client:
        job = find_job(client, job_id)
    if as_json:
        say(format_json(jobs_output.to_json(job)))
        return
    products = products_by_configuration(directory, stack)
    say(jobs_output.format_job_text(job, products, CLOCK.now()))


@jobs.group(cls=CommandGroup)
def start() -> None:
    """Start a job without waiting.

    The output is the ID alone, and the next command goes to stderr. To run a step exactly once, use
    a stack file and `tamr up`.
    """


@start.command()
@project_options
@click.argument("source_id")
def load(directory: Path, stack: str, source_id: str) -> None:
    """Refresh a source."""
    _start(directory, stack, Configuration.load(source_id))


@start.command()
@project_options
@click.argument("data_product_id")
def update(directory: Path, stack: str, data_product_id: str) -> None:
    """Run a data product."""
    _start(directory, stack, Configuration.update(data_product_id))


@start.command()
@project_options
@click.argument("workflow_id")
def workflow(directory: Path, stack: str, workflow_id: str) -> None:
    """Run a RealTime workflow."""
    _start(directory, stack, Configuration.workflow(workflow_id))


@start.command()
@project_options
@click.argument("destination_id")
@click.option("--data-product", default="", help="Omit for legacy and RealTime destinations.")
def publish(directory: Path, stack: str, destination_id: str, data_product: str) -> None:
    """Publish to a destination, by its ID or its exact name."""
    _start(directory, stack, Configuration.publish(destination_id, data_product))


def _start(directory: Path, stack: str, configuration: Configuration) -> None:
    from tamr_provider.client.manual_jobs import start_job

    with open_client(tenant_settings(directory, stack)) as client:
        job_id = start_job(client, configuration).id
    say(job_id)
    say(f"To watch it, run: {_watch_command(directory, stack, job_id)}", err=True)


def _watch_command(directory: Path, stack: str, job_id: str) -> str:
    inside = ["-C", str(directory)] if directory != Path() else []
    options = [*inside, *(["--stack", stack] if stack else [])]
    return shlex.join(["tamr", "jobs", "watch", job_id, *options])


@jobs.command()
@project_options
@click.argument("job_id")
def stop(directory: Path, stack: str, job_id: str) -> None:
    """Stop a job, wait for its end, and say what it was.

    A job may succeed or fail before it can be stopped.
    """
    from tamr_provider.client.manual_jobs import find_job

    def request_stop(client: JobsClient) -> None:
        job = find_job(client, job_id)
        if not job.is_active:
            say(f"{job_id} had already finished: {jobs_output.format_outcome(job)}")
            sys.exit(0)
        client.stop_job(job_id)
        say(f"requested a stop of {job_id} ({job.configuration})")

    job = _follow(directory, stack, job_id, request_stop)
    early = "" if job.outcome == STOPPED else " before it could be stopped"
    say(f"{job_id} {jobs_output.format_outcome(job)}{early}")


@jobs.command()
@project_options
@click.argument("job_id")
def watch(directory: Path, stack: str, job_id: str) -> None:
    """Wait until a job is DONE.

    Exits with 0 if it succeeded, with 1 if it failed or was stopped, and with 75 if the wait was
    interrupted.
    """
    from tamr_provider.client.manual_jobs import find_job

    job = _follow(directory, stack, job_id, lambda client: find_job(client, job_id))
    say(f"{job_id} {jobs_output.format_outcome(job)}")
    sys.exit(0 if job.outcome == SUCCEEDED else 1)


def _follow(directory: Path, stack: str, job_id: str, first: Callable[[JobsClient], object]) -> Job:
    """Return the job once it is DONE, and show its progress."""
    from tamr_provider.cli.output.job_display import job_display
    from tamr_provider.reconciler.polling import wait_until_done

    settings, over = tenant_settings(directory, stack), threading.Event()
    with on_interrupt(lambda _: None, over), open_client(settings, over) as client:
        first(client)
        try:
            with job_display(CLOCK) as display:
                show = display.show if display else jobs_output.StateLogger()
                return wait_until_done(client, job_id, CLOCK, over, settings.poll_seconds, show)
        except WaitInterruptedError:
            resume = _watch_command(directory, stack, job_id)
            say(f"{job_id} is still running. To keep watching, run: {resume}", err=True)
            sys.exit(WaitInterruptedError.exit_code)
