"""The door with a socket."""

from __future__ import annotations

import http.client
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.emulator_transport import JOBS
from tamr_provider.emulator import Emulator, Options
from tamr_provider.emulator.fault_file import parse_fault_rules
from tamr_provider.emulator.server import PortTakenError, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = {"X-API-KEY": "k"}
LOAD = {"configuration": {"load": {"sourceId": "src_crm"}}}


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    servers: list[Server] = []

    def start(**options: Any) -> str:
        servers.append(Server(Emulator(Options(**options))))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()


def spoiled(serve: Callable[..., str], **rule: Any) -> str:
    return serve(fault_rules=parse_fault_rules({"answers": [rule]}))


def connection(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)


def test_a_connection_is_kept_for_many_requests(serve: Callable[..., str]) -> None:
    line = connection(serve())
    line.connect()
    before = line.sock
    for path in (JOBS, "/nowhere", JOBS):
        line.request("GET", path, headers=KEY)
        answer = line.getresponse()
        answer.read()
        assert answer.version == 11
        assert len(answer.headers.get_all("Date", [])) == 1
    assert line.sock is before
    line.close()


def test_a_job_is_started_over_the_socket(serve: Callable[..., str]) -> None:
    with httpx.Client(base_url=serve(), headers=KEY) as client:
        job_id = client.post(JOBS, json=LOAD).json()["jobId"]
        assert client.get(f"{JOBS}/{job_id}").json()["status"]["state"] == "PENDING"
        assert client.post(f"{JOBS}/{job_id}:stop", json={}).json() == {}
        assert client.get(JOBS).json()["jobs"][0]["status"]["state"] == "DONE"


def test_of_many_creates_at_once_as_many_succeed_as_there_are_slots(
    serve: Callable[..., str],
) -> None:
    with httpx.Client(base_url=serve(), headers=KEY) as client, ThreadPoolExecutor(8) as pool:
        codes = pool.map(lambda _: client.post(JOBS, json=LOAD).status_code, range(16))
        assert sorted(codes) == [200] * 5 + [429] * 11
        assert len(client.get(JOBS).json()["jobs"]) == 5


@pytest.mark.parametrize(("fault", "jobs"), [("lost-before", 0), ("lost-after", 1), ("cut", 1)])
def test_a_lost_or_cut_answer_closes_the_connection(
    serve: Callable[..., str], fault: str, jobs: int
) -> None:
    url = spoiled(serve, call="create", fault=fault)
    with httpx.Client(base_url=url, headers=KEY) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(JOBS, json=LOAD)
        assert len(client.get(JOBS).json().get("jobs", [])) == jobs


def test_a_delay_is_a_delay(serve: Callable[..., str]) -> None:
    url = spoiled(serve, call="create", fault="delayed", seconds=3600)
    with httpx.Client(base_url=url, headers=KEY) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post(JOBS, json=LOAD, timeout=httpx.Timeout(10, read=0.05))
        assert client.get(JOBS).json() == {}


def test_a_head_request_gets_no_body(serve: Callable[..., str]) -> None:
    with httpx.Client(base_url=serve(), headers=KEY) as client:
        assert client.head(JOBS).status_code == 404
        assert client.get(JOBS).json() == {}


@pytest.mark.parametrize("header", [("Transfer-Encoding", "chunked"), ("Content-Length", "many")])
def test_a_body_of_unknown_length_is_400(
    serve: Callable[..., str], header: tuple[str, str]
) -> None:
    line = connection(serve())
    line.putrequest("POST", JOBS)
    line.putheader(*header)
    line.endheaders()
    assert line.getresponse().status == 400
    line.close()


def test_a_taken_port_is_an_error_that_names_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"cannot use port {port}: "):
            Server(Emulator(), port)


def test_a_closed_server_ends_kept_connections_and_frees_its_port() -> None:
    with httpx.Client(headers=KEY) as client:
        first = Server(Emulator())
        client.post(f"{first.url}{JOBS}", json=LOAD).raise_for_status()
        first.close()
        with pytest.raises(httpx.TransportError):
            client.get(f"{first.url}{JOBS}")
        port = int(first.url.rpartition(":")[2])
        with Server(Emulator(), port) as second:
            assert client.get(f"{second.url}{JOBS}").json() == {}
