"""HTTP session with one tenant: authenticate, send, retry GETs, return a value or an error.

    httpx.ConnectError, …          GET: retry, first contact: TenantUnreachableError
    other httpx.HTTPError          GET: retry  POST: ResponseLostError
    late or longer than 16 MB      GET: retry  POST: ResponseLostError
    429                            GET: retry  POST: TooManyRequestsError
    5xx, a body that is not JSON   GET: retry  POST: ResponseLostError
    other 4xx, 3xx                 ApiError

A GET is retried throughout an outage, a POST never: Tamr has no idempotency key, so a second POST
is a second job.
"""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass
from datetime import timedelta, timezone
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from tamr_provider.client.exchange import DEADLINE_SECONDS, ENCODING, Exchange
from tamr_provider.client.redaction import redact_body, redact_text
from tamr_provider.errors import (
    ApiError,
    InputError,
    InvalidResponseError,
    ResponseLostError,
    TenantUnavailableError,
    TenantUnreachableError,
    TooManyRequestsError,
    WaitInterruptedError,
)
from tamr_provider.foreign_text import one_line

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tamr_provider.clock import Clock
    from tamr_provider.settings import Settings

_OUTAGE_SECONDS = 20 * 60  # The documentation promises 15 minutes.
_FIRST_CONTACT_ATTEMPTS = 6  # A URL that never responded is more likely wrong than down.
_CERTIFICATE = "CERTIFICATE_VERIFY_FAILED"  # OpenSSL's error text. A retry cannot fix it.
_MAX_GAP_SECONDS = 5 * 60  # A longer gap between attempts means that the machine slept.
_MAX_PAUSE_SECONDS = 30  # Recommended after 429, 500 and 503 by the Jobs API reference.
_DATE_TIMEOUT_SECONDS = 3.0  # Editing a file must not wait longer for a tenant.
_MAX_OFFSET = timedelta(days=1)  # A larger one means a broken clock or another server.


@dataclass(frozen=True)
class Response:
    """A readable response: the JSON body and the `Date` header, None if it is missing."""

    body: Any
    date: datetime | None


class _Retry(Exception):  # noqa: N818 - a signal between two functions of this module
    def __init__(
        self, reason: str, error: Exception, pause: float | None = None, status: int = 0
    ) -> None:
        self.reason = reason
        self.error = error
        self.pause = pause
        self.status = status


