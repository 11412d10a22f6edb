"""What it costs to wait: a long job on real time, and a day of waiting on a clock that jumps."""

from __future__ import annotations

import gc
import os
import pty
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx

from bench.contenders import write_project
from bench.tenant import KEY, make_past_job, run_emulator, write_state
from tamr_provider.client.http import HttpSession
from tamr_provider.client.jobs import JobsClient
from tamr_provider.decision.steps import Step
from tamr_provider.emulator import Emulator, Options
from tamr_provider.reconciler.pending import StepResult
from tamr_provider.reconciler.progress import StepStatus
from tamr_provider.reconciler.reconciler import Reconciler
from tamr_provider.reconciler.stack_run import StackRun
from tamr_provider.settings import Settings
from tamr_provider.stackfile.parser import parse_products

_SETTLE_SECONDS, _WATCH_SECONDS = 5.0, 12.0
_START = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
HOURS = 24


@dataclass(frozen=True)
class IdleFigures:
    """The share of a core that an idle wait takes, without a terminal and on one."""

    plain: float
    terminal: float


def measure_idle() -> IdleFigures:
    """Watch `tamr up` for a while as it waits for a job that is two hours old."""
    return IdleFigures(_cpu_share(terminal=False), _cpu_share(terminal=True))


def _cpu_share(*, terminal: bool) -> float:
    now = datetime.now(timezone.utc).replace(microsecond=0)
    product = {"version": "1", "since": (now - timedelta(hours=3)).isoformat(), "sources": ["s"]}
    long = make_past_job("load", {"sourceId": "s"}, now - timedelta(hours=2), 12 * 3600)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        write_state(folder / "state.json", [long], now, 1)
        write_project(folder, {"customers": product})
        with run_emulator(1, "--state", str(folder / "state.json")) as tenant:
            return _measure_up(folder, tenant.url, terminal=terminal)


def _measure_up(folder: Path, url: str, *, terminal: bool) -> float:
    environment = {**os.environ, "TAMR_URL": url, "TAMR_API_KEY": KEY, "TERM": "xterm-256color"}
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tamr_provider", "up", "--stack", "bench"],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=slave if terminal else subprocess.DEVNULL,
        stderr=slave if terminal else subprocess.DEVNULL,
    )
    os.close(slave)
    threading.Thread(target=_drain, args=(master,), daemon=True).start()
    try:
        time.sleep(_SETTLE_SECONDS)
        before = _cpu(process.pid)
        time.sleep(_WATCH_SECONDS)
        return (_cpu(process.pid) - before) / _WATCH_SECONDS
    finally:
        process.terminate()
        process.wait()


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        os.close(terminal)


def _cpu(pid: int) -> float:
    """Return the seconds that a process has computed; Linux only."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text(encoding="ascii").split()[0]) for thread in threads) / 1e9


class _SkippingClock:
    """Time passes when somebody waits, and at once."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.kilobytes: list[tuple[float, float]] = []

    def now(self) -> datetime:
        return _START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.elapsed += 0 if event.is_set() else seconds
        hour = self.elapsed / 3600
        if not self.kilobytes or hour >= self.kilobytes[-1][0] + 1:
            gc.collect()
            self.kilobytes.append((hour, tracemalloc.get_traced_memory()[0] / 1024))
        return event.is_set()


class _SilentObserver:
    def status(self, step: Step, status: StepStatus) -> None:
        """Say nothing."""

    def ended(
        self, step: Step, outcome: StepResult | Exception, status: StepStatus | None = None
    ) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def warn(self, step: Step, text: str) -> None:
        """Say nothing."""


def measure_memory() -> list[tuple[float, float]]:
    """Return what a runner holds, in kilobytes, hour by hour while it waits for a day.

    The emulated tenant is in the same process; the requests that it remembers are left out, since
    a tenant of users is not.
    """
    clock = _SkippingClock()
    tenant = Emulator(Options(durations={"load": timedelta(hours=HOURS)}), now=clock.now)
    tenant._request_log.add = lambda *_, **__: None  # type: ignore[method-assign] # noqa: SLF001

    def answer(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        said = tenant.handle(request.method, target, request.headers, request.read())
        return httpx.Response(said.status, headers=dict(said.headers), content=said.body)

    stop = threading.Event()
    settings = Settings(url="https://bench.tamr.cloud", api_key=KEY)
    client = JobsClient(HttpSession(settings, clock, stop, httpx.MockTransport(answer)))
    runner = Reconciler(client, clock, stop, 2.0, _SilentObserver(), "tamr up")
    product = {"version": "1", "since": "2026-11-20T11:00:00Z", "timeoutHours": 48}
    products = {f"p{n}": {**product, "sources": [f"s{n}"]} for n in range(5)}
    run = StackRun(runner, parse_products(products, clock.now()), 5, "bench")
    tracemalloc.start()
    try:
        run.start()
        runner.run()
    finally:
        tracemalloc.stop()
    if run.errors or run.satisfied != len(products):
        raise RuntimeError(str(run.errors))
    return clock.kilobytes
