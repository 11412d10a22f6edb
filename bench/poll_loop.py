"""The documentation's way: create a job, look at it every 30 seconds, go on when it is DONE.

Written from its description. Called with the tenant's address, a plan (JSON), the seconds
between two looks, here scaled like the durations, what a thread is for (product or job) and how
many there are. Only the standard library and httpx.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx


class Caller:
    """Runs one job to its end; a source that two products share is loaded once."""

    def __init__(self, url: str, poll_seconds: float) -> None:
        headers = {"X-API-KEY": "any"}
        self._http = httpx.Client(base_url=f"{url}/api/v1beta1", headers=headers, timeout=60)
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._started: dict[str, Future[None]] = {}

    def run(self, configuration: Any) -> None:
        key = json.dumps(configuration, sort_keys=True)
        with self._lock:
            other = self._started.get(key)
            mine = self._started.setdefault(key, Future())
        if other is not None:
            return other.result()
        self._poll(self._create(configuration))
        mine.set_result(None)
        return None

    def _create(self, configuration: Any) -> str:
        while True:
            answer = self._http.post("/jobs", json={"configuration": configuration})
            if answer.status_code != 429:
                answer.raise_for_status()
                return str(answer.json()["jobId"])
            time.sleep(self._poll_seconds)  # what the documentation advises after a 429

    def _poll(self, job_id: str) -> None:
        while True:
            status = self._http.get(f"/jobs/{job_id}").json()["status"]
            if status.get("error"):
                raise RuntimeError(status["error"])
            if status["state"] == "DONE":
                return
            time.sleep(self._poll_seconds)


def refresh(product: Any, caller: Caller) -> None:
    for part in product:
        for configuration in part:
            caller.run(configuration)


def use_thread_per_product(plan: Any, caller: Caller, threads: int) -> None:
    """Run so many products side by side, each step by step; one thread is the sequential way."""
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(refresh, product, caller) for product in plan]:
            done.result()


def use_thread_per_job(plan: Any, caller: Caller, threads: int) -> None:
    """Run a product's parts in order and each part's jobs side by side, so many jobs in all."""
    with ThreadPoolExecutor(threads) as jobs, ThreadPoolExecutor(len(plan)) as products:

        def run(product: Any) -> None:
            for part in product:
                for each in [jobs.submit(caller.run, configuration) for configuration in part]:
                    each.result()

        for done in [products.submit(run, product) for product in plan]:
            done.result()


def main(url: str, plan: str, poll_seconds: str, way: str, threads: str) -> None:
    products = json.loads(Path(plan).read_text(encoding="utf-8"))
    caller = Caller(url, float(poll_seconds))
    run = use_thread_per_job if way == "job" else use_thread_per_product
    run(products, caller, int(threads))


if __name__ == "__main__":
    main(*sys.argv[1:])
