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
from tamr_provider.errors import TamrError

if TYPE_CHECKING:
    from datetime import timedelta

    from tamr_provider.emulator import Options
    from tamr_provider.emulator.fault_rules import FaultRules

_FILE = click.Path(dir_okay=False, path_type=Path)


class _BadStart(click.ClickException):
    exit_code = 2


@click.command()
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0: any free one.",
)
@click.option(
    "--key",
    envvar="TAMR_EMULATOR_KEY",
    show_envvar=True,
    help="The only API key to accept; without it, any.",
)
@click.option(
    "--slots",
    default=5,
    show_default=True,
    type=click.IntRange(0),
    help="Concurrent jobs before 429.",
)
@click.option("--load", default="20m", show_default=True, help="How long a load runs.")
@click.option("--update", default="45m", show_default=True, help="How long an update runs.")
@click.option("--publish", default="10m", show_default=True, help="How long a publish runs.")
@click.option("--pending", default="5s", show_default=True, help="How long a job is PENDING.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 100_000, min_open=True),
    callback=lambda _, __, value: _number(value),
    help="How many times faster than real time the tenant's time runs.",
)
@click.option(
    "--unset",
    default="absent",
    show_default=True,
    type=click.Choice(["absent", "null", "empty"]),
    help="How answers write a field that is not set.",
)
@click.option("--state", type=_FILE, help="A file for the jobs; they survive restarts.")
@click.option("--faults", type=_FILE, help="A file of failing jobs and spoiled answers (JSON).")
def emulator(port: int, **given: Any) -> None:
    """Run a Tamr tenant on this machine.

    It runs until Ctrl-C. The first line printed is its URL. URL/_emulator/record tells what
    was asked of it and how its jobs really are.
    """
    from tamr_provider.emulator import Emulator
    from tamr_provider.emulator.lock import state_lock
    from tamr_provider.emulator.server import PortTakenError, Server
    from tamr_provider.emulator.store import StoreError

    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(state_lock(given["state"]))
            server = stack.enter_context(Server(Emulator(_options(given), log=_log), port))
        except (PortTakenError, StoreError) as error:
            raise _BadStart(str(error)) from None
        key = "<the key>" if given["key"] else "anything"
        _log(f"use it with TAMR_URL={server.url} TAMR_API_KEY={key}; Ctrl-C ends it")
        say(server.url)  # last, since whoever reads it sends requests at once
        wait_for(over)


def _number(speed: float) -> float:
    if math.isnan(speed):  # which passes every range
        raise click.BadParameter("nan is not a number")
    return speed


def _options(given: dict[str, Any]) -> Options:
    from tamr_provider.emulator import Options

    return Options(
        slots=given["slots"],
        durations={name: _duration(given, name) for name in ("load", "update", "publish")},
        pending=_duration(given, "pending"),
        unset=given["unset"],
        speed=given["speed"],
        key=given["key"] or None,
        fault_rules=_script(given["faults"]),
        state=given["state"],
    )


def _duration(given: dict[str, Any], name: str) -> timedelta:
    from tamr_provider.emulator.duration import parse_duration

    try:
        return parse_duration(given[name])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"--{name}") from None


def _script(path: Path | None) -> FaultRules:
    from tamr_provider.emulator.fault_file import FaultFileError, load_fault_file
    from tamr_provider.emulator.fault_rules import FaultRules

    try:
        return FaultRules() if path is None else load_fault_file(path)
    except FaultFileError as error:
        raise _BadStart(str(error)) from None


def _log(line: str) -> None:
    with contextlib.suppress(OSError, TamrError):  # nobody reads it any more; the tenant goes on
        say(line, err=True)
