"""The project of `tamr demo`: two environments on an emulated tenant with a month of history."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tamr_provider.cli.scaffold.template import DEMO, template_texts, write_core, write_missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

_TAMR = [sys.executable, "-m", "tamr_provider"]
_NAME = "tamr-pipelines"
_TEMPLATE_URL = "http://127.0.0.1:8080"
_TEMPLATE_DAY = "2026-11-20"
_UNUSED_STACK = "stacks/Pulumi.dev.yaml"
_IGNORED = "/board.html\n/state/\n/tenant/\n__pycache__/\n"
_FAULTS = {
    "jobs": [
        {
            "sourceId": "src_sap_staging",
            "times": 1,
            "outcome": "failed",
            "reason": "NO_ACCESS",
            "message": "The credentials of connection 'sap-prod' expired.",
        }
    ]
}
_MAX_START_SECONDS = 60.0
_GIT_DATES = ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE")

DURATIONS = ("--load=4s", "--update=6s", "--publish=3s", "--pending=0s")
_FIRST_VERSION_AGE = timedelta(days=7)
_FAILING_VERSION_AGE = timedelta(hours=3)  # Before the failures of suppliers in the month.


@contextmanager
def run_tenant(folder: Path) -> Iterator[str]:
    """Yield the URL of a tenant whose jobs take seconds, kept in `tenant/`, and stop it."""
    (folder / "tenant").mkdir()
    faults = folder / "tenant/faults.json"
    faults.write_text(json.dumps(_FAULTS), encoding="utf-8")
    options = ["--port=0", "--seed=month", f"--faults={faults}", *DURATIONS]
    with subprocess.Popen(  # noqa: S603 - our own command
        [*_TAMR, "emulator", f"--state={folder / 'tenant/jobs.json'}", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - requested above
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class DemoProject:
    """A project with a repository in a folder; the latest version of suppliers fails."""

    def __init__(self, folder: Path, url: str, now: datetime) -> None:
        self._folder = folder
        self._url = url
        self._env = _environment(folder)
        self._write_files(now - _FIRST_VERSION_AGE)
        self._run_quietly(["git", "init", "--quiet", "--initial-branch", "main"])
        self.commit("Two products in staging and prod", now - _FIRST_VERSION_AGE)
        self.set_version("suppliers", f"{now:%Y-%m-%d}")
        self.commit("suppliers: new data", now - _FAILING_VERSION_AGE)

    def set_version(self, product: str, version: str) -> None:
        """Change one line of staging's file, as in an editor."""
        path = self._folder / "stacks/Pulumi.staging.yaml"
        head, name, tail = path.read_text(encoding="utf-8").partition(f"    {product}:\n")
        line, end, rest = tail.partition("\n")
        key = line.partition('"')[0]
        comment = line.rpartition('"')[2]
        path.write_text(f'{head}{name}{key}"{version}"{comment}{end}{rest}', encoding="utf-8")

    def commit(self, message: str, at: datetime) -> None:
        """Commit all files at a time: a version counts from its commit."""
        author = ["-c", "user.name=A. Engineer", "-c", "user.email=engineer@example.com"]
        git = ["git", *author, "-c", "commit.gpgsign=false"]
        dates = dict.fromkeys(_GIT_DATES, at.isoformat(timespec="seconds"))
        self._run_quietly([*git, "add", "."])
        self._run_quietly([*git, "commit", "--quiet", "--message", message], **dates)

    def run_tamr(self, words: Sequence[str], accepted: Sequence[int] = (0,)) -> None:
        """Run a `tamr` command in the open. Raises CalledProcessError."""
        command = [*_TAMR, *words]
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=self._folder, env=self._env, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode not in accepted:
            raise subprocess.CalledProcessError(done.returncode, command)

    def run_tamr_quietly(self, words: Sequence[str]) -> None:
        """Run a `tamr` command. Raises CalledProcessError with its output."""
        self._run_quietly([*_TAMR, *words])

    def run_pulumi(self, stack: str) -> None:
        """Run `pulumi up` on a new stack. Raises CalledProcessError with its output."""
        self._run_quietly(["pulumi", "stack", "init", stack])
        self._run_quietly(["pulumi", "up", "--yes", "--skip-preview", "--stack", stack])

    def run_until_killed(self, words: Sequence[str], job_count: int) -> int:
        """Kill a `tamr` command when so many jobs are running, and return their number."""
        with subprocess.Popen(  # noqa: S603 - our own command
            [*_TAMR, *words],
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            end = time.monotonic() + _MAX_START_SECONDS
            while (count := self._count_running()) < job_count and time.monotonic() < end:
                if process.poll() is not None:
                    break
                time.sleep(0.2)
            process.kill()
            return count

    def _count_running(self) -> int:
        with urllib.request.urlopen(f"{self._url}/_emulator/record") as response:  # noqa: S310
            record: dict[str, Any] = json.load(response)
        return sum(job["state"] == "RUNNING" for job in record["jobs"])

    def _write_files(self, first_version_at: datetime) -> None:
        write_core(self._folder, _NAME)
        (self._folder / "state").mkdir()
        day = f"{first_version_at:%Y-%m-%d}"
        texts = template_texts(_NAME, [DEMO])
        del texts[_UNUSED_STACK]
        own = {
            path: text.replace(_TEMPLATE_URL, self._url).replace(_TEMPLATE_DAY, day)
            for path, text in texts.items()
        }
        write_missing(self._folder, {**own, ".gitignore": _IGNORED})

    def _run_quietly(self, words: Sequence[str], **env: str) -> None:
        subprocess.run(  # noqa: S603 - no shell, and only our own words
            words,
            cwd=self._folder,
            env={**self._env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=True,
        )


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAMR_")}
    programs = [str(Path(sys.executable).parent), os.environ.get("PATH")]
    return {
        **kept,
        "PATH": os.pathsep.join(filter(None, programs)),
        "TAMR_API_KEY": "demo",
        "TAMR_POLL_SECONDS": "0.5",
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "demo",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
    }
