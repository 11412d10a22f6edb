"""The four calls of the Jobs API: no policy, and no waiting except the retries of a GET."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tamr_provider.client.ids import PAGE, describe_id_location
from tamr_provider.errors import ApiError, InvalidResponseError, ResponseLostError
from tamr_provider.models import Configuration, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tamr_provider.client.http import HttpSession, Response

PAGE_SIZE = 30  # Maximum in the Jobs API reference, "List jobs".
_WRONG_ID = (400, 404)  # The reference does not say which of them an unknown ID returns.
_ERROR_KEYS = {"statusCode", "code", "message", "error"}


class JobsClient:
    """Tamr's Jobs API; `on_server_time` gets the `Date` of every response that has one."""

    def __init__(
        self, session: HttpSession, on_server_time: Callable[[datetime], None] = lambda _: None
    ) -> None:
        self.url = session.url
        self.on_server_time = on_server_time
        self._session = session

    def list_jobs(self, filter_: str = "", max_pages: int | None = None) -> list[Job]:
        """Return the jobs that match the filter, without repetitions."""
        jobs: dict[str, Job] = {}
        for number, page in enumerate(self.read_pages(filter_), start=1):
            # A job that starts between two requests moves in the list and may come again.
            jobs.update((job.id, job) for job in page)
            if number == max_pages:
                break
        return list(jobs.values())

    def read_page(
        self, filter_: str = "", token: str = "", max_attempts: int | None = None
    ) -> dict[str, Any]:
        """Return one raw page: `{"jobs": [...], "nextPageToken": "..."}`; both may be absent."""
        params = {"pageSize": str(PAGE_SIZE), "filter": filter_, "pageToken": token}
        set_params = {key: value for key, value in params.items() if value}
        response = self._session.get(
            "/jobs", "the list of jobs", set_params, _parse_jobs, max_attempts
        )
        return self._body(response)

    def get_job(self, job_id: str) -> Job:
        """Return one job. Raises ApiError with status 404 if the tenant has no such job."""
        path = f"/jobs/{quote(job_id, safe='')}"
        response = self._session.get(path, f"job {job_id}", check=Job.from_wire)
        return Job.from_wire(self._body(response))

    def create_job(self, configuration: Configuration) -> Job:
        """Start a job, sending the POST once.

        Raises TooManyRequestsError or ApiError, or ResponseLostError if the job may have started.
        """
        what = str(configuration)
        try:
            response = self._session.post("/jobs", what, {"configuration": configuration.to_wire()})
        except ApiError as error:
            if error.status not in _WRONG_ID:
                raise
            hint = f"{describe_id_location(configuration)}; see {PAGE}"
            raise ApiError(error.status, error.reply, what, hint) from None
        self._report_server_time(response)
        try:
            return Job.from_wire(response.body)
        except InvalidResponseError as error:
            raise ResponseLostError(str(error)) from None

    def stop_job(self, job_id: str) -> None:
        """Request that a job stop; it may still succeed or fail, so poll it until it is DONE."""
        path = f"/jobs/{quote(job_id, safe='')}:stop"
        self._report_server_time(self._session.post(path, f"to stop {job_id}", {}))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def read_pages(self, filter_: str, max_attempts: int | None = None) -> Iterator[list[Job]]:
        """Yield the list page by page; each page is requested when it is needed."""
        token = ""
        seen: set[str] = set()
        while True:
            body = self.read_page(filter_, token, max_attempts)
            yield _parse_jobs(body)
            token = str(body.get("nextPageToken") or "")
            if not token:
                return
            if token in seen:
                raise InvalidResponseError(
                    "invalid pagination: the tenant returned the same page token twice"
                )
            seen.add(token)

    def _body(self, response: Response) -> dict[str, Any]:
        self._report_server_time(response)
        body: dict[str, Any] = response.body
        return body

    def _report_server_time(self, response: Response) -> None:
        if response.date is not None:
            self.on_server_time(response.date)


def _parse_jobs(body: dict[str, Any]) -> list[Job]:
    # An empty list may lack `jobs`. An error with any status is not an empty list.
    jobs = body.get("jobs")
    if not jobs and _ERROR_KEYS & body.keys():
        raise InvalidResponseError(f"expected a list of jobs, got an error: {str(body)[:80]}")
    if jobs and not isinstance(jobs, list):
        raise InvalidResponseError(f"expected `jobs` to be a list, got {str(jobs)[:80]}")
    return [Job.from_wire(job) for job in jobs or []]
