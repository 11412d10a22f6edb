"""What the pipeline tells GitLab: one note in a merge request, or a merge request of its own.

python ci/gitlab.py note MARKER FILE             writes or replaces the note that starts with MARKER
python ci/gitlab.py merge-request BRANCH TITLE FILE   opens or updates the merge request of a branch
"""

import json
import os
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

PROJECT = f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}"


def call(method: str, path: str, **fields: str) -> Any:
    request = urllib.request.Request(
        f"{PROJECT}/{path}",
        method=method,
        data=json.dumps(fields).encode() if fields else None,
        headers={"PRIVATE-TOKEN": os.environ["GITLAB_TOKEN"], "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def note(marker: str, file: str) -> None:
    notes = f"merge_requests/{os.environ['CI_MERGE_REQUEST_IID']}/notes"
    body = Path(file).read_text(encoding="utf-8")
    page = 1
    while found := call("GET", f"{notes}?per_page=100&page={page}"):
        for each in found:
            if each["body"].startswith(marker):
                call("PUT", f"{notes}/{each['id']}", body=body)
                return
        page += 1
    call("POST", notes, body=body)


def merge_request(branch: str, title: str, file: str) -> None:
    fields = {"title": title, "description": Path(file).read_text(encoding="utf-8")}
    source = urllib.parse.quote(branch, safe="")
    found = call("GET", f"merge_requests?state=opened&source_branch={source}")
    if found:
        call("PUT", f"merge_requests/{found[0]['iid']}", **fields)
        return
    target = os.environ["CI_DEFAULT_BRANCH"]
    call("POST", "merge_requests", source_branch=branch, target_branch=target, **fields)


if __name__ == "__main__":
    if sys.argv[1] == "note":
        note(*sys.argv[2:])
    else:
        merge_request(*sys.argv[2:])
