"""Read data and write to GitLab for the pipeline; needs only Python.

python ci/gitlab.py note MARKER FILE
    create or replace our note that starts with MARKER
python ci/gitlab.py ended MARKER FILE STATUS CODE
    replace our note that starts with MARKER in the merge requests that this commit includes, until
    what they brought is deployed; CODE, the exit code of `tamr status`, decides if that is unknown
python ci/gitlab.py address STATUS STACK
    print DEPLOYED_TO=<the tenant's address>
python ci/gitlab.py merge-request BRANCH TITLE FILE [once]
    open or update the merge request of a branch; `once`: leave any existing one alone, even closed
python ci/gitlab.py candidates STATUS FROM TO [PRODUCT]
    print product and version of what both stacks have
python ci/gitlab.py asks STATUS PRODUCT VERSION
    succeed if VERSION is the product's desired version
python ci/gitlab.py unfinished STATUS HISTORY STARTED
    succeed if an update began and no launch was refused

STATUS is the output of `tamr status --json`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOYED, RUN = "<!-- deployed -->", "<!-- run -->"


def call(method: str, path: str, **fields: str) -> Any:
    project = f"projects/{os.environ['CI_PROJECT_ID']}/"
    request = urllib.request.Request(
        f"{os.environ['CI_API_V4_URL']}/{'' if path == 'user' else project}{path}",
        method=method,
        data=json.dumps(fields).encode() if fields else None,
        headers={"PRIVATE-TOKEN": os.environ["GITLAB_TOKEN"], "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def pages(path: str) -> Iterator[dict[str, Any]]:
    page = 1
    while found := call("GET", f"{path}{'&' if '?' in path else '?'}per_page=100&page={page}"):
        yield from found
        page += 1


def find_note(request: str, marker: str) -> dict[str, Any] | None:
    me = call("GET", "user")["id"]  # Any user can start a note with the marker.
    for entry in pages(f"merge_requests/{request}/notes"):
        if entry["author"]["id"] == me and entry["body"].startswith(marker):
            return entry
    return None


def note(marker: str, file: str) -> None:
    request = os.environ["CI_MERGE_REQUEST_IID"]
    body = Path(file).read_text(encoding="utf-8")
    if found := find_note(request, marker):
        call("PUT", f"merge_requests/{request}/notes/{found['id']}", body=body)
    else:
        call("POST", f"merge_requests/{request}/notes", body=body)


def ended(marker: str, file: str, status: str, code: str) -> None:
    month = datetime.now(timezone.utc) - timedelta(days=30)
    query = f"state=merged&updated_after={month:%Y-%m-%dT%H:%M:%SZ}"
    for request in pages(f"merge_requests?{query}"):
        commit = request["merge_commit_sha"] or request["squash_commit_sha"] or request["sha"]
        found = find_note(request["iid"], marker) if is_included(commit) else None
        if found is None or found["body"].startswith(f"{marker}\n{DEPLOYED}"):
            continue
        head = f"{marker}\n{DEPLOYED}\n" if is_deployed(commit, status, code) else f"{marker}\n"
        text = head + Path(file).read_text(encoding="utf-8")
        if found["body"].partition(RUN)[0] != text:
            body = f"{text}{RUN}\n\n[The job that ended so]({os.environ['CI_JOB_URL']})\n"
            call("PUT", f"merge_requests/{request['iid']}/notes/{found['id']}", body=body)


def is_deployed(merge: str, status: str, code: str) -> bool:
    """Whether the versions that a merge brought are deployed; if none is known, the stack."""
    commits = git("rev-list", merge, f"^{merge}^1").split()
    own = [
        row["state"] == "satisfied"
        for row in products(status)
        if row["requestedBy"] and row["requestedBy"]["commit"] in commits
    ]
    return all(own) if own else code == "0"


def is_included(commit: str) -> bool:
    words = ["git", "merge-base", "--is-ancestor", commit, "HEAD"]
    return subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode == 0


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return done.stdout


def address(status: str, stack: str) -> None:
    text = Path(status).read_text(encoding="utf-8")
    stacks = json.loads(text)["stacks"] if text else []
    for url in (row["url"] for row in stacks if row["stack"] == stack):
        if re.fullmatch(r"https?://\S+", url):  # One line: GitLab reads variables from it.
            print(f"DEPLOYED_TO={url}")


def merge_request(branch: str, title: str, file: str, once: str = "") -> None:
    source = urllib.parse.quote(branch, safe="")
    state = "all" if once else "opened"
    found = call("GET", f"merge_requests?state={state}&source_branch={source}")
    fields = {"title": title, "description": Path(file).read_text(encoding="utf-8")}
    if not found:
        target = os.environ["CI_DEFAULT_BRANCH"]
        call("POST", "merge_requests", source_branch=branch, target_branch=target, **fields)
    elif not once:
        call("PUT", f"merge_requests/{found[0]['iid']}", **fields)


def products(status: str, stack: str = "") -> list[dict[str, Any]]:
    text = Path(status).read_text(encoding="utf-8")
    rows = json.loads(text)["products"] if text else []
    return [row for row in rows if stack in ("", row["stack"])]


def candidates(status: str, source: str, target: str, only: str = "") -> None:
    there = {row["product"] for row in products(status, target)}
    for row in products(status, source):
        if only in ("", row["product"]):
            if row["product"] in there:
                print(row["product"], row["version"], sep="\t")
            else:
                print(f"{target} has no product {row['product']}", file=sys.stderr)


def asks(status: str, product: str, version: str) -> bool:
    return any(r["product"] == product and r["version"] == version for r in products(status))


def unfinished(status: str, history: str, started: str) -> bool:
    states = {row["state"] for row in products(status)}
    is_running = any(step["state"] == "running" for r in products(status) for step in r["steps"])
    text = Path(history).read_text(encoding="utf-8").strip()
    updates = json.loads(text) if text else []
    began = not updates or updates[0]["startTime"][: len(started)] >= started
    return began and (is_running or not states & {"pending", "unknown"})


if __name__ == "__main__":
    command = globals()[sys.argv[1].replace("-", "_")]
    sys.exit(command(*sys.argv[2:]) is False)
