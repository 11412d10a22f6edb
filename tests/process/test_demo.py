"""`tamr demo` runs to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.processes import tamr

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_ends_with_a_summary_of_both_runs(tmp_path: Path) -> None:
    done = tamr(tmp_path, "demo", "--without-pulumi")
    assert done.returncode == 0, done.stderr
    assert "The Pulumi CLI is not used here: `tamr up` does what `pulumi up` would." in done.stdout
    summary = done.stdout.partition("What happened:")[2]
    assert summary.count("not needed: that job still satisfies it") == 6
    assert summary.count("run 2: ran job_") == 4
    assert "Run 1 launched 9 jobs" in summary
    assert "Run 2 launched 4" in summary
    assert list(tmp_path.iterdir()) == []
