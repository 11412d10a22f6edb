"""The emulator in process: its door for httpx, and a caller with a clock that tests move."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx

from tamr_provider.emulator import Emulator, Options

START = datetime(2026, 1, 5, 9, tzinfo=timezone.utc)
JOBS = "/api/v1beta1/jobs"


def emulator_transport(emulator: Emulator) -> httpx.MockTransport:
    """Return a transport that reaches an emulator without a socket."""

    def answer(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        answer = emulator.handle(request.method, target, request.headers, request.read())
        limit = request.extensions.get("timeout", {}).get("read")
        if limit is not None and answer.late > limit:
            raise httpx.ReadTimeout("the answer came too late", request=request)
        if answer.dropped:
            raise httpx.ReadError("the connection was closed", request=request)
        if answer.cut:
            raise httpx.RemoteProtocolError("the body was cut off", request=request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    return httpx.MockTransport(answer)


class RealTime:
    """A machine's clock that only a test, or a sleep, moves."""

    def __init__(self, start: datetime = START) -> None:
        self.moment = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


class Caller:
    """Calls an emulator as a client would; `time` is its real time, job ids are job_1, job_2, …"""

    def __init__(self, options: Options | None = None, time: RealTime | None = None) -> None:
        self.time = time or RealTime()
        self.log: list[str] = []
        numbers = itertools.count(1)
        self.emulator = Emulator(
            options,
            now=self.time.now,
            sleep=self.time.sleep,
            new_id=lambda: f"job_{next(numbers)}",
            log=self.log.append,
        )
        self.http = httpx.Client(
            base_url="http://tenant",
            headers={"X-API-KEY": "k"},
            transport=emulator_transport(self.emulator),
        )

    def wait(self, **duration: float) -> None:
        """Let real time pass."""
        self.time.moment += timedelta(**duration)

    def create(self, **configuration: dict[str, str]) -> httpx.Response:
        return self.http.post(JOBS, json={"configuration": configuration})

    def load(self, source: str = "src_crm") -> Any:
        """Start a load and return its job."""
        answer = self.create(load={"sourceId": source})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, job_id: str) -> Any:
        return self.http.get(f"{JOBS}/{job_id}").json()

    def state(self, job_id: str) -> str:
        return str(self.get(job_id)["status"]["state"])

    def stop(self, job_id: str) -> httpx.Response:
        return self.http.post(f"{JOBS}/{job_id}:stop", json={})

    def page(self, **query: str) -> httpx.Response:
        return self.http.get(JOBS, params=query)

    def listed(self, **query: str) -> list[str]:
        """Return the ids on one page."""
        answer = self.page(**query)
        assert answer.status_code == 200, answer.text
        return [job["jobId"] for job in answer.json().get("jobs", [])]
