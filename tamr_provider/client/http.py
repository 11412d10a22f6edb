"""One HTTP request: sign, send, resend what is safe, turn every answer into a value or an error.

    httpx.ConnectError, …          not sent        → UnreachableError (first contact), retry (GET)
    httpx.HTTPError else           answer lost     → retry (GET), AnswerLostError (POST)
    late or longer than 16 MB      answer lost     → retry (GET), AnswerLostError (POST)
    429                            busy            → retry (GET), BusyError (POST)
    5xx, a body that is not JSON   answer lost     → retry (GET), AnswerLostError (POST)
    other 4xx, 3xx                 refused         → RefusedError

A GET is sent again through an outage; a POST never: Tamr has no idempotency key, so a second
POST is a second job.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import timezone
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

_TIMEOUT = httpx.Timeout(60, connect=15)
_OUTAGE_SECONDS = 20 * 60  # the least that we promise is 15 minutes
_FIRST_CONTACT_TRIES = 6  # an address that never answered is more likely wrong than down
_CERTIFICATE = "CERTIFICATE_VERIFY_FAILED"  # as OpenSSL words what no second try mends
_LONGEST_GAP = 5 * 60  # between two tries: a longer one is a machine that slept, and no outage
_LONGEST_PAUSE = 30  # the pause that the documentation advises after 429, 500 and 503


@dataclass(frozen=True)
class Response:
    """A readable answer: the JSON body and the server's own clock where it was told."""

    body: Any
    date: datetime | None


class _Retry(Exception):  # noqa: N818 - a signal between two functions, never seen outside
    def __init__(self, why: str, error: Exception, pause: float | None = None) -> None:
        self.why, self.error, self.pause = why, error, pause


