"""The same as a Prefect flow: a task for each job, a global concurrency limit of five.

Each task polls its own job; called like poll_loop.py. Only Prefect and httpx.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

URL, PLAN, POLL_SECONDS = sys.argv[1:4]
# Prefect reads its settings when it is imported, hence the imports after these.
os.environ.update(
    PREFECT_LOGGING_LEVEL="ERROR",
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    DO_NOT_TRACK="1",
)

from poll_loop import Caller  # noqa: E402
from prefect import flow, task  # noqa: E402
from prefect.client.orchestration import get_client  # noqa: E402
from prefect.concurrency.sync import concurrency  # noqa: E402
from prefect.task_runners import ThreadPoolTaskRunner  # noqa: E402

LIMIT, SLOTS = "tamr", 5
caller = Caller(URL, float(POLL_SECONDS))


@task
def run_job(configuration: Any) -> None:
    with concurrency(LIMIT, occupy=1):
        caller.run(configuration)


@flow(task_runner=ThreadPoolTaskRunner(max_workers=64))
def refresh(plan: Any) -> None:
    started: dict[str, Any] = {}
    for product in plan:
        before: list[Any] = []
        for part in product:
            here = []
            for configuration in part:
                key = json.dumps(configuration, sort_keys=True)
                if key not in started:
                    started[key] = run_job.submit(configuration, wait_for=before)
                here.append(started[key])
            before = here
    for each in started.values():
        each.result()


if __name__ == "__main__":
    with get_client(sync_client=True) as client:
        client.create_concurrency_limit(LIMIT, SLOTS)
    refresh(json.loads(Path(PLAN).read_text(encoding="utf-8")))
