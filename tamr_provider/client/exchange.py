"""Exchange of one request for one complete response, within a deadline and a maximum size.

httpx limits the time of one read, not of all reads, and does not limit the size of a body before
or after decompression: a byte every two seconds or a megabyte of gzip could hang or kill a run.
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
MAX_BYTES = 16 * 2**20  # After decompression. A page of 30 jobs is below 100 KB.
ENCODING = "gzip"  # The only encoding that `_decompress` supports.
_CHUNK_BYTES = 65_536


class Exchange:
    """Sends requests; a late, long or wrongly encoded response raises an httpx.HTTPError."""

    def __init__(
        self,
        http: httpx.Client,
        clock: Clock,
        deadline_seconds: float,
        *,
        is_remote: bool,
        connect_seconds: float | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._deadline_seconds = deadline_seconds
        self._is_remote = is_remote
        self._connect_seconds = connect_seconds

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Return the complete response.

        httpx cannot interrupt the reading of headers, so a thread reads. After the deadline that
        thread is abandoned and ends with its connection. An in-process transport needs no thread.
        Nor can httpx limit how long a name is resolved, so `connect_seconds` are counted here, of
        which only a session that sends no POST has any: the abandoned thread may still connect.
        """
        if not self._is_remote:
            return self._read(method, path, request)
        result: Future[httpx.Response] = Future()
        is_connected = threading.Event()
        result.add_done_callback(lambda _: is_connected.set())

        def trace(event: str, _: object) -> None:
            if event.endswith(_CONNECTED):
                is_connected.set()

        def work() -> None:
            try:
                traced = {**request, "extensions": {"trace": trace}}
                result.set_result(self._read(method, path, traced))
            except BaseException as error:  # noqa: BLE001 - raised again by result.result()
                result.set_exception(error)

        threading.Thread(target=work, name=f"{method} {path}", daemon=True).start()
        limit = self._connect_seconds
        if limit is not None and not is_connected.wait(limit):
            raise httpx.ConnectTimeout(f"no connection within {limit:g} seconds")
        try:
            return result.result(self._deadline_seconds)
        except FutureTimeoutError:
            raise self._timeout() from None

    def _read(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        started_at = self._clock.monotonic()
        body = bytearray()
        with self._http.stream(method, path, **request) as response:
            for chunk in _decompress(response):
                if self._clock.monotonic() - started_at > self._deadline_seconds:
                    raise self._timeout()
                if len(body) + len(chunk) > MAX_BYTES:
                    raise httpx.DecodingError(f"the response is longer than {MAX_BYTES >> 20} MB")
                body += chunk
        # Copied as bytes because headers may contain non-ASCII characters.
        raw = response.headers.raw
        headers = [pair for pair in raw if pair[0].lower() not in _ENCODING_HEADERS]
        status, extensions = response.status_code, response.extensions
        return httpx.Response(status, headers=headers, content=bytes(body), extensions=extensions)

    def _timeout(self) -> httpx.ReadTimeout:
        return httpx.ReadTimeout(f"no complete response within {self._deadline_seconds:g} seconds")


_CONNECTED = ".send_request_headers.started"  # What httpcore reports once it has a connection.
_ENCODING_HEADERS = (b"content-encoding", b"content-length", b"transfer-encoding")


def _decompress(response: httpx.Response) -> Iterator[bytes]:
    """Yield a body in chunks of bounded size; httpx can expand 64 KB to 64 MB in one chunk."""
    if response.is_stream_consumed:  # An in-process transport returns the complete body.
        return response.iter_bytes(_CHUNK_BYTES)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return response.iter_raw()
    if encoding == ENCODING:
        return _inflate(response.iter_raw())
    raise httpx.DecodingError(f"the response has an unsupported encoding: {encoding}")


def _inflate(chunks: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16 selects the gzip format.
    try:
        for chunk in chunks:
            packed = chunk
            while packed and not inflater.eof:
                yield inflater.decompress(packed, _CHUNK_BYTES)
                packed = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise httpx.DecodingError(f"the response cannot be decompressed: {error}") from None
