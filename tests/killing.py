"""Real processes killed with SIGKILL at a chosen request, and the tenant's own verdict."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chaos import BEFORE, beside_its_equal, verdict
from hosts import host
from processes import TAMR, environment, project

from tamr_provider.emulator import Answer, Emulator, Options
from tamr_provider.emulator.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RAW = {
    "customers": {
        "version": "v1",
        "since": "2026-11-20T09:00:00Z",
        "sources": ["src_crm"],
        "dataProduct": "dp",
        "publish": ["Test 123"],
    }
}
YAML = """\
    customers:
      version: v1
      since: "2026-11-20T09:00:00Z"
      sources: [src_crm]
      dataProduct: dp
      publish: [Test 123]
"""
QUICK = dict.fromkeys(("load", "update", "publish"), timedelta(seconds=0.4))


class Trap(Emulator):
    """An emulator that kills a process before or after it carries out its nth request."""

    def __init__(self, at: int, when: str) -> None:
        super().__init__(Options(durations=QUICK, pending=timedelta(seconds=0.05)))
        self.at, self.when, self.seen = at, when, 0
        self.victim: subprocess.Popen[Any] | None = None

    def jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = self.record()["jobs"]
        return jobs

    def handle(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        if self.victim is None:
            return super().handle(method, target, headers, body)
        self.seen += 1
        if self.seen == self.at and self.when == BEFORE:
            return self._kill()
        answer = super().handle(method, target, headers, body)
        return self._kill() if self.seen == self.at else answer

    def _kill(self) -> Answer:
        victim, self.victim = self.victim, None
        assert victim is not None
        victim.kill()
        victim.wait()
        return Answer(0, b"", dropped=True)


def tamr_up(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*TAMR, "up"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@contextmanager
def trapped(at: int, when: str) -> Iterator[tuple[Trap, str]]:
    trap = Trap(at, when)
    with Server(trap) as server:
        yield trap, server.url


def kill_tamr_up(folder: Path, at: int, when: str) -> list[str]:
    """Kill `tamr up` at a request, run it again, and return what went wrong."""
    with trapped(at, when) as (trap, url):
        place = project(folder, url, YAML)
        with tamr_up(place) as first:
            trap.victim = first
        with tamr_up(place) as second:
            code = second.wait()
        return _judge(trap, code)


def kill_host(at: int, when: str) -> list[str]:
    """Kill the provider's host at a request, create everything again, and judge."""
    with trapped(at, when) as (trap, url):
        with host() as provider:
            trap.victim = provider.process
            died = not _create_all(provider, url)
        code = 0
        if died:
            with host() as provider:
                code = 0 if _create_all(provider, url) else 1
        return _judge(trap, code)


def _create_all(provider: Any, url: str) -> bool:
    """Create the product's resources in order, as the engine does; return whether all went well."""
    shared = {
        "url": url,
        "version": "v1",
        "since": "2026-11-20T09:00:00Z",
        "product": "customers",
        "stack": "dev",
    }
    after: list[str] = []
    for ids in (
        {"sourceId": "src_crm"},
        {"dataProductId": "dp"},
        {"destinationId": "Test 123", "dataProductId": "dp"},
    ):
        future = provider.create_later({**shared, **ids, **({"after": after} if after else {})})
        if future.exception() is not None:
            return False
        after = [future.result().properties["finishedAt"]]
    return True


def _judge(trap: Trap, code: int) -> list[str]:
    problems = verdict(trap, RAW) + beside_its_equal(trap)
    return [*problems, f"exit code {code}"] if code else problems
