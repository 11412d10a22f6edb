"""The four calls of the Jobs API, one method each; no policy, no waiting but the GETs' own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tamr_provider.client.ids import PAGE, where_to_find
from tamr_provider.errors import AnswerLostError, RefusedError, UnreadableError
from tamr_provider.models import Configuration, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from tamr_provider.client.send import Answer, Sender

PAGE_SIZE = 30  # the documented maximum
# Which of them an unknown id gets is not documented.
_WRONG_ID = (400, 404)


class Client:
    """Tamr's Jobs API on one tenant.

    `heard` is called with the server's `Date` of every answer that carries one.
    """

    def __init__(self, sender: Sender, heard: Callable[[datetime], None] = lambda _: None) -> None:
        self.url = sender.url
        self._sender, self.heard = sender, heard

    def list_jobs(self, filter_: str = "", pages: int | None = None) -> list[Job]:
        """Return the jobs that the filter lets through, each once; all pages unless told fewer."""
        jobs: dict[str, Job] = {}
        for number, page in enumerate(self.pages(filter_), start=1):
            # Jobs may move between pages while they start, so repeated ids are dropped.
            jobs.update((job.id, job) for job in page)
            if number == pages:
                break
        return list(jobs.values())

    def page(self, filter_: str = "", token: str = "") -> dict[str, Any]:
        """Return one page of the list as Tamr sent it."""
        params = {"pageSize": str(PAGE_SIZE), "filter": filter_, "pageToken": token}
        set_params = {key: value for key, value in params.items() if value}
        return self._get("/jobs", "the list of jobs", set_params)

    def get_job(self, job_id: str) -> Job:
        """Return one job. Raises RefusedError (404) where the tenant does not know it."""
        return Job.from_wire(self._get(f"/jobs/{quote(job_id, safe='')}", f"job {job_id}"))

    def create_job(self, configuration: Configuration) -> Job:
        """Start a job, sending the POST once.

        Raises BusyError, RefusedError, or AnswerLostError where it may have started all the same.
        """
        what, body = str(configuration), {"configuration": configuration.to_wire()}
        try:
            answer = self._sender.post("/jobs", what, body)
        except RefusedError as error:
            if error.status not in _WRONG_ID:
                raise
            hint = f"{where_to_find(configuration)}; see {PAGE}"
            raise RefusedError(error.status, error.reply, what, hint) from None
        self._note(answer)
        try:
            return Job.from_wire(answer.body)
        except UnreadableError as error:
            raise AnswerLostError(str(error)) from None

    def stop_job(self, job_id: str) -> None:
        """Ask a job to stop; it may still succeed or fail, so look until it is DONE."""
        path = f"/jobs/{quote(job_id, safe='')}:stop"
        self._note(self._sender.post(path, f"to stop {job_id}", {}))

    def close(self) -> None:
        """Let go of the connections."""
        self._sender.close()

    def pages(self, filter_: str) -> Iterator[list[Job]]:
        """Yield the list page by page, each when it is asked for."""
        token, seen = "", set[str]()
        while True:
            body = self.page(filter_, token)
            jobs = body.get("jobs") or []
            if not isinstance(jobs, list):
                raise UnreadableError(f"the list of jobs is no list: {str(jobs)[:80]}")
            yield [Job.from_wire(each) for each in jobs]
            token = str(body.get("nextPageToken") or "")
            if not token:
                return
            if token in seen:
                raise UnreadableError("the list of jobs goes round in circles: a token came twice")
            seen.add(token)

    def _get(self, path: str, what: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        answer = self._sender.get(path, what, params)
        self._note(answer)
        body: dict[str, Any] = answer.body
        return body

    def _note(self, answer: Answer) -> None:
        if answer.date is not None:
            self.heard(answer.date)
