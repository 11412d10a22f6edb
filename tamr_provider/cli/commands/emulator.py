"""`tamr emulator`."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.cli.signals import wait_for
from tamr_provider.cli.usage_errors import InvalidUsageError
from tamr_provider.errors import TamrError

if TYPE_CHECKING:
    from datetime import timedelta

    from tamr_provider.emulator import Options

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 selects a free one.",
)
@click.option(
    "--key",
    metavar="KEY",
    envvar="TAMR_EMULATOR_KEY",
    show_envvar=True,
    help="Accept only this API key. By default any key is accepted.",
)
@click.option(
    "--slots",
    default=5,
    show_default=True,
    type=click.IntRange(0),
    help="Maximum number of concurrent jobs.",
)
@click.option(
    "--load",
    default="20m",
    show_default=True,
    metavar="DURATION",
    help="Duration of a load.",
)
@click.option(
    "--update",
    default="45m",
    show_default=True,
    metavar="DURATION",
    help="Duration of an update.",
)
@click.option(
    "--publish",
    default="10m",
    show_default=True,
    metavar="DURATION",
    help="Duration of a publish.",
)
@click.option(
    "--pending",
    default="5s",
    show_default=True,
    metavar="DURATION",
    help="Time for which a job is PENDING.",
)
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 100_000, min_open=True),
    callback=lambda _, __, value: _refuse_nan(value),
    help="Speed of the tenant's time as a multiple of real time.",
)
@click.option(
    "--unset",
    default="absent",
    show_default=True,
    type=click.Choice(["absent", "null", "empty"]),
    help="How responses represent unset fields.",
)
@click.option("--state", type=_FILE, help="File that keeps the jobs across restarts.")
@click.option(
    "--faults", type=_FILE, help="JSON file with job failures and faulty responses to inject."
)
@click.option(
    "--seed",
    type=click.Choice(["month"]),
    help="Start a new tenant with a month of history: successes, failures, stops, other people's "
    "jobs. Its IDs are those of `tamr init` and of the example stacks.",
)
def emulator(port: int, **given: Any) -> None:
    """Run a Tamr tenant on this machine.

    Runs until Ctrl-C. The first line printed is its URL. URL/_emulator/record shows the requests
    it received and the true state of its jobs.
    """
    from tamr_provider.emulator import Emulator
    from tamr_provider.emulator.fault_file import FaultFileError
    from tamr_provider.emulator.lock import state_lock
    from tamr_provider.emulator.server import PortTakenError, Server
    from tamr_provider.emulator.store import StoreError

    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(state_lock(given["state"]))
            server = stack.enter_context(Server(Emulator(_read_options(given), log=_log), port))
        except (FaultFileError, PortTakenError, StoreError) as error:
            raise InvalidUsageError(str(error)) from None
        key = "<the key>" if given["key"] else "anything"
        _log(f"To use it, set TAMR_URL={server.url} and TAMR_API_KEY={key}. Press Ctrl-C to stop.")
        say(server.url)  # Last: a program that reads it sends requests immediately.
        wait_for(over)


def _refuse_nan(speed: float) -> float:
    if math.isnan(speed):  # NaN passes every range check.
        raise click.BadParameter("expected a number, got nan")
    return speed


def _read_options(given: dict[str, Any]) -> Options:
    from tamr_provider.emulator import Options
    from tamr_provider.emulator.fault_file import load_fault_file
    from tamr_provider.emulator.fault_rules import FaultRules

    return Options(
        slots=given["slots"],
        durations={name: _read_duration(given, name) for name in ("load", "update", "publish")},
        pending=_read_duration(given, "pending"),
        unset=given["unset"],
        speed=given["speed"],
        key=given["key"] or None,
        fault_rules=load_fault_file(given["faults"]) if given["faults"] else FaultRules(),
        state=given["state"],
        seed=given["seed"],
    )


def _read_duration(given: dict[str, Any], name: str) -> timedelta:
    from tamr_provider.emulator.duration import parse_duration

    try:
        return parse_duration(given[name])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"--{name}") from None


def _log(line: str) -> None:
    with contextlib.suppress(OSError, TamrError):  # stderr was closed; the emulator continues.
        say(line, err=True)
