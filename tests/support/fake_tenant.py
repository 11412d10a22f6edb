"""An emulated tenant in process, on a fake clock, and runners on it."""

from __future__ import annotations

import contextlib
import json
import threading
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx

from support.fake_clock import START, FakeClock
from support.three_clocks import ThreeClocks
from tamr_provider.client.http import HttpSession
from tamr_provider.client.jobs import JobsClient
from tamr_provider.decision.policy import LaunchPolicy
from tamr_provider.decision.steps import Step
from tamr_provider.emulator import Emulator, Options, Response
from tamr_provider.models import Configuration
from tamr_provider.reconciler.reconciler import Reconciler
from tamr_provider.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from tamr_provider.clock import Clock
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.progress import ProgressObserver, StepStatus

URL = "https://acme.tamr.cloud"
HOURS_AGO = START - timedelta(hours=2)


class Watched:
    """An observer that keeps everything."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.notes: list[str] = []
        self.warnings: list[tuple[str, str]] = []

    def status(self, step: Step, status: StepStatus) -> None:
        text = f"{step}: {status}"
        if text not in self.texts:
            self.texts.append(text)

    def ended(
        self, step: Step, outcome: StepResult | Exception, status: StepStatus | None = None
    ) -> None:
        self.texts.append(f"{step}: {outcome}")

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, step: Step, text: str) -> None:
        self.warnings.append((step.product, text))


class Tenant:
    """One emulated tenant; `alter` may change an answer's body on its way to the client.

    `clocks` are what it shows of its time.
    """

    def __init__(self, clock: FakeClock | None = None, **options: Any) -> None:
        self.clock = clock or FakeClock()
        ids = iter(range(1, 100_000))
        self.emulator = Emulator(
            Options(**options),
            now=self.clock.true_now,
            sleep=self._pass,
            new_id=lambda: f"job_{next(ids)}",
        )
        self.alter: Callable[[Any], Any] = lambda body: body
        self.clocks = ThreeClocks()

    def _pass(self, seconds: float) -> None:
        self.clock.elapsed += seconds

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        target = self.clocks.asked(request.url.raw_path.decode())
        late = self.clock.elapsed
        answer = self.emulator.handle(request.method, target, request.headers, request.read())
        if answer.dropped or answer.cut or self.clock.elapsed - late > 60:
            raise httpx.ReadTimeout("no answer", request=request)
        body = answer.body
        with contextlib.suppress(ValueError):
            body = json.dumps(self.alter(self.clocks.shown(json.loads(body)))).encode()
        return httpx.Response(answer.status, headers=self._headers(answer), content=body)

    def _headers(self, answer: Response) -> dict[str, str]:
        headers = dict(answer.headers)
        date = self.clocks.date(headers.pop("Date"))
        return headers if date is None else {**headers, "Date": date}

    def client(self, stop: threading.Event | None = None) -> JobsClient:
        settings = Settings(url=URL, api_key="k")
        return JobsClient(
            HttpSession(settings, self.clock, stop or threading.Event(), self.transport())
        )

    def runner(
        self, observer: ProgressObserver | None = None, clock: Clock | None = None
    ) -> Reconciler:
        stop = threading.Event()
        client = self.client(stop)
        resume = "tamr up --stack dev"
        return Reconciler(client, clock or self.clock, stop, 2.0, observer or Watched(), resume)

    def start(self, configuration: Configuration) -> str:
        """Start a job as another user, in the UI or by hand."""
        return self._user.create_job(configuration).id

    def stop(self, job_id: str) -> None:
        self._user.stop_job(job_id)

    @cached_property
    def _user(self) -> JobsClient:
        return self.client()

    def jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = self.emulator.record()["jobs"]
        return jobs

    def requests(self, method: str = "", call: str = "") -> list[dict[str, Any]]:
        return [
            request
            for request in self.emulator.record()["requests"]
            if request["method"].startswith(method) and call in request["path"]
        ]

    def posts(self) -> int:
        return len(self.requests("POST"))


class Unquoting(Tenant):
    """A tenant whose filter language knows no escaped quotes."""

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if "\\" in request.url.params.get("filter", ""):
            return httpx.Response(400, json={"statusCode": 400, "message": "bad filter"})
        return super()._answer(request)


def step(
    configuration: Configuration, not_before: datetime = HOURS_AGO, product: str = "customers"
) -> Step:
    return Step(product, configuration, min(HOURS_AGO, not_before), not_before)


def outcome(future: Future[StepResult]) -> StepResult | BaseException | None:
    """Return how a step ended, None while it is open."""
    if not future.done():
        return None
    return future.exception() or future.result()


POLICY = LaunchPolicy()
LOAD = Configuration.load("src_crm")
UPDATE = Configuration.update("dp_customers")
PUBLISH = Configuration.publish("Test 123", "dp_customers")
