"""Read data and write to GitLab for the pipeline; needs only Python.

python ci/gitlab.py note MARKER FILE
    create or replace our note that starts with MARKER
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

import json
import os
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any


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


def note(marker: str, file: str) -> None:
    notes = f"merge_requests/{os.environ['CI_MERGE_REQUEST_IID']}/notes"
    body = Path(file).read_text(encoding="utf-8")
    me = call("GET", "user")["id"]  # Any user can start a note with the marker.
    page = 1
    while found := call("GET", f"{notes}?per_page=100&page={page}"):
        for entry in found:
            if entry["author"]["id"] == me and entry["body"].startswith(marker):
                call("PUT", f"{notes}/{entry['id']}", body=body)
                return
        page += 1
    call("POST", notes, body=body)


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
    rows = json.loads(Path(status).read_text(encoding="utf-8"))["products"]
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
    text = Path(history).read_text(encoding="utf-8").strip()
    updates = json.loads(text) if text else []
    began = not updates or updates[0]["startTime"][: len(started)] >= started
    return began and ("running" in states or not states & {"pending", "unknown"})


if __name__ == "__main__":
    command = globals()[sys.argv[1].replace("-", "_")]
    sys.exit(command(*sys.argv[2:]) is False)
