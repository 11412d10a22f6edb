"""Handler of the emulated API: one response for one request."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from tamr_provider.emulator.activity_log import ActivityLog
from tamr_provider.emulator.api_error import ApiError
from tamr_provider.emulator.clock import EmulatedClock, Origin
from tamr_provider.emulator.configuration import parse_configuration
from tamr_provider.emulator.fault_rules import ResponseRule, ResponseRules
from tamr_provider.emulator.faults import NO_RESPONSE, apply_fault, takes_effect
from tamr_provider.emulator.listing import list_page
from tamr_provider.emulator.month import month_of_jobs
from tamr_provider.emulator.options import Options
from tamr_provider.emulator.request_log import RequestLog, job_facts
from tamr_provider.emulator.response import Response, error_response, json_response
from tamr_provider.emulator.routes import Request, parse_request
from tamr_provider.emulator.serialization import job_json, page_json
from tamr_provider.emulator.store import Store, StoreError
from tamr_provider.emulator.tenant import Tenant
from tamr_provider.emulator.timestamps import LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tamr_provider.emulator.job import Job

RECORD_PATH = "/_emulator/record"


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _random_id() -> str:
    return f"job_{secrets.token_hex(11)}"  # U5


class Emulator:
    """An emulated tenant. Thread-safe.

    `now` and `sleep` are in real time; only the fault `delayed` sleeps. Raises StoreError if the
    state file cannot be used.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        now: Callable[[], datetime] = _utc_now,
        sleep: Callable[[float], object] = time.sleep,
        new_id: Callable[[], str] = _random_id,
        log: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._options = options or Options()
        self._sleep = sleep
        self._lock = threading.Lock()
        self._store = Store(self._options.state) if self._options.state else None
        origin, jobs = self._start(now())
        self._clock = EmulatedClock(now, origin)
        self._save_jobs(jobs)
        self._tenant = Tenant(self._options, new_id, jobs, self._save_jobs)
        self._response_rules = ResponseRules(self._options.fault_rules.responses)
        self._request_log = RequestLog()
        self._activity_log = ActivityLog(log, self._tenant.snapshots(self._clock.now()))

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Return the response to a request; `target` is path and query."""
        request = parse_request(method, target, headers, body)
        if (method, request.path) == ("GET", RECORD_PATH):
            return json_response(200, self.record())
        with self._lock:
            fault = self._response_rules.choose(request.call, method, request.path)
        if fault is not None and fault.fault == "delayed":
            self._sleep(fault.seconds)
        with self._lock:
            return self._respond(request, fault, self._clock.now())

    def record(self) -> dict[str, Any]:
        """Return all requests and the true state of all jobs, as JSON values."""
        with self._lock:
            snapshots = self._tenant.snapshots(self._clock.now())
            return {
                "requests": self._request_log.requests(),
                "jobs": [job_facts(snapshot) for snapshot in snapshots],
            }

    def _start(self, real: datetime) -> tuple[Origin, Sequence[Job]]:
        speed = self._options.speed
        saved = self._store.load() if self._store else None
        if saved is None:
            return Origin(real, real, speed), self._seed(real)
        origin, jobs = saved
        times = [time for job in jobs for time in (job.created_at, job.stop_requested_at) if time]
        resumed = origin.resume(real, speed, max([origin.emulated, *times]))
        if resumed.emulated >= LATEST:
            raise StoreError(
                f"{self._options.state}: the emulated time is past the year 9999. Use another "
                "file, or delete this one to start without jobs."
            )
        return resumed, jobs

    def _seed(self, now: datetime) -> Sequence[Job]:
        return month_of_jobs(now, self._options) if self._options.seed == "month" else []

    def _save_jobs(self, jobs: Sequence[Job]) -> None:
        if self._store:
            self._store.save(self._clock.origin, jobs)

    def _respond(self, request: Request, fault: ResponseRule | None, now: datetime) -> Response:
        has_effect = fault is None or takes_effect(fault)
        real, job_id = self._carry_out(request, now) if has_effect else (NO_RESPONSE, "")
        response = real if fault is None else apply_fault(fault, real)
        name = None if fault is None else fault.fault
        self._request_log.add(now, request, response, fault=name, job_id=job_id)
        self._activity_log.log_finished(self._tenant.snapshots(now))
        self._activity_log.log_request(now, request, response, fault=name, job_id=job_id)
        return replace(response, headers={**response.headers, "Date": _http_date(now)})  # U14

    def _carry_out(self, request: Request, now: datetime) -> tuple[Response, str]:
        """Return the response without faults, and the id of its job or an empty string."""
        try:
            self._check_key(request)
            value, job_id = self._call(request, now)
        except ApiError as error:
            return error_response(error.status, error.message), ""
        except StoreError as error:
            return error_response(500, str(error)), ""
        return json_response(200, value), job_id

    def _check_key(self, request: Request) -> None:
        given = request.headers.get("x-api-key", "")
        expected = self._options.key
        if not given:
            raise ApiError(401, "the header X-API-KEY is missing")
        if expected is not None and not hmac.compare_digest(given.encode(), expected.encode()):
            raise ApiError(401, "the API key is not valid")

    def _call(self, request: Request, now: datetime) -> tuple[dict[str, Any], str]:
        unset = self._options.unset
        if request.call == "list":
            return page_json(list_page(self._tenant.snapshots(now), request.query), unset), ""
        if request.call == "create":
            snapshot = self._tenant.create(parse_configuration(_json(request.body)), now)
            return job_json(snapshot, unset), snapshot.job.id
        if request.call == "get":
            return job_json(self._tenant.get(request.job_id, now), unset), request.job_id
        if request.call == "stop":
            _json(request.body or b"{}")
            self._tenant.stop(request.job_id, now)
            return {}, request.job_id
        raise ApiError(404, f"unknown path: {request.method} {request.path}")


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError(400, "the body is not JSON") from None


def _http_date(time: datetime) -> str:
    return format_datetime(time.replace(microsecond=0).astimezone(timezone.utc), usegmt=True)
