"""`tamr demo`: the whole story on the emulator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_EMULATOR = ["--port", "0", "--pending", "500ms"]
_DURATIONS = ["--load", "4s", "--update", "6s", "--publish", "3s"]
_TAMR = [sys.executable, "-m", "tamr_provider"]
_SECOND = "suppliers"


@click.command()
@click.option("--without-pulumi", is_flag=True, help="Use `tamr up` even where the CLI is there.")
def demo(without_pulumi: bool) -> None:
    """Show the whole story on the emulator, in about a minute.

    Two data products that share a source are brought to a version, then one of them to the next.
    Everything happens on this machine, in a folder that is removed at the end.
    """
    if shutil.which("git") is None:
        raise InputError("git: not found on PATH; the demo commits a new version. Install git")
    with tempfile.TemporaryDirectory(prefix="tamr-demo-") as folder, _emulator() as url:
        show = _Demo(Path(folder), url, "" if without_pulumi else _pulumi())
        show.prepare()
        first = show.refresh("1. Nothing has run yet. What would a run do?")
        show.say(f"2. A new version of {_SECOND}: one line of the stack file changes, in a commit.")
        show.change_version(_SECOND, "2026-11-20", "2026-11-21")
        second = show.refresh("3. What would a run do now?")
        say(_summary(first, second))


class _Demo:
    def __init__(self, folder: Path, url: str, pulumi: str) -> None:
        self._folder, self._url, self._pulumi = folder, url, pulumi
        path = os.pathsep.join(filter(None, [str(Path(sys.executable).parent), pulumi]))
        self._env = {
            **os.environ,
            "PATH": os.pathsep.join([path, os.environ.get("PATH", "")]),
            "TAMR_API_KEY": "demo",
            "TAMR_STACK": "dev",
            "TAMR_POLL_SECONDS": "0.5",
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_PYTHON_CMD": sys.executable,
        }
        self._env.pop("TAMR_URL", None)

    def prepare(self) -> None:
        """Write the project, and make its stack where Pulumi is there."""
        from tamr_provider.cli.scaffold.template import (
            DEMO,
            template_texts,
            write_core,
            write_missing,
        )

        write_core(self._folder, "tamr-pipelines")
        (self._folder / "state").mkdir()
        texts = template_texts("tamr-pipelines", [DEMO])
        write_missing(
            self._folder,
            {
                path: text.replace("http://127.0.0.1:8080", self._url)
                for path, text in texts.items()
            },
        )
        say(f"A Tamr tenant is emulated at {self._url}; its jobs take seconds.")
        if self._pulumi:
            self._call(["pulumi", "stack", "init", "dev"], quiet=True)
        else:
            say("There is no Pulumi CLI here, so `tamr up` does what `pulumi up` would.")

    def refresh(self, title: str) -> list[dict[str, Any]]:
        """Plan and run, and return the steps as they stand afterwards."""
        self.say(title)
        self._commit()
        self.tamr("plan")
        if self._pulumi:
            self.say("   $ pulumi up")
            self._call(["pulumi", "up", "--yes", "--skip-preview", "--stack", "dev"])
        else:
            self.say("   $ tamr up")
            self.tamr("up")
        done = self._call([*_TAMR, "plan", "--json"], quiet=True)
        steps: list[dict[str, Any]] = json.loads(done)["steps"]
        return steps

    def say(self, text: str) -> None:
        """Say what comes next."""
        say(f"\n{text}\n")

    def tamr(self, *words: str) -> None:
        """Run one of our own commands, as a user would."""
        self._call([*_TAMR, *words])

    def change_version(self, product: str, before: str, after: str) -> None:
        """Change one line of the stack file, as a person would in an editor."""
        path = self._folder / "stacks/Pulumi.dev.yaml"
        head, found, tail = path.read_text(encoding="utf-8").partition(f"    {product}:")
        new = tail.replace(f'version: "{before}"', f'version: "{after}"', 1)
        path.write_text(head + found + new, encoding="utf-8")

    def _commit(self) -> None:
        """Commit the stack files: a version counts from its commit."""
        who = ["-c", "user.name=demo", "-c", "user.email=demo@example.com"]
        git = ["git", *who, "-c", "commit.gpgsign=false"]
        if not (self._folder / ".git").exists():
            self._call([*git, "init", "--quiet"], quiet=True)
        self._call([*git, "add", "stacks"], quiet=True)
        self._call([*git, "commit", "--quiet", "--message", "A version"], quiet=True)

    def _call(self, words: list[str], quiet: bool = False) -> str:
        done = subprocess.run(  # noqa: S603 - no shell, and the demo's own words
            words,
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.PIPE if quiet else None,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            say((done.stderr or "").rstrip("\n"), err=True)
            sys.exit(done.returncode)
        return done.stdout or ""


def _pulumi() -> str:
    from tamr_provider.cli.pulumi_cli import find_or_install

    return find_or_install()


@contextmanager
def _emulator() -> Iterator[str]:
    with subprocess.Popen(  # noqa: S603 - our own command
        [*_TAMR, "emulator", *_EMULATOR, *_DURATIONS],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _summary(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> str:
    lines = ["", "What happened:", ""]
    for before, after in zip(first, second, strict=True):
        name = f"{after['product']}: {after['step']}"
        same = before["jobId"] == after["jobId"]
        again = "not needed: that job still satisfies it" if same else f"ran {after['jobId']}"
        lines.append(f"  {name:<34} run 1: {before['jobId']}   run 2: {again}")
    jobs = [len({step["jobId"] for step in steps}) for steps in (first, second)]
    new = {each["jobId"] for each in second} - {each["jobId"] for each in first}
    return "\n".join([*lines, "", _LESSON.format(len(first), jobs[0], len(new), _SECOND)])


_LESSON = """\
{0} steps. Run 1 launched {1} jobs: the source that both products share was loaded once.
Run 2 launched {2}: only what {3} needs; what customers holds was left alone.
Nothing is remembered but the tenant's own list of jobs: kill a run anywhere, start it again,
and it goes on from there."""