class HttpSession:
    """Sends requests to one tenant. Thread-safe."""

    def __init__(  # noqa: PLR0913, PLR0917 - tests replace these
        self,
        settings: Settings,
        clock: Clock,
        stop: threading.Event,
        transport: httpx.BaseTransport | None = None,
        on_outage: Callable[[str], None] = lambda _: None,
        deadline_seconds: float = DEADLINE_SECONDS,
        connect_seconds: float | None = None,
    ) -> None:
        self.url = settings.url
        self._api_key = settings.api_key
        self._clock = clock
        self._stop = stop
        self._on_outage = on_outage
        self._connect_seconds = connect_seconds
        self._has_responded = False
        try:
            self._http = httpx.Client(
                base_url=settings.url + "/api/v1beta1",
                headers={
                    "X-API-KEY": settings.api_key,
                    "User-Agent": f"tamr-provider/{version('tamr-provider')}",
                    "Accept-Encoding": ENCODING,
                },
                timeout=httpx.Timeout(60, connect=connect_seconds or 15),
                transport=transport,
            )
        except (OSError, ValueError, httpx.InvalidURL) as error:
            raise InputError(
                f"cannot set up a connection to {settings.url}: {error}. Check HTTPS_PROXY, "
                "ALL_PROXY and SSL_CERT_FILE."
            ) from None
        self._exchange = Exchange(
            self._http,
            clock,
            deadline_seconds,
            is_remote=transport is None,
            connect_seconds=connect_seconds,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(
        self,
        path: str,
        what: str,
        params: Mapping[str, str] | None = None,
        check: Callable[[Any], object] = lambda _: None,
        max_attempts: int | None = None,
    ) -> Response:
        """Send a GET until it succeeds: for 20 minutes of outage, and without limit after a 429.

        A session with `connect_seconds` gives up that soon if there is no connection.
        `check` raises InvalidResponseError for a body that has to be requested again.
        """
        outage = 0.0
        attempts = 0
        last = self._clock.monotonic()
        while True:
            try:
                return self._validate(self._send_once("GET", path, what, params=params), check)
            except _Retry as retry:
                now = self._clock.monotonic()
                outage += min(now - last, _MAX_GAP_SECONDS)
                last = now
                attempts += 1
                if isinstance(retry.error, TooManyRequestsError):
                    outage = 0.0  # A 429 proves that the tenant is reachable.
                self._check_limits(retry, what, attempts, outage)
                if attempts == max_attempts:
                    raise TenantUnavailableError(f"{what}: {retry.reason}") from None
                if not self._is_over_soon(retry):
                    self._on_outage(f"{retry.reason}; retrying")
                self._pause(retry, attempts, outage)

    def post(self, path: str, what: str, body: Mapping[str, Any]) -> Response:
        """Send a POST once. Raises TooManyRequestsError, ResponseLostError or ApiError."""
        try:
            return self._send_once("POST", path, what, json=body)
        except _Retry as retry:
            raise retry.error from None

    def _send_once(self, method: str, path: str, what: str, **request: Any) -> Response:
        try:
            response = self._exchange.send(method, path, **request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            reason = f"{self.url} cannot be reached: {self._cause(error)}"
            raise _Retry(reason, ResponseLostError(reason, sent=False)) from None
        except httpx.HTTPError as error:
            reason = f"{self.url} did not respond: {self._cause(error)}"
            raise _Retry(reason, ResponseLostError(reason)) from None
        except httpx.InvalidURL as error:
            raise TenantUnreachableError(f"{self.url} is not a valid URL: {error}") from None
        return self._read(response, what)

    def _read(self, response: httpx.Response, what: str) -> Response:
        body = redact_body(_parse_object(response), self._api_key)
        status = response.status_code
        reply = one_line(redact_text(_message(body, response), self._api_key))[:500]
        reason = f"{self.url} returned {status} {reply}".rstrip()
        pause = _retry_after(response)
        if status == 429:
            raise _Retry(reason, TooManyRequestsError(reply, pause), pause)
        if status >= 500 or (status == 200 and body is None):
            raise _Retry(reason, ResponseLostError(reason), pause, status)
        self._has_responded = True
        if status != 200:
            if status == 404 and (path := urlsplit(self.url).path):
                reply += f". Check whether the path {path} belongs in tamr:url"
            raise ApiError(status, reply, what)
        return Response(body, read_date(response))

    def _cause(self, error: Exception) -> str:
        # httpx may quote the API key.
        return one_line(redact_text(str(error), self._api_key)) or type(error).__name__

    def _validate(self, response: Response, check: Callable[[Any], object]) -> Response:
        try:
            check(response.body)
        except InvalidResponseError as error:
            reason = f"{self.url} returned 200: {error}"
            raise _Retry(reason, ResponseLostError(reason), status=200) from None
        return response

    def _check_limits(self, retry: _Retry, what: str, attempts: int, seconds: float) -> None:
        """Raise after a few attempts at a URL that never responded, else after an outage."""
        is_unsent = _is_unsent(retry)
        limit = 1 if _CERTIFICATE in retry.reason else _FIRST_CONTACT_ATTEMPTS
        is_over = is_unsent and self._left_to_connect(seconds) <= 0
        is_over = is_over or ((is_unsent or retry.status == 200) and attempts >= limit)
        if not self._has_responded and is_over:
            hint = _first_contact_hint(retry.reason, self.url)
            raise TenantUnreachableError(f"{retry.reason}. {hint}") from None
        if is_unsent and self._left_to_connect(seconds) <= 0:
            raise TenantUnavailableError(f"{retry.reason}. Run the command again later.") from None
        if seconds >= _OUTAGE_SECONDS:
            raise TenantUnavailableError(
                f"{what}: no response for {seconds / 60:.0f} minutes ({retry.reason}). Run the "
                "command again later."
            ) from None

    def _is_over_soon(self, retry: _Retry) -> bool:
        """Whether no connection for seconds is an error, which then says all there is to say."""
        return _is_unsent(retry) and self._connect_seconds is not None

    def _left_to_connect(self, seconds: float) -> float:
        return math.inf if self._connect_seconds is None else self._connect_seconds - seconds

    def _pause(self, retry: _Retry, attempts: int, outage: float) -> None:
        pause = min(_MAX_PAUSE_SECONDS, 0.25 * 2 ** min(attempts, 10))
        pause = max(pause * random.uniform(0.5, 1), retry.pause or 0)  # noqa: S311 - jitter
        if _is_unsent(retry):
            pause = min(pause, self._left_to_connect(outage))
        if self._clock.wait(self._stop, pause):
            raise WaitInterruptedError(retry.reason) from None


def _is_unsent(retry: _Retry) -> bool:
    return isinstance(retry.error, ResponseLostError) and not retry.error.sent


def _first_contact_hint(reason: str, url: str) -> str:
    if _CERTIFICATE in reason:
        return "Set SSL_CERT_FILE to a CA bundle that trusts this tenant."
    parts = urlsplit(url)
    if parts.scheme in getproxies() and not proxy_bypass(parts.hostname or ""):
        return "Check tamr:url or TAMR_URL, and the proxy in the environment."
    return "Is this a Tamr tenant? Check tamr:url or TAMR_URL."


def _parse_object(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _message(body: object, response: httpx.Response) -> str:
    """Return the error text: the documented form or grpc-gateway's, else the reason phrase."""
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return str(body["message"])
    kind = response.headers.get("content-type", "").partition(";")[0]
    if response.is_success:
        return f"with a body that is not a JSON object ({kind or 'no content type'})"
    if response.is_redirect:
        return f"a redirect to {response.headers.get('location', 'nowhere')}"
    return response.reason_phrase


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header; its date form is ignored."""
    text = response.headers.get("retry-after", "")
    return min(float(text), 600) if text.isascii() and text.isdigit() else None


def read_date(response: httpx.Response) -> datetime | None:
    """Return the time of the `Date` header, None if it is missing or invalid."""
    try:
        date = parsedate_to_datetime(response.headers["date"])
        return date.astimezone(timezone.utc) if date.tzinfo else None
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def read_tenant_time(url: str, now: datetime) -> datetime | None:
    """Return the tenant's time without a key: even a 401 has a `Date`. None if there is none."""
    try:
        with httpx.stream(
            "GET", f"{url}/api/v1beta1/jobs", timeout=_DATE_TIMEOUT_SECONDS
        ) as response:
            date = read_date(response)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return date if date is not None and abs(date - now) <= _MAX_OFFSET else None
