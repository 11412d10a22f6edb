"""`tamr demo`: two products on the emulator, brought to a version and one of them to the next."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.cli.pulumi_cli import find_or_install
from tamr_provider.cli.scaffold.demo_project import TAMR, DemoProject, run_emulator
from tamr_provider.errors import InputError

_SECOND = "suppliers"
_LESSON = """\
{0} steps. Run 1 launched {1} jobs: the source that both products share was loaded once.
Run 2 launched {2}: only what {3} needs. The jobs of customers still satisfy its steps.
The only state is the tenant's list of jobs. If a run is killed, run it again and it resumes."""


@click.command()
@click.option("--without-pulumi", is_flag=True, help="Use `tamr up` even if Pulumi is installed.")
def demo(without_pulumi: bool) -> None:
    """Run a one-minute demo against the emulator.

    Two data products that share a source are brought to a version, then one of them to the next.
    Everything happens on this machine, in a folder that is removed at the end.
    """
    if shutil.which("git") is None:
        raise InputError("git: not found on PATH. The demo commits a new version. Install git")
    try:
        _tell_story(without_pulumi)
    except subprocess.CalledProcessError as error:
        say((error.stderr or "").rstrip("\n"), err=True)
        sys.exit(error.returncode)


def _tell_story(without_pulumi: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="tamr-demo-") as folder, run_emulator() as url:
        pulumi = "" if without_pulumi else find_or_install()
        project = DemoProject(Path(folder), url, pulumi)
        say(f"A Tamr tenant is emulated at {url}; its jobs take seconds.")
        if not pulumi:
            say("The Pulumi CLI is not used here: `tamr up` does what `pulumi up` would.")
        first = _refresh(project, bool(pulumi), "1. Nothing has run yet. What would a run do?")
        say(f"\n2. A new version of {_SECOND}: commit a change of one line in the stack file.\n")
        project.set_version(_SECOND, "2026-11-20", "2026-11-21")
        second = _refresh(project, bool(pulumi), "3. What would a run do now?")
        say(_summarize(first, second))


def _refresh(project: DemoProject, has_pulumi: bool, title: str) -> list[dict[str, Any]]:
    """Plan and run, and return the steps afterwards."""
    say(f"\n{title}\n")
    project.run([*TAMR, "plan"])
    say(f"\n   $ {'pulumi' if has_pulumi else 'tamr'} up\n")
    pulumi = ["pulumi", "up", "--yes", "--skip-preview", "--stack", "dev"]
    project.run(pulumi if has_pulumi else [*TAMR, "up"])
    return project.read_steps()


def _summarize(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> str:
    lines = ["", "What happened:", ""]
    for before, after in zip(first, second, strict=True):
        name = f"{after['product']}: {after['step']}"
        is_same = before["jobId"] == after["jobId"]
        again = "not needed: that job still satisfies it" if is_same else f"ran {after['jobId']}"
        lines.append(f"  {name:<34} run 1: {before['jobId']}   run 2: {again}")
    old_ids, new_ids = ({step["jobId"] for step in steps} for steps in (first, second))
    launched = len(new_ids - old_ids)
    return "\n".join([*lines, "", _LESSON.format(len(first), len(old_ids), launched, _SECOND)])
