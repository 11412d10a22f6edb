"""The four calls of the Jobs API, one method each; no policy, no waiting but the GETs' own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tamr_provider.client.ids import PAGE, where_to_find
from tamr_provider.errors import ApiError, InvalidResponseError, ResponseLostError
from tamr_provider.models import Configuration, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tamr_provider.client.http import HttpSession, Response

PAGE_SIZE = 30  # the documented maximum
# Which of them an unknown id gets is not documented.
_WRONG_ID = (400, 404)
_SIGNS_OF_AN_ERROR = {"statusCode", "code", "message", "error"}


class JobsClient:
    """Tamr's Jobs API on one tenant.

    `heard` is called with the server's `Date` of every answer that carries one.
    """

    def __init__(
        self, sender: HttpSession, heard: Callable[[datetime], None] = lambda _: None
    ) -> None:
        self.url = sender.url
        self._sender, self.on_server_time = sender, heard

    def list_jobs(self, filter_: str = "", pages: int | None = None) -> list[Job]:
        """Return the jobs that the filter lets through, each once; all pages unless told fewer."""
        jobs: dict[str, Job] = {}
        for number, page in enumerate(self.pages(filter_), start=1):
            # Jobs may move between pages while they start, so repeated ids are dropped.
            jobs.update((job.id, job) for job in page)
            if number == pages:
                break
        return list(jobs.values())

    def page(self, filter_: str = "", token: str = "", tries: int | None = None) -> dict[str, Any]:
        """Return one page of the list as Tamr sent it.

        `tries` is how often it is sent at most; None is through the longest outage.
        """
        params = {"pageSize": str(PAGE_SIZE), "filter": filter_, "pageToken": token}
        set_params = {key: value for key, value in params.items() if value}
        answer = self._sender.get("/jobs", "the list of jobs", set_params, _jobs_of, tries)
        return self._body(answer)

    def get_job(self, job_id: str) -> Job:
        """Return one job. Raises RefusedError (404) where the tenant does not know it."""
        path = f"/jobs/{quote(job_id, safe='')}"
        answer = self._sender.get(path, f"job {job_id}", check=Job.from_wire)
        return Job.from_wire(self._body(answer))

    def create_job(self, configuration: Configuration) -> Job:
        """Start a job, sending the POST once.

        Raises BusyError, RefusedError, or AnswerLostError where it may have started all the same.
        """
        what, body = str(configuration), {"configuration": configuration.to_wire()}
        try:
            answer = self._sender.post("/jobs", what, body)
        except ApiError as error:
            if error.status not in _WRONG_ID:
                raise
            hint = f"{where_to_find(configuration)}; see {PAGE}"
            raise ApiError(error.status, error.reply, what, hint) from None
        self._note(answer)
        try:
            return Job.from_wire(answer.body)
        except InvalidResponseError as error:
            raise ResponseLostError(str(error)) from None

    def stop_job(self, job_id: str) -> None:
        """Ask a job to stop; it may still succeed or fail, so look until it is DONE."""
        path = f"/jobs/{quote(job_id, safe='')}:stop"
        self._note(self._sender.post(path, f"to stop {job_id}", {}))

    def close(self) -> None:
        """Let go of the connections."""
        self._sender.close()

    def pages(self, filter_: str, tries: int | None = None) -> Iterator[list[Job]]:
        """Yield the list page by page, each when it is asked for."""
        token, seen = "", set[str]()
        while True:
            body = self.page(filter_, token, tries)
            yield _jobs_of(body)
            token = str(body.get("nextPageToken") or "")
            if not token:
                return
            if token in seen:
                raise InvalidResponseError(
                    "the list of jobs goes round in circles: a token came twice"
                )
            seen.add(token)

    def _body(self, answer: Response) -> dict[str, Any]:
        self._note(answer)
        body: dict[str, Any] = answer.body
        return body

    def _note(self, answer: Response) -> None:
        if answer.date is not None:
            self.on_server_time(answer.date)


def _jobs_of(body: dict[str, Any]) -> list[Job]:
    """Return the jobs of a page. Raises UnreadableError if it cannot be told which they are.

    An empty list may come without `jobs`; an error, under whatever status, is no empty list.
    """
    jobs = body.get("jobs")
    if not jobs and _SIGNS_OF_AN_ERROR & body.keys():
        raise InvalidResponseError(f"an error instead of the list of jobs: {str(body)[:80]}")
    if jobs and not isinstance(jobs, list):
        raise InvalidResponseError(f"the list of jobs is no list: {str(jobs)[:80]}")
    return [Job.from_wire(job) for job in jobs or []]
