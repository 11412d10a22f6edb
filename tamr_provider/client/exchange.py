"""One request and its whole response, within one deadline and one size.

httpx limits the time of each read, not of all of them, and neither the length of a body nor what
it unpacks to: a byte every two seconds, or a megabyte of gzip, would hang or kill a run.
"""

from __future__ import annotations

import threading
import zlib
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamr_provider.clock import Clock

DEADLINE_SECONDS = 60.0
MAX_BYTES = 16 * 2**20  # After unpacking; a page of 30 jobs is below 100 KB.
ENCODING = "gzip"  # The one that we unpack; asked for in every request.
_CHUNK_BYTES = 65_536


class Exchange:
    """Sends requests with a client; safe to use from several threads.

    A response that is late, too long or unpacks to something else raises an httpx.HTTPError, as
    a connection that breaks does.
    """

    def __init__(
        self, http: httpx.Client, clock: Clock, deadline_seconds: float, *, is_remote: bool
    ) -> None:
        self._http = http
        self._clock = clock
        self._deadline_seconds = deadline_seconds
        self._is_remote = is_remote

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Return the whole response.

        httpx offers no way to interrupt the reading of headers, so a thread reads, and is left
        alone if the deadline passes: it ends with its connection. A transport within this process
        has no headers to wait for.
        """
        if not self._is_remote:
            return self._read(method, path, request)
        result: Future[httpx.Response] = Future()

        def work() -> None:
            try:
                result.set_result(self._read(method, path, request))
            except BaseException as error:  # noqa: BLE001 - raised where the result is read
                result.set_exception(error)

        threading.Thread(target=work, name=f"{method} {path}", daemon=True).start()
        try:
            return result.result(self._deadline_seconds)
        except FutureTimeoutError:
            raise self._late() from None

    def _read(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        began = self._clock.monotonic()
        body = bytearray()
        with self._http.stream(method, path, **request) as response:
            for chunk in _unpacked(response):
                if self._clock.monotonic() - began > self._deadline_seconds:
                    raise self._late()
                if len(body) + len(chunk) > MAX_BYTES:
                    raise httpx.DecodingError(f"the response is longer than {MAX_BYTES >> 20} MB")
                body += chunk
        # As bytes: a header may hold what is no ASCII.
        headers = [pair for pair in response.headers.raw if pair[0].lower() not in _PACKING]
        return httpx.Response(
            response.status_code,
            headers=headers,
            content=bytes(body),
            extensions=response.extensions,
        )

    def _late(self) -> httpx.ReadTimeout:
        return httpx.ReadTimeout(f"no whole response within {self._deadline_seconds:g} seconds")


_PACKING = (b"content-encoding", b"content-length", b"transfer-encoding")


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """Yield a body in pieces of bounded size; httpx itself unpacks 64 KB to up to 64 MB at once."""
    if response.is_stream_consumed:  # A transport within this process hands over the whole body.
        return response.iter_bytes(_CHUNK_BYTES)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return response.iter_raw()
    if encoding == ENCODING:
        return _inflated(response.iter_raw())
    raise httpx.DecodingError(f"the response has an encoding that was not asked for: {encoding}")


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: with gzip's own header
    try:
        for chunk in chunks:
            packed = chunk
            while packed and not inflater.eof:
                yield inflater.decompress(packed, _CHUNK_BYTES)
                packed = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise httpx.DecodingError(f"the response cannot be unpacked: {error}") from None
