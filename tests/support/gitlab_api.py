"""As much of GitLab's API as the pipeline asks for, on a port of this machine."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "t0ken"
ME, STRANGER = {"id": 7}, {"id": 8}


class GitLab:
    """Notes of merge request 5, and merge requests, of project 3."""

    def __init__(self) -> None:
        self.url = ""
        self.notes: list[dict[str, Any]] = []
        self.edits = 0  # How often a note was replaced.
        self.merge_requests: list[dict[str, Any]] = []

    @property
    def variables(self) -> dict[str, str]:
        return {
            "CI_API_V4_URL": self.url,
            "CI_PROJECT_ID": "3",
            "CI_MERGE_REQUEST_IID": "5",
            "CI_JOB_URL": "https://gitlab.example.com/jobs/1",
            "GITLAB_TOKEN": TOKEN,
            "GITLAB_USER_NAME": "A. Engineer",
            "GITLAB_USER_EMAIL": "engineer@example.com",
        }

    def handle(self, method: str, address: str, fields: dict[str, Any]) -> Any:
        parts = urlsplit(address)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/projects/3/")
        if path == "/user":
            return ME
        rows = self.notes if path.startswith("merge_requests/5/notes") else self.merge_requests
        if method == "POST":
            state = {"id": len(rows) + 1, "iid": len(rows) + 1, "author": ME, "state": "opened"}
            rows.append({**state, **fields})
        elif method == "PUT":
            next(row for row in rows if row["id"] == int(path.rpartition("/")[2])).update(fields)
            self.edits += path.startswith("merge_requests/5/notes")
        elif query.get("page", "1") != "1":
            return []
        elif query.get("state") == "merged":
            return [row for row in rows if row["state"] == "merged"]
        elif "source_branch" in query:
            return [
                row
                for row in rows
                if row["source_branch"] == query["source_branch"]
                and query["state"] in ("all", row["state"])
            ]
        return rows


@contextmanager
def gitlab() -> Iterator[GitLab]:
    """Answer requests until the block ends."""
    forge = GitLab()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["PRIVATE-TOKEN"] == TOKEN
            length = int(self.headers["Content-Length"] or 0)
            fields = json.loads(self.rfile.read(length) or "{}")
            body = json.dumps(forge.handle(self.command, self.path, fields)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET  # noqa: N815 - names that the base class looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
