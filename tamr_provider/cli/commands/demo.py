"""`tamr demo`: a new version, a killed run, a failure, a hold and a promotion."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import CLOCK
from tamr_provider.cli.output.printing import say
from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.cli.scaffold.demo_project import DemoProject

_LOADS = 3  # The jobs of staging that start together.
_END = """
The board (tamr board): {board}
The project and its tenant stay in that folder. Three things to try:
  1. Start the tenant again: cd {folder} && export TAMR_API_KEY=demo
     tamr emulator --port {port} --state tenant/jobs.json {durations} &
  2. Release the hold: tamr retry suppliers --stack staging && tamr up --stack staging
  3. Start your own project: tamr init my-project"""


@click.command()
@click.option("--without-pulumi", is_flag=True, help="Use `tamr up` even if Pulumi is installed.")
def demo(without_pulumi: bool) -> None:
    """Run a one-minute demo against the emulator.

    A new version of a data product, a run that is killed and resumed, a job that fails, and a
    promotion to production. Everything happens on this machine, in a new temporary folder, which
    is left for you to look at. Installs nothing.
    """
    if shutil.which("git") is None:
        raise InputError("git: not found on PATH. The demo commits a new version. Install git")
    say("Starting a Tamr tenant on this machine, with a month of history. Its jobs take seconds.")
    from tamr_provider.cli.scaffold.demo_project import DemoProject, run_tenant

    folder = Path(tempfile.mkdtemp(prefix="tamr-demo-"))
    has_pulumi = not without_pulumi and shutil.which("pulumi") is not None
    try:
        with run_tenant(folder) as url:
            now = CLOCK.now()
            _tell_story(DemoProject(folder, url, now), now, has_pulumi=has_pulumi)
    except subprocess.CalledProcessError as error:
        say((error.output or "").rstrip("\n"), err=True)
        sys.exit(error.returncode)
    say(_describe_end(folder, url))


def _tell_story(project: DemoProject, now: datetime, has_pulumi: bool) -> None:
    _begin("1. New data for customers: one line changes in staging's file, in one commit.")
    project.set_version("customers", f"{now:%Y-%m-%d}")
    project.commit("customers: new data", now)
    _show(project, "plan --stack staging")

    _begin("2. Run it, and kill it (SIGKILL) when its jobs are running, as a lost CI runner is.")
    count = project.run_until_killed(["up", "--stack", "staging"], _LOADS)
    say(f"$ tamr up --stack staging   (killed: {count} jobs are still running on the tenant)")

    _begin("3. Run it again: it adopts those jobs and launches only what is missing (about 15s).")
    _show(project, "up --stack staging", accepted=(0, 1))

    _begin("4. Promote customers to production, commit, and run it there.")
    _do(project, "promote customers --from staging --to prod")
    project.commit("customers: promote to prod", now)
    if has_pulumi:
        say("$ pulumi up --stack prod   (as tamr up does; waiting for 4 jobs, about 20s)")
        project.run_pulumi("prod")
    else:
        note = "(without the Pulumi CLI; waiting for 4 jobs, about 15s)"
        _do(project, "up --stack prod", f"   {note}")

    _begin("5. Where is what? suppliers failed three times and is on hold until a person decides.")
    _show(project, "status")
    project.run_tamr_quietly(["board"])


def _begin(title: str) -> None:
    say(f"== {title}")


def _show(project: DemoProject, words: str, accepted: tuple[int, ...] = (0,)) -> None:
    say(f"$ tamr {words}")
    project.run_tamr(words.split(), accepted)


def _do(project: DemoProject, words: str, note: str = "") -> None:
    """Run a command whose output is shown only if it fails."""
    say(f"$ tamr {words}{note}")
    project.run_tamr_quietly(words.split())


def _describe_end(folder: Path, url: str) -> str:
    from tamr_provider.cli.scaffold.demo_project import DURATIONS

    return _END.format(
        folder=shlex.quote(str(folder)),
        board=(folder / "board.html").as_uri(),
        port=url.rpartition(":")[2],
        durations="\\\n       " + " ".join(DURATIONS),
    )
