"""One HTTP request: what is sent again, what never is, and what each answer means."""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import TYPE_CHECKING

import httpx
import pytest

from support.fake_clock import FakeClock
from tamr_provider.client.http import HttpSession
from tamr_provider.errors import (
    ApiError,
    InvalidResponseError,
    ResponseLostError,
    TamrError,
    TenantUnavailableError,
    TenantUnreachableError,
    TooManyRequestsError,
    WaitInterruptedError,
)
from tamr_provider.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

Reply = httpx.Response | Exception
SETTINGS = Settings(url="https://acme.tamr.cloud", api_key="s3cret")
OK = httpx.Response(200, json={"jobs": []})


class Script:
    """A transport that answers from a list, its last entry for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.requests = list(replies), list[httpx.Request]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)


def sender(
    script: Script,
    clock: FakeClock | None = None,
    stop: threading.Event | None = None,
    on_outage: Callable[[str], None] = lambda _: None,
    connect_seconds: float | None = None,
) -> HttpSession:
    return HttpSession(
        SETTINGS,
        clock or FakeClock(),
        stop or threading.Event(),
        httpx.MockTransport(script),
        on_outage,
        connect_seconds=connect_seconds,
    )


def test_a_request_is_signed_with_the_key_and_goes_to_the_versioned_path() -> None:
    script = Script(OK)
    sender(script).get("/jobs", "the list", {"pageSize": "30"})
    assert str(script.requests[0].url) == "https://acme.tamr.cloud/api/v1beta1/jobs?pageSize=30"
    assert script.requests[0].headers["X-API-KEY"] == "s3cret"


def test_a_request_names_the_product_and_its_version() -> None:
    script = Script(OK)
    sender(script).get("/jobs", "the list")
    assert script.requests[0].headers["User-Agent"] == f"tamr-provider/{version('tamr-provider')}"


TROUBLE: dict[str, Reply] = {
    "a reset": httpx.ReadError("reset"),
    "a time-out": httpx.ReadTimeout("slow"),
    "a connection that drops": httpx.RemoteProtocolError("gone"),
    "a 500": httpx.Response(500, json={"statusCode": 500, "message": "oops"}),
    "a 503": httpx.Response(503, text="<html>"),
    "a 429": httpx.Response(429, json={"message": "slow down"}),
    "a body that is not JSON": httpx.Response(200, text="<html>hello</html>"),
    "a body that is cut off": httpx.Response(200, text='{"jobs": [{"jobI'),
    "a JSON list": httpx.Response(200, text="[]"),
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
def test_a_get_is_sent_again_after(trouble: Reply) -> None:
    script, clock = Script(OK, trouble, trouble, OK), FakeClock()
    tenant = sender(script, clock)
    tenant.get("/jobs", "the list")
    assert tenant.get("/jobs", "the list").body == {"jobs": []}
    assert len(script.requests) == 4
    assert len(clock.waits) == 2


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
def test_a_post_is_never_sent_again_after(trouble: Reply) -> None:
    script = Script(trouble, OK)
    with pytest.raises((ResponseLostError, TooManyRequestsError)):
        sender(script).post("/jobs", "load a", {})
    assert len(script.requests) == 1


def test_a_get_lasts_through_15_minutes_of_outage_with_bounded_requests() -> None:
    clock = FakeClock()
    script = Script(OK, httpx.Response(503))
    tenant = sender(script, clock)
    tenant.get("/jobs", "the list")
    clock.at_wait = lambda: script.replies.insert(0, OK) if clock.elapsed > 15 * 60 else None
    tenant.get("/jobs", "the list")
    assert 15 * 60 < clock.elapsed < 20 * 60
    assert len(script.requests) < 80


def test_a_tenant_that_is_busy_for_an_hour_is_no_outage() -> None:
    clock, script = FakeClock(), Script(httpx.Response(429, json={"message": "slow down"}))
    clock.at_wait = lambda: script.replies.insert(0, OK) if clock.elapsed > 3600 else None
    assert sender(script, clock).get("/jobs", "the list").body == {"jobs": []}
    assert len(script.requests) < 250


def test_an_outage_of_more_than_20_minutes_ends_the_wait_as_not_finished() -> None:
    script = Script(OK, httpx.ConnectError("refused"))
    tenant = sender(script)
    tenant.get("/jobs", "the list")
    with pytest.raises(TenantUnavailableError, match="no response for 20 minutes") as raised:
        tenant.get("/jobs", "the list of jobs")
    assert raised.value.exit_code == 75


@pytest.mark.parametrize(
    "wrong",
    [httpx.ConnectError("Name or service not known"), httpx.Response(200, text="<html>")],
    ids=["nothing answers", "something else answers"],
)
def test_an_address_that_never_was_a_tenant_is_reported_within_seconds(wrong: Reply) -> None:
    clock = FakeClock()
    with pytest.raises(TenantUnreachableError, match="Check tamr:url or TAMR_URL") as raised:
        sender(Script(wrong), clock).get("/jobs", "the list")
    assert raised.value.exit_code == 2
    assert clock.elapsed < 30


def test_a_tenant_that_is_only_down_at_first_contact_is_waited_for() -> None:
    script = Script(*[httpx.Response(503)] * 10, OK)
    assert sender(script).get("/jobs", "the list").body == {"jobs": []}


def test_a_pause_never_falls_below_what_retry_after_asks() -> None:
    clock = FakeClock()
    script = Script(httpx.Response(429, headers={"Retry-After": "77"}), OK)
    sender(script, clock).get("/jobs", "the list")
    assert clock.waits == [77]


def test_an_interrupt_ends_a_pause_at_once() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(WaitInterruptedError):
        sender(Script(httpx.Response(503)), stop=stop).get("/jobs", "the list")


BODIES = {
    "the documented form": httpx.Response(404, json={"statusCode": 404, "message": "no such job"}),
    "grpc-gateway's form": httpx.Response(
        404, json={"code": 5, "message": "no such job", "details": []}
    ),
}


@pytest.mark.parametrize("reply", BODIES.values(), ids=BODIES.keys())
def test_a_refusal_carries_the_servers_own_message_from(reply: httpx.Response) -> None:
    with pytest.raises(ApiError, match="Tamr refused job x: 404 no such job") as raised:
        sender(Script(reply)).get("/jobs/x", "job x")
    assert raised.value.status == 404


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 301])
def test_a_refusal_is_believed_at_once_whatever_its_body(status: int) -> None:
    script = Script(httpx.Response(status, text="<h1>no</h1>"))
    with pytest.raises(ApiError):
        sender(script).get("/jobs", "the list")
    with pytest.raises(ApiError):
        sender(script).post("/jobs", "load a", {})
    assert len(script.requests) == 2


def test_a_refused_key_is_explained_and_not_shown() -> None:
    script = Script(httpx.Response(401, json={"message": "unauthorized"}))
    with pytest.raises(ApiError, match="Check TAMR_API_KEY, or create a key") as raised:
        sender(script).get("/jobs", "the list")
    assert "s3cret" not in str(raised.value)


def test_a_post_that_never_left_is_told_from_one_whose_answer_was_lost() -> None:
    for error, sent in ((httpx.ConnectError("refused"), False), (httpx.ReadTimeout("slow"), True)):
        with pytest.raises(ResponseLostError) as raised:
            sender(Script(error)).post("/jobs", "load a", {})
        assert raised.value.sent is sent


def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else() -> None:
    script = Script(httpx.Response(302, headers={"location": "https://elsewhere.example"}))
    with pytest.raises(ApiError, match="a redirect to https://elsewhere.example"):
        sender(script).get("/jobs", "the list")
    assert len(script.requests) == 1


def test_the_servers_clock_is_read_where_it_is_told() -> None:
    dated = httpx.Response(200, json={}, headers={"Date": "Fri, 20 Nov 2026 12:00:00 GMT"})
    date = sender(Script(dated)).get("/jobs", "the list").date
    assert date is not None
    assert date.isoformat() == "2026-11-20T12:00:00+00:00"
    assert sender(Script(httpx.Response(200, json={}))).get("/jobs", "").date is None


def test_an_outage_is_told_with_its_reason() -> None:
    told: list[str] = []
    script = Script(httpx.Response(503, json={"message": "maintenance"}), OK)
    sender(script, on_outage=told.append).get("/jobs", "the list")
    assert told == ["https://acme.tamr.cloud returned 503 maintenance; retrying"]


def test_every_httpx_error_is_one_of_ours() -> None:
    """A new version of httpx with an error of its own must not surface as a traceback."""
    kinds = [
        kind
        for kind in vars(httpx).values()
        if isinstance(kind, type) and issubclass(kind, httpx.RequestError)
    ]
    assert len(kinds) > 10
    for kind in kinds:
        with pytest.raises(TamrError):
            sender(Script(kind("boom"))).post("/jobs", "load a", {})


def test_a_404_below_a_path_names_the_path() -> None:
    settings = Settings(url="https://acme.tamr.cloud/tenant", api_key="s3cret")
    transport = httpx.MockTransport(Script(httpx.Response(404, json={"message": "no page"})))
    with pytest.raises(ApiError, match="the path /tenant belongs in tamr:url"):
        HttpSession(settings, FakeClock(), threading.Event(), transport).get("/jobs", "the list")


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 20 Nov 2026 12:00:00 +99999999999999",
        "Fri, 20 Nov 99999999999999999999 12:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1400",
        "Fri, 20 Nov 2026 12:00:00",
        "soon",
    ],
)
def test_a_date_that_is_none_is_left_alone(text: str) -> None:
    reply = httpx.Response(200, json={}, headers={"Date": text})
    assert sender(Script(reply)).get("/jobs", "the list").date is None


@pytest.mark.parametrize("text", ["²", "٣", "-5", "1e3", "", "Fri, 20 Nov 2026 12:00:00 GMT"])
def test_a_retry_after_that_is_no_number_is_left_alone(text: str) -> None:
    reply = httpx.Response(429, headers=[(b"Retry-After", text.encode("utf-8"))])
    with pytest.raises(TooManyRequestsError) as raised:
        sender(Script(reply)).post("/jobs", "load a", {})
    assert raised.value.retry_after is None


def test_a_body_that_fails_its_check_is_asked_for_again() -> None:
    script = Script(httpx.Response(200, json={"odd": 1}), OK)

    def check(body: dict[str, object]) -> None:
        if "odd" in body:
            raise InvalidResponseError("it is odd")

    assert sender(script).get("/jobs", "the list", check=check).body == {"jobs": []}
    assert len(script.requests) == 2


def test_an_optional_request_ends_after_its_maximum_of_attempts() -> None:
    script = Script(OK, httpx.ReadError("reset"))
    tenant = sender(script)
    tenant.get("/jobs", "the list")
    with pytest.raises(TenantUnavailableError):
        tenant.get("/jobs", "the list", max_attempts=3)
    assert len(script.requests) == 4


REFUSED = httpx.ConnectError("connection refused")


@pytest.mark.parametrize(
    ("replies", "error"),
    [([REFUSED], TenantUnreachableError), ([OK, REFUSED], TenantUnavailableError)],
    ids=["never reached", "gone"],
)
def test_who_only_reads_gives_up_a_tenant_without_a_connection(
    replies: list[Reply], error: type[TamrError]
) -> None:
    clock, texts = FakeClock(), list[str]()
    tenant = sender(Script(*replies), clock, on_outage=texts.append, connect_seconds=3)
    for _ in replies[1:]:
        tenant.get("/jobs", "the list")
    with pytest.raises(error, match="connection refused"):
        tenant.get("/jobs", "the list")
    assert clock.elapsed == 3
    assert texts == []  # The error says it all.


def test_who_only_reads_waits_for_a_tenant_that_responds_with_errors() -> None:
    clock = FakeClock()
    script = Script(httpx.Response(503), httpx.Response(503), httpx.Response(503), OK)
    clock.at_wait = lambda: setattr(clock, "elapsed", clock.elapsed + 10)
    assert sender(script, clock, connect_seconds=3).get("/jobs", "the list").body == {"jobs": []}
