"""The client reads every sample of the wire as the API's documentation means it."""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.fake_clock import FakeClock
from tamr_provider.client.http import HttpSession
from tamr_provider.client.jobs import JobsClient
from tamr_provider.errors import (
    ApiError,
    InvalidResponseError,
    ResponseLostError,
    TamrError,
    TooManyRequestsError,
)
from tamr_provider.models import Configuration, Job
from tamr_provider.settings import Settings
from tamr_provider.timestamps import parse_timestamp

SAMPLES = sorted((Path(__file__).parents[1] / "wire").glob("*.json"))
SETTINGS = Settings(url="https://acme.tamr.cloud", api_key="k")
# Enough that a GET that is sent again gives up without any time passing.
FOREVER = 24 * 3600


class Sample:
    """One sample: what was asked, what came, and what it means."""

    def __init__(self, path: Path) -> None:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.request, self.status, self.means = (
            content["request"],
            content["status"],
            content["means"],
        )
        self.content = (
            content["raw"].encode() if "raw" in content else json.dumps(content["body"]).encode()
        )
        self.seen: list[httpx.Request] = []
        self.clock = FakeClock()
        self.clock.at_wait = self._end_the_outage

    def _end_the_outage(self) -> None:
        self.clock.elapsed += FOREVER

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return httpx.Response(self.status, content=self.content)

    def client(self) -> JobsClient:
        transport = httpx.MockTransport(self._answer)
        return JobsClient(HttpSession(SETTINGS, self.clock, threading.Event(), transport))

    def job(self) -> Job:
        path = self.request["path"]
        if self.request["method"] == "POST":
            body = self.request["body"]["configuration"]
            return self.client().create_job(Configuration.from_wire(body))
        return self.client().get_job(path.rpartition("/")[2])


def samples(*kinds: str) -> pytest.MarkDecorator:
    chosen = [sample for sample in SAMPLES if sample.stem.split("_")[0] in kinds]
    assert chosen
    return pytest.mark.parametrize("path", chosen, ids=lambda path: path.stem)


@samples("create", "get")
def test_a_job_is_read_as_documented(path: Path) -> None:
    sample = Sample(path)
    job, means = sample.job(), sample.means
    assert job.id == means["jobId"]
    assert job.configuration.type == means["type"]
    assert dict(job.configuration.ids) == means["ids"]
    assert job.state == means["state"]
    assert (job.outcome or None) == means["outcome"]
    for name, value in (
        ("createdAt", job.created_at),
        ("startedAt", job.started_at),
        ("finishedAt", job.finished_at),
    ):
        expected = means[name]
        assert value == (parse_timestamp(expected) if expected else None), name
    assert job.status.reason == (means.get("reason") or "")
    assert job.status.message == (means.get("message") or "")


@samples("create")
def test_a_create_sends_exactly_the_documented_body(path: Path) -> None:
    sample = Sample(path)
    sample.job()
    (sent,) = sample.seen
    assert json.loads(sent.read()) == sample.request["body"]
    assert (sent.method, sent.url.path) == ("POST", sample.request["path"])


@samples("list")
def test_a_page_of_jobs_is_read_as_documented(path: Path) -> None:
    sample = Sample(path)
    jobs = sample.client().list_jobs(max_pages=1)
    assert [job.id for job in jobs] == sample.means["jobIds"]


@samples("list")
def test_paging_goes_on_exactly_while_there_is_a_token(path: Path) -> None:
    sample = Sample(path)
    # The sample answers every page, so a second one shows a token that came already.
    with contextlib.suppress(InvalidResponseError):
        sample.client().list_jobs()
    tokens = [request.url.params.get("pageToken") for request in sample.seen]
    token = sample.means["nextPageToken"]
    assert tokens == ([None, token] if token else [None])


@samples("stop")
def test_a_stop_posts_an_empty_object_to_the_jobs_own_path(path: Path) -> None:
    sample = Sample(path)
    job_id = sample.request["path"].rpartition("/")[2].removesuffix(":stop")
    sample.client().stop_job(job_id)
    (sent,) = sample.seen
    assert json.loads(sent.read()) == {}
    assert sent.url.path == sample.request["path"]


@samples("error")
def test_an_error_is_read_from_whichever_body_comes(path: Path) -> None:
    sample = Sample(path)
    method = sample.request["method"]
    with pytest.raises(TamrError) as raised:
        sample.job()
    if method == "POST" and sample.status >= 500:
        assert isinstance(raised.value, ResponseLostError)
    elif sample.status == 429:
        assert method == "GET" or isinstance(raised.value, TooManyRequestsError)
    elif sample.status < 500:
        assert isinstance(raised.value, ApiError)
        assert raised.value.status == sample.status
    if sample.means.get("message"):
        assert sample.means["message"] in str(raised.value)


def test_an_id_is_sent_as_it_is_whatever_signs_it_has() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404, json={"message": "no"})

    transport = httpx.MockTransport(answer)
    client = JobsClient(HttpSession(SETTINGS, FakeClock(), threading.Event(), transport))
    with pytest.raises(ApiError):
        client.get_job("job_ä/../x?y=1")
    assert seen[0].url.raw_path == b"/api/v1beta1/jobs/job_%C3%A4%2F..%2Fx%3Fy%3D1"