class HttpSession:
    """Requests to one tenant; safe to use from several threads."""

    def __init__(  # noqa: PLR0913, PLR0917 - the seams of its tests
        self,
        settings: Settings,
        clock: Clock,
        stop: threading.Event,
        transport: httpx.BaseTransport | None = None,
        on_outage: Callable[[str], None] = lambda _: None,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self.url = settings.url
        self._api_key = settings.api_key
        self._clock, self._stop, self._on_outage = clock, stop, on_outage
        self._met = False
        try:
            self._http = httpx.Client(
                base_url=settings.url + "/api/v1beta1",
                headers={
                    "X-API-KEY": settings.api_key,
                    "User-Agent": _user_agent(),
                    "Accept-Encoding": ENCODING,
                },
                timeout=_TIMEOUT,
                transport=transport,
            )
        except (OSError, ValueError, httpx.InvalidURL) as error:
            raise InputError(
                f"no connection to {settings.url} can be prepared: {error}; check HTTPS_PROXY, "
                "ALL_PROXY and SSL_CERT_FILE in the environment"
            ) from None
        self._exchange = Exchange(self._http, clock, deadline_seconds, is_remote=transport is None)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def get(
        self,
        path: str,
        what: str,
        params: Mapping[str, str] | None = None,
        check: Callable[[Any], object] = lambda _: None,
        most_tries: int | None = None,
    ) -> Response:
        """Send a GET until it is answered: through 20 minutes of outage, and any time of 429.

        `check` raises UnreadableError for a body that has to be asked for again.
        """
        outage, tries, last = 0.0, 0, self._clock.monotonic()
        while True:
            try:
                return self._checked(self._once("GET", path, what, params=params), check)
            except _Retry as trouble:
                now = self._clock.monotonic()
                outage += min(now - last, _LONGEST_GAP)
                last, tries = now, tries + 1
                if isinstance(trouble.error, TooManyRequestsError):
                    outage = 0.0  # a tenant that says so is there
                self._give_up(trouble, what, tries, outage)
                if tries == most_tries:
                    raise TenantUnavailableError(f"{what}: {trouble.why}") from None
                self._on_outage(f"{trouble.why}; trying again")
                self._pause(trouble, tries)

    def post(self, path: str, what: str, body: Mapping[str, Any]) -> Response:
        """Send a POST once. Raises BusyError, AnswerLostError or RefusedError."""
        try:
            return self._once("POST", path, what, json=body)
        except _Retry as trouble:
            raise trouble.error from None

    def _once(self, method: str, path: str, what: str, **request: Any) -> Response:
        try:
            response = self._exchange.send(method, path, **request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            why = f"{self.url} cannot be reached: {self._cause(error)}"
            raise _Retry(why, ResponseLostError(why, sent=False)) from None
        except httpx.HTTPError as error:
            why = f"{self.url} did not answer: {self._cause(error)}"
            raise _Retry(why, ResponseLostError(why)) from None
        except httpx.InvalidURL as error:
            raise TenantUnreachableError(f"{self.url} is no address: {error}") from None
        return self._read(response, what)

    def _read(self, response: httpx.Response, what: str) -> Response:
        body, readable = _json(response)
        body = redact_body(body, self._api_key)
        status, reply = response.status_code, self._words(body, response)
        if status == 429:
            pause = _retry_after(response)
            raise _Retry(
                f"{self.url} is busy: 429 {reply}", TooManyRequestsError(reply, pause), pause
            )
        if status >= 500 or (status == 200 and not readable):
            why = f"{self.url} answered {status} {reply}".rstrip()
            raise _Retry(why, ResponseLostError(why), _retry_after(response))
        self._met = True
        if status != 200:
            raise ApiError(status, reply + self._path_hint(status), what)
        return Response(body, _date(response))

    def _path_hint(self, status: int) -> str:
        path = urlsplit(self.url).path
        if status != 404 or not path:
            return ""
        return f"; tamr:url has the path {path}: is it a part of the tenant's address?"

    def _cause(self, error: Exception) -> str:
        """Return an error's words; httpx quotes what it could not read."""
        return one_line(redact_text(str(error), self._api_key)) or type(error).__name__

    def _words(self, body: object, response: httpx.Response) -> str:
        """Return the server's own words as they can be shown."""
        return one_line(redact_text(_message(body, response), self._api_key))[:500]

    def _checked(self, answer: Response, check: Callable[[Any], object]) -> Response:
        try:
            check(answer.body)
        except InvalidResponseError as error:
            why = f"{self.url} answered 200: {error}"
            raise _Retry(why, ResponseLostError(why)) from None
        return answer

    def _give_up(self, trouble: _Retry, what: str, tries: int, seconds: float) -> None:
        """Raise where it is time to: soon at an address that never answered, late elsewhere."""
        unmet = isinstance(trouble.error, ResponseLostError) and not trouble.error.sent
        wrong_place = " answered 200" in trouble.why
        enough = 1 if _CERTIFICATE in trouble.why else _FIRST_CONTACT_TRIES
        if not self._met and (unmet or wrong_place) and tries >= enough:
            raise TenantUnreachableError(f"{trouble.why}; {_hint(trouble.why, self.url)}") from None
        if seconds >= _OUTAGE_SECONDS:
            raise TenantUnavailableError(
                f"{what}: no answer for {seconds / 60:.0f} minutes ({trouble.why}); run again later"
            ) from None

    def _pause(self, trouble: _Retry, tries: int) -> None:
        pause = min(_LONGEST_PAUSE, 0.25 * 2 ** min(tries, 10))
        pause = max(pause * random.uniform(0.5, 1), trouble.pause or 0)  # noqa: S311 - jitter
        if self._clock.wait(self._stop, pause):
            raise WaitInterruptedError(trouble.why) from None


def _user_agent() -> str:
    return f"tamr-provider/{version('tamr-provider')}"


def _hint(why: str, url: str) -> str:
    """Return what is most likely wrong where nobody ever answered."""
    if _CERTIFICATE in why:
        return "set SSL_CERT_FILE to a file with the certificates of those you trust"
    parts = urlsplit(url)
    if parts.scheme in getproxies() and not proxy_bypass(parts.hostname or ""):
        return "check the address (tamr:url or TAMR_URL) and the proxy in the environment"
    return "is this a Tamr tenant? Check tamr:url or TAMR_URL"


def _json(response: httpx.Response) -> tuple[Any, bool]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None, False
    return body, isinstance(body, dict)


def _message(body: object, response: httpx.Response) -> str:
    """Return the server's own words: the documented form, grpc-gateway's, or the text's start."""
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return str(body["message"])
    kind = response.headers.get("content-type", "").partition(";")[0]
    if response.is_success:
        return f"with something that is not a JSON object ({kind or 'no content type'})"
    if response.is_redirect:
        return f"a redirect to {response.headers.get('location', 'nowhere')}"
    return response.reason_phrase


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header; the other form, a date, is left alone."""
    text = response.headers.get("retry-after", "")
    return min(float(text), 600) if text.isascii() and text.isdigit() else None


def _date(response: httpx.Response) -> datetime | None:
    try:
        date = parsedate_to_datetime(response.headers["date"])
        return date.astimezone(timezone.utc) if date.tzinfo else None
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
