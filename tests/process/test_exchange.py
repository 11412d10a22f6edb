"""One response has one deadline and one size, and never shows the API key; real sockets."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from support.fake_clock import FakeClock
from support.processes import TAMR, environment
from support.raw_server import slow_tenant
from tamr_provider.client.exchange import MAX_BYTES, Exchange
from tamr_provider.client.http import HttpSession
from tamr_provider.client.jobs import JobsClient
from tamr_provider.client.redaction import redact_body
from tamr_provider.errors import ApiError, ResponseLostError, TamrError, TenantUnavailableError
from tamr_provider.models import Configuration
from tamr_provider.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

KEY = "s3cret-key"
URL = "https://acme.tamr.cloud"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
JOB = {"configuration": {"load": {"sourceId": "src_crm"}}}


class TickingClock(FakeClock):
    """A clock that two seconds pass on whenever somebody reads it."""

    def monotonic(self) -> float:
        self.elapsed += 2
        return self.elapsed


def sender(url: str, clock: FakeClock, deadline_seconds: float = 60) -> HttpSession:
    settings = Settings(url=url, api_key=KEY)
    return HttpSession(settings, clock, threading.Event(), deadline_seconds=deadline_seconds)


def answering(*replies: httpx.Response) -> HttpSession:
    left = list(replies)
    transport = httpx.MockTransport(lambda _: left.pop(0) if len(left) > 1 else left[0])
    settings = Settings(url=URL, api_key=KEY)
    return HttpSession(settings, FakeClock(), threading.Event(), transport)


def test_a_response_that_drips_is_lost_after_one_deadline() -> None:
    clock = TickingClock()
    with slow_tenant(HEAD, endless=b" ") as url:
        tenant = sender(url, clock)
        with pytest.raises(
            ResponseLostError, match="no complete response within 60 seconds"
        ) as raised:
            tenant.post("/jobs", "load src_crm", JOB)
        assert raised.value.sent
        assert 60 < clock.elapsed <= 66
        tenant.close()


def test_headers_that_never_end_are_lost_after_the_same_deadline() -> None:
    with slow_tenant(b"HTTP/1.1 200 OK\r\nX-A: b\r\n", is_held=True) as url:
        tenant = sender(url, FakeClock(), deadline_seconds=0.3)
        with pytest.raises(ResponseLostError, match=r"no complete response within 0\.3 seconds"):
            tenant.post("/jobs", "load src_crm", JOB)
        tenant.close()


def test_a_get_that_drips_is_sent_again_until_the_outage_is_long() -> None:
    clock, said = TickingClock(), list[str]()
    with slow_tenant(HEAD, endless=b" ") as url:
        settings = Settings(url=url, api_key=KEY)
        tenant = HttpSession(settings, clock, threading.Event(), on_outage=said.append)
        with pytest.raises(TenantUnavailableError, match="no response for 2. minutes"):
            tenant.get("/jobs", "the list of jobs")
        tenant.close()
    assert len(said) > 5
    assert all("no complete response within 60 seconds" in text for text in said)


def packed(size: int) -> bytes:
    body = gzip.compress(b'{"jobs": []}' + b" " * size)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_a_response_packed_with_gzip_is_read() -> None:
    with slow_tenant(packed(1_000_000)) as url:
        tenant = sender(url, FakeClock())
        assert tenant.get("/jobs", "the list of jobs").body == {"jobs": []}
        tenant.close()


@pytest.mark.parametrize(
    "reply",
    [packed(300_000_000), HEAD.replace(b"1000000", b"300000000")],
    ids=["a gzip bomb", "a body of 300 MB"],
)
def test_a_response_of_300_mb_is_lost_and_never_in_memory(reply: bytes) -> None:
    endless = b"" if b"gzip" in reply else b" " * 65_536
    with slow_tenant(reply, endless=endless) as url:
        code = (
            "import resource, sys, threading\n"
            "from tamr_provider.client.http import HttpSession, redact_body\n"
            "from tamr_provider.clock import SystemClock\n"
            "from tamr_provider.errors import ResponseLostError\n"
            "from tamr_provider.settings import Settings\n"
            "settings = Settings(url=sys.argv[1], api_key='k')\n"
            "tenant = HttpSession(settings, SystemClock(), threading.Event())\n"
            "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "try:\n"
            "    tenant.post('/jobs', 'load a', {})\n"
            "except ResponseLostError as error:\n"
            "    print(error)\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, url], capture_output=True, text=True, check=True
        )
    said, grown = done.stdout.splitlines()
    assert "the response is longer than 16 MB" in said
    page = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss
    assert int(grown) * page < 4 * MAX_BYTES


def test_an_encoding_that_nobody_asked_for_is_a_lost_response() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"
    with slow_tenant(reply) as url:
        tenant = sender(url, FakeClock())
        with pytest.raises(ResponseLostError, match="an unsupported encoding: br"):
            tenant.post("/jobs", "load src_crm", JOB)
        tenant.close()


ECHOES = {
    "a refusal": httpx.Response(400, json={"message": f"no user has {KEY}"}),
    "a refused key": httpx.Response(401, json={"message": f"{KEY} is not known"}),
    "a busy tenant": httpx.Response(429, json={"message": f"{KEY} is busy"}),
    "an outage": httpx.Response(500, json={"message": f"crash for {KEY}"}),
    "a redirect": httpx.Response(302, headers={"location": f"https://x.example/?key={KEY}"}),
    "a phrase": httpx.Response(404, extensions={"reason_phrase": f"no {KEY}".encode()}),
    "something else": httpx.Response(200, text="x", headers={"content-type": f"a/{KEY}"}),
    "no job": httpx.Response(200, json={"said": f"hello {KEY}"}),
}


@pytest.mark.parametrize("reply", ECHOES.values(), ids=ECHOES.keys())
def test_the_key_is_blotted_out_of_an_error_when_echoed_by(reply: httpx.Response) -> None:
    client = JobsClient(answering(reply))
    with pytest.raises(TamrError) as raised:
        client.create_job(Configuration.load("src_crm"))
    assert KEY not in str(raised.value)
    assert "***" in str(raised.value)


def test_the_key_is_blotted_out_of_a_header_that_cannot_be_read() -> None:
    with slow_tenant(f"HTTP/1.1 200 OK\r\nno header {KEY}\r\n\r\n".encode()) as url:
        tenant = sender(url, FakeClock())
        with pytest.raises(ResponseLostError, match=r"illegal header line.*\*\*\*"):
            tenant.post("/jobs", "load src_crm", JOB)
        tenant.close()


def test_the_key_is_blotted_out_of_a_list_that_is_none() -> None:
    reply = httpx.Response(200, json={"jobs": f"none for {KEY}"})
    with pytest.raises(TamrError, match=r"none for \*\*\*"):
        JobsClient(answering(reply)).list_jobs()


def test_the_key_is_blotted_out_of_a_failed_jobs_message() -> None:
    error = {"reason": "LOGIN", "message": f"login with {KEY} failed"}
    body = {"jobId": "job_1", "status": {"state": "DONE", "error": error}}
    job = JobsClient(answering(httpx.Response(200, json=body))).get_job("job_1")
    assert job.status.message == "login with *** failed"


def test_ids_and_tokens_stay_when_the_key_is_a_part_of_them() -> None:
    body = {"jobs": [{"jobId": "job_demo", "state": "demo"}], "nextPageToken": "demo"}
    assert redact_body(body, "demo") == body
    assert redact_body({"message": "of demo"}, "demo") == {"message": "of ***"}


def test_a_servers_message_moves_no_cursor_and_stays_on_one_line() -> None:
    message = "no\r\n::error::x\x1b[2J\x1b]0;t\x07 \u202eabc ##[error]y"
    with pytest.raises(ApiError) as raised:
        answering(httpx.Response(400, json={"message": message})).get("/jobs", "the list")
    said = str(raised.value)
    assert said == (
        r"Tamr refused the list: 400 no ::error::x\x1b[2J\x1b]0;t\x07 \u202eabc \x23#[error]y"
    )


def test_a_key_echoed_by_a_tenant_reaches_no_output(tmp_path: Path) -> None:
    reply = b'{"statusCode": 403, "message": "%s may not"}' % KEY.encode()
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(reply)}\r\n\r\n".encode()
    with slow_tenant(head + reply) as url:
        done = subprocess.run(
            [*TAMR, "jobs", "list"],
            cwd=tmp_path,
            env=environment(TAMR_URL=url, TAMR_API_KEY=KEY, TAMR_STACK=""),
            capture_output=True,
            text=True,
            check=False,
        )
    assert "*** may not" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_a_connection_that_is_never_made_is_given_up() -> None:
    """A name may take minutes to be resolved."""
    release = threading.Event()

    class Resolving(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            release.wait(60)
            raise httpx.ConnectError("too late", request=request)

    http = httpx.Client(base_url=URL, transport=Resolving())
    exchange = Exchange(http, FakeClock(), 60, is_remote=True, connect_seconds=0.1)
    try:
        with pytest.raises(httpx.ConnectTimeout, match="no connection within 0.1 seconds"):
            exchange.send("GET", "/jobs")
    finally:
        release.set()


def test_a_connection_may_wait_longer_for_its_response() -> None:
    with slow_tenant(HEAD, endless=b" ") as url:
        http = httpx.Client(base_url=url)
        exchange = Exchange(http, TickingClock(), 60, is_remote=True, connect_seconds=50)
        with pytest.raises(httpx.ReadTimeout, match="no complete response within 60 seconds"):
            exchange.send("GET", "/jobs")
