"""A verification: its time limit, its end, and its output."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tamr_provider.environments.verification import VerificationResult, run_verification
from tamr_provider.errors import InputError
from tamr_provider.foreign_text import has_unseen

if TYPE_CHECKING:
    from pathlib import Path

HOUR = timedelta(hours=1)
SECRET = "s3cret-key"


def check(folder: Path, code: str, limit: timedelta = HOUR) -> VerificationResult:
    (folder / "check.py").write_text(code)
    return run_verification(f"{sys.executable} check.py", folder, {}, SECRET, limit, Event())


def test_a_verification_ends_with_its_process(tmp_path: Path) -> None:
    """A process in the background keeps the output open for an hour."""
    made = check(
        tmp_path,
        "import subprocess, sys\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(3600)']\n"
        "left = subprocess.Popen(sleep)\n"
        "open('pid', 'w').write(str(left.pid))\n"
        "print('all good')\n",
    )
    try:
        assert made == VerificationResult(True, "exited with 0", ("all good",))
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_a_verification_is_killed_at_its_limit(tmp_path: Path) -> None:
    code = "print('started', flush=True)\nimport time\ntime.sleep(3600)\n"
    made = check(tmp_path, code, timedelta(seconds=1))
    assert not made.has_passed
    assert made.ending == "was killed after 1s"
    assert made.lines == ("started",)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
def test_a_signal_that_kills_a_verification_is_named(tmp_path: Path, name: str) -> None:
    made = check(tmp_path, f"import os, signal\nos.kill(os.getpid(), signal.{name})\n")
    assert not made.has_passed
    assert made.ending == f"was killed ({name})"


def test_a_line_of_60_mb_is_cut(tmp_path: Path) -> None:
    made = check(tmp_path, "import sys\nfor _ in range(60): sys.stdout.write('x' * 10**6)\n")
    assert made.lines == ("x" * 500 + "…",)


def test_the_output_of_a_verification_is_escaped(tmp_path: Path) -> None:
    code = "import sys\nsys.stdout.buffer.write(b'\\x1b[2J\\x07a\\r\\xff\\n##[error]b\\r\\nc\\n')\n"
    made = check(tmp_path, code)
    assert made.lines == ("\\x1b[2J\\x07a\\r\ufffd", r"\x23#[error]b", "c")
    assert not any(has_unseen(line) for line in made.lines)


def test_the_secret_is_removed_even_if_the_tail_starts_within_it(tmp_path: Path) -> None:
    made = check(tmp_path, f"print('{SECRET}' * 10_000 + 'end')\n")
    assert SECRET[1:] not in made.lines[0]
    assert check(tmp_path, f"print('a {SECRET} b')\n").lines == ("a *** b",)


def test_a_verification_without_output_has_no_lines(tmp_path: Path) -> None:
    assert check(tmp_path, "") == VerificationResult(True, "exited with 0", ())


def test_a_verification_that_cannot_start_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="verify: cannot run no-such-program: No such file"):
        run_verification("no-such-program", tmp_path, {}, SECRET, HOUR, Event())
