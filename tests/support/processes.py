"""Real processes: an emulator, `tamr`, and a project on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

from tamr_provider.cli.scaffold.template import write_core

KEY = "k-3y-that-must-not-leak"
TAMR = [sys.executable, "-m", "tamr_provider"]
PRODUCTS = """\
    customers:
      version: "2026-11-20"
      since: "2026-11-20T09:00:00Z"
      trustDays: 36500  # The dates are fixed, but the clock is not.
      sources: [src_crm, src_erp]
      dataProduct: dp_customers
      workflows: [wf_apply]
      publish:
        - Test 123
        - destination: dst_legacy
          legacy: true
    suppliers:
      version: "2026-11-20"
      trustDays: 36500
      sources: [src_erp]
      dataProduct: dp_suppliers
      publish: [Lieferanten Größe]
"""
ONE_LOAD = """\
    customers:
      version: "2026-11-20"
      since: "2026-11-20T09:00:00Z"
      trustDays: 36500
      sources: [src_crm]
"""
QUICK = ["--load", "400ms", "--update", "400ms", "--publish", "300ms", "--pending", "50ms"]
SLOW = ["--load", "1h", "--update", "1h", "--publish", "1h", "--pending", "50ms"]


class Server:
    """An emulated tenant in its own process."""

    def __init__(self, url: str) -> None:
        self.url = url

    def record(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/_emulator/record") as response:
            record: dict[str, Any] = json.load(response)
        return record

    def posts(self) -> list[str]:
        requests = self.record()["requests"]
        return [request["path"] for request in requests if request["method"] == "POST"]

    def wait_for_running(self, count: int) -> None:
        """Poll until `count` jobs are running."""
        for _ in range(20_000):
            if sum(job["state"] == "RUNNING" for job in self.jobs()) >= count:
                return
        raise AssertionError(f"never {count} running jobs: {self.jobs()}")

    def jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = self.record()["jobs"]
        return jobs


@contextmanager
def emulator(*options: str) -> Iterator[Server]:
    """Run an emulator until the block ends."""
    with subprocess.Popen(
        [*TAMR, "emulator", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield Server(process.stdout.readline().strip())
        finally:
            process.terminate()


def project(folder: Path, url: str, products: str = PRODUCTS) -> Path:
    """Write a project with one stack, dev, in a repository without a commit; return its folder."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)
    write_core(folder, "tamr-pipelines")
    stack_file(folder).write_text(
        f"config:\n  tamr:url: {url}\n  tamr-pipelines:products:\n{products}", encoding="utf-8"
    )
    return folder


def stack_file(folder: Path) -> Path:
    return folder / "stacks/Pulumi.dev.yaml"


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAMR_")}
    for size in ("COLUMNS", "LINES"):  # Of the terminal in which the tests run.
        kept.pop(size, None)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **kept,
        "PATH": path,
        "TAMR_API_KEY": KEY,
        "TAMR_POLL_SECONDS": "0.1",
        "TAMR_STACK": "dev",
        **more,
    }


def tamr(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `tamr` in a folder until it ends."""
    return subprocess.run(
        [*TAMR, *words],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def start_tamr(folder: Path, *words: str, **more: str) -> subprocess.Popen[str]:
    """Start `tamr` in a folder."""
    return subprocess.Popen(
        [*TAMR, *words],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Return the process's output up to the line that contains the words."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return "".join(seen)
    raise AssertionError(f"{words!r} never came:\n{''.join(seen)}")
