"""`tamr demo` tells its story to the end, and leaves what it names."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from support.processes import environment, tamr

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_tells_its_story_and_leaves_what_it_names(tmp_path: Path) -> None:
    """A kill, a failure, a hold, a promotion and a board; one run, since it takes a minute."""
    done = tamr(tmp_path, "demo", "--without-pulumi", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    story = done.stderr + done.stdout
    assert len(story.splitlines()) < 60

    assert "(killed: 3 jobs are still running on the tenant)" in story
    assert "NO_ACCESS" in story
    assert "tamr retry suppliers --stack staging" in story
    assert "$ tamr up --stack prod   (without the Pulumi CLI; waiting for" in story

    (folder,) = tmp_path.iterdir()
    assert f"file://{folder}/board.html" in story
    assert (folder / "board.html").stat().st_size > 10_000
    log = ["git", "log", "--format=%s"]
    commits = subprocess.run(log, cwd=folder, capture_output=True, check=True, text=True).stdout
    assert commits.startswith("customers: promote to prod\n")

    _try(story.partition("Three things to try:\n")[2])
    assert (folder / "my-project/Pulumi.yaml").is_file()


def _try(commands: str) -> None:
    """Run the commands as printed, without their numbers and titles."""
    script = re.sub(r"^  \d\. [^:]+: ", "", commands, flags=re.MULTILINE)
    done = subprocess.run(
        ["bash", "-e", "-c", f"trap 'kill %1' EXIT\n{script}"],
        env=environment(TAMR_POLL_SECONDS="0.5"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
