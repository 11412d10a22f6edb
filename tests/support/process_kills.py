"""Real processes killed with SIGKILL at a chosen request, and the tenant's own verdict."""

from __future__ import annotations

import itertools
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from support.processes import PRODUCTS, TAMR, environment, project
from support.provider_hosts import host
from support.schedule_player import AFTER, BEFORE, beside_its_equal, products, verdict
from support.schedules import Tally
from tamr_provider.decision.steps import pipeline_phases
from tamr_provider.emulator import Emulator, Options, Response
from tamr_provider.emulator.server import Server
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.provider_hosts import Host
    from tamr_provider.stackfile.product import Product

RAW: dict[str, Any] = yaml.safe_load(PRODUCTS)
QUICK = dict.fromkeys(("load", "update", "publish"), timedelta(seconds=0.25))


class Trap(Emulator):
    """An emulator that kills a process before or after it carries out its nth request."""

    def __init__(self, at: int, when: str) -> None:
        super().__init__(Options(durations=QUICK, pending=timedelta(seconds=0.05)))
        self.at, self.when, self.sent = at, when, 0
        self.victim: subprocess.Popen[Any] | None = None
        self.sprung = False

    def jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = self.record()["jobs"]
        return jobs

    def handle(self, method: str, target: str, headers: Any, body: bytes) -> Response:
        self.sent += 1
        if self.sent != self.at or self.sprung:
            return super().handle(method, target, headers, body)
        if self.when == AFTER:
            super().handle(method, target, headers, body)
        return self._kill()

    def _kill(self) -> Response:
        self.sprung = True
        assert self.victim is not None
        self.victim.kill()
        self.victim.wait()
        return Response(0, b"", dropped=True)


@contextmanager
def trapped(at: int, when: str) -> Iterator[tuple[Trap, str]]:
    trap = Trap(at, when)
    with Server(trap) as server:
        yield trap, server.url


def kill_tamr_up(at: int, when: str) -> tuple[Trap, list[str]]:
    """Kill `tamr up` at a request, run it again, and return what went wrong."""
    with trapped(at, when) as (trap, url), tempfile.TemporaryDirectory() as folder:
        place = project(Path(folder), url)
        code = 0
        for _ in range(2):
            with _tamr_up(place) as process:
                trap.victim = process
            code = process.returncode
            if not trap.sprung:
                break
        return trap, _judge(trap, code)


def _tamr_up(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*TAMR, "up"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_host(at: int, when: str) -> tuple[Trap, list[str]]:
    """Kill the provider's host at a request, create everything again, and judge."""
    with trapped(at, when) as (trap, url):
        for _ in range(2):
            with host() as provider:
                trap.victim = provider.process
                well = _create_all(provider, url)
            if not trap.sprung:
                break
        return trap, _judge(trap, not well)


def _create_all(provider: Host, url: str) -> bool:
    """Create both products' resources as the engine does; return whether all went well."""
    wanted = products(RAW).items()
    with ThreadPoolExecutor() as pool:
        return all(pool.map(lambda pair: _create(provider, url, *pair), wanted))


def _create(provider: Host, url: str, name: str, product: Product) -> bool:
    shared: dict[str, Any] = {
        "url": url,
        "version": "v1",
        "since": format_timestamp(product.not_before),
        "product": name,
        "stack": "dev",
    }
    for phase in pipeline_phases(name, product):
        creates = [
            provider.create_later({**shared, **dict(step.configuration.ids)}) for step in phase
        ]
        if any(create.exception() is not None for create in creates):
            return False
        shared["after"] = [create.result().properties["finishedAt"] for create in creates]
    return True


def _judge(trap: Trap, failed: int) -> list[str]:
    problems = verdict(trap, RAW) + beside_its_equal(trap)
    return [*problems, f"exit code {failed}"] if failed else problems


def every_boundary(name: str, kill: Callable[[int, str], tuple[Trap, list[str]]]) -> Tally:
    """Kill a real process before and after each single request of a whole run."""
    tally = Tally(name)
    for at in itertools.count(1):
        for when in (BEFORE, AFTER):
            trap, problems = kill(at, when)
            if not trap.sprung:
                tally.extra_requests -= trap.sent
                return tally
            tally.count(f"killed {when} request {at}", trap.jobs(), problems, trap.sent)
    raise AssertionError("unreachable")
