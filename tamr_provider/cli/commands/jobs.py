"""`tamr jobs`: the four calls of the Jobs API, and a wait."""

from __future__ import annotations

import json
import sys
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from tamr_provider.cli.context import open_client, project_options, tenant_settings
from tamr_provider.cli.output.printing import say, to_json
from tamr_provider.cli.signals import interrupts
from tamr_provider.errors import InputError, ResponseLostError, TamrError, WaitInterruptedError
from tamr_provider.models import FAILED, STOPPED, SUCCEEDED, Configuration, Job
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.reconciler.progress import JobProgress
    from tamr_provider.settings import Settings

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_STATES = ["PENDING", "RUNNING", "STOPPING", "DONE"]


@click.group()
def jobs() -> None:
    """Use the Jobs API by hand.

    The tenant is that of --stack, or without it that of TAMR_URL and TAMR_API_KEY.
    """


@jobs.command("list")
@project_options
@click.option("--filter", "filter_", default="", help="In Tamr's filter language.")
@click.option("--state", type=click.Choice(_STATES), help="Only jobs in this state.")
@click.option("--type", "type_", type=click.Choice(["load", "update", "publish"]))
@click.option("--active", is_flag=True, help="Only jobs that are not DONE.")
@click.option("--failed", is_flag=True, help="Only jobs that ended with an error.")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True)
@_as_json
def list_(  # noqa: PLR0913, PLR0917 - one parameter per option
    directory: Path,
    stack: str,
    filter_: str,
    state: str | None,
    type_: str | None,
    active: bool,
    failed: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List jobs, the newest first."""
    parts = [filter_, f"status.state = {state}" if state else ""]
    parts += [f"configuration:{type_}" if type_ else "", "status.state != DONE" if active else ""]
    parts += ["status:error" if failed else ""]
    wanted = " AND ".join(f"({part})" for part in parts if part)
    with open_client(tenant_settings(directory, stack)) as client:
        found = client.list_jobs(wanted, max_pages=-(-limit // 30))
    oldest = datetime.min.replace(tzinfo=timezone.utc)
    found.sort(key=lambda job: job.created_at or job.started_at or oldest, reverse=True)
    _print(found[:limit], as_json)


@jobs.command()
@project_options
@click.argument("job_id")
@_as_json
def get(directory: Path, stack: str, job_id: str, as_json: bool) -> None:
    """Show one job."""
    with open_client(tenant_settings(directory, stack)) as client:
        job = client.get_job(job_id)
    if as_json:
        say(to_json(_document(job)))
    else:
        say(_details(job))


@jobs.group()
def start() -> None:
    """Start a job, once, and print its id; waits for nothing.

    For a step that has to have run exactly once, use a stack file and `tamr up`.
    """


@start.command()
@project_options
@click.argument("source_id")
def load(directory: Path, stack: str, source_id: str) -> None:
    """Refresh a source."""
    _start(tenant_settings(directory, stack), Configuration.load(source_id))


@start.command()
@project_options
@click.argument("data_product_id")
def update(directory: Path, stack: str, data_product_id: str) -> None:
    """Run a data product."""
    _start(tenant_settings(directory, stack), Configuration.update(data_product_id))


@start.command()
@project_options
@click.argument("workflow_id")
def workflow(directory: Path, stack: str, workflow_id: str) -> None:
    """Run a RealTime workflow."""
    _start(tenant_settings(directory, stack), Configuration.workflow(workflow_id))


@start.command()
@project_options
@click.argument("destination_id")
@click.option("--data-product", default="", help="Leave out for legacy and RealTime destinations.")
def publish(directory: Path, stack: str, destination_id: str, data_product: str) -> None:
    """Publish to a destination, named by its id or its exact name."""
    _start(tenant_settings(directory, stack), Configuration.publish(destination_id, data_product))


@jobs.command()
@project_options
@click.argument("job_id")
def stop(directory: Path, stack: str, job_id: str) -> None:
    """Stop a job, wait until it is DONE, and say how it ended: it may still have succeeded."""
    settings = tenant_settings(directory, stack)

    def ask(client: JobsClient) -> None:
        before = client.get_job(job_id)
        if not before.is_active:
            say(f"{job_id} had ended before: {_ending(before)}")
            sys.exit(0)
        client.stop_job(job_id)
        say(f"asked {job_id} ({before.configuration}) to stop")

    job = _follow(settings, job_id, ask)
    say(f"{job_id} {_ending(job)}" + " all the same" * (job.outcome != STOPPED))


@jobs.command()
@project_options
@click.argument("job_id")
def watch(directory: Path, stack: str, job_id: str) -> None:
    """Wait until a job is DONE; exit with 0 if it succeeded, with 1 if not."""
    job = _follow(tenant_settings(directory, stack), job_id, lambda _: None)
    say(f"{job_id} {_ending(job)}")
    sys.exit(0 if job.outcome == SUCCEEDED else 1)


def _start(settings: Settings, configuration: Configuration) -> None:
    if not all(value.strip() for _, value in configuration.ids) or not configuration.ids:
        raise InputError("an id is empty; nothing was sent")
    with open_client(settings) as client:
        try:
            job = client.create_job(configuration)
        except ResponseLostError as error:
            look = "look before you try again: tamr jobs list --active"
            hint = f"it may have started all the same; {look}" if error.sent else "nothing was sent"
            raise TamrError(f"{error}; {hint}") from None
    say(job.id)


def _follow(settings: Settings, job_id: str, first: Callable[[JobsClient], None]) -> Job:
    """Return the job once it is DONE, saying each change of state."""
    from tamr_provider.cli.output.reporters import terminal_table
    from tamr_provider.clock import SystemClock
    from tamr_provider.reconciler.job_wait import wait_until_done

    over, clock = threading.Event(), SystemClock()
    with interrupts(lambda _: None, over), open_client(settings, over) as client:
        first(client)
        try:
            with terminal_table() as table:
                show = table.wait if table else _StateLogger()
                return wait_until_done(client, job_id, clock, over, settings.poll_seconds, show)
        except WaitInterruptedError:
            say(f"{job_id} goes on; to resume: tamr jobs watch {job_id}", err=True)
            sys.exit(WaitInterruptedError.exit_code)


class _StateLogger:
    """Prints a line per state of one job."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, wait: JobProgress) -> None:
        """Print a state that differs from the last."""
        job = wait.job
        if job.state != self._last:
            say(f"{job.id} {job.state} {wait} ({job.configuration})", err=True)
        self._last = job.state


def _ending(job: Job) -> str:
    words = {SUCCEEDED: "succeeded", STOPPED: "was stopped", FAILED: "failed"}[job.outcome]
    why = ": ".join(filter(None, (job.status.reason, job.status.message)))
    return f"{words} ({why})" if job.outcome == FAILED else words


def _print(found: list[Job], as_json: bool) -> None:
    if as_json:
        documents = [_document(job) for job in found]
        say(to_json(documents))
        return
    for job in found:
        created = format_timestamp(job.created_at) if job.created_at else "?"
        say(f"{job.id}  {created}  {_state(job):<10}  {job.configuration}")
    if not found:
        say("no jobs")


def _details(job: Job) -> str:
    lines = [f"{job.id}  {_state(job)}  {json.dumps(job.configuration.to_wire())}"]
    moments = {"created": job.created_at, "started": job.started_at, "finished": job.finished_at}
    lines += [
        f"  {name:<8} {format_timestamp(at)}" for name, at in moments.items() if at is not None
    ]
    if job.created_at is not None and job.finished_at is not None:
        lines.append(f"  took     {format_duration(job.finished_at - job.created_at)}")
    if job.outcome in (FAILED, STOPPED):
        lines.append(f"  reason   {job.status.reason}: {job.status.message}")
    return "\n".join(lines)


def _state(job: Job) -> str:
    return job.outcome or job.state or "UNKNOWN"


def _document(job: Job) -> dict[str, Any]:
    times = {
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "finishedAt": job.finished_at,
    }
    return {
        "jobId": job.id,
        "configuration": job.configuration.to_wire(),
        "state": job.state,
        "outcome": job.outcome or None,
        **{name: format_timestamp(at) if at else None for name, at in times.items()},
        "reason": job.status.reason or None,
        "message": job.status.message or None,
    }
