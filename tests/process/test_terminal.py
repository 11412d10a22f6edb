"""`tamr up` and `tamr jobs watch` on a terminal."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from support.processes import QUICK, SLOW, emulator, project, tamr
from support.terminals import terminal

if TYPE_CHECKING:
    from pathlib import Path

ONE_LOAD = '    customers: {version: "2026-11-20", sources: [src_crm], trustDays: 36500}\n'
ROW = "▶ customers  load src_crm"


def test_after_ctrl_c_the_last_line_says_how_to_resume(
    tmp_path: Path,
) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", "--yes") as screen:
            screen.read_until(ROW)
            screen.press("\n\nhello\n")
            screen.press("\x03")
            assert screen.read_to_end() == 75
            lines = screen.lines()
            assert lines == [
                f"Interrupted. 1 job is still running on {server.url.removeprefix('http://')}.",
                "To resume, run: tamr up --stack dev",
            ]
            assert screen.echoes()
        assert len(server.posts()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_restores_the_terminal(tmp_path: Path, number: signal.Signals) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", "--yes") as screen:
            screen.read_until(ROW)
            assert not screen.shows_cursor()
            screen.signal(number)
            assert screen.read_to_end() == 75
            assert screen.shows_cursor()
            assert screen.echoes()
            assert screen.lines()[-1].endswith("To resume, run: tamr up --stack dev")


def test_closing_the_terminal_exits_as_not_finished(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", "--yes") as screen:
            screen.read_until(ROW)
            assert screen.hang_up() == 75
        assert len(server.posts()) == 1


def test_ctrl_z_restores_the_terminal_until_the_run_continues(tmp_path: Path) -> None:
    script = 'set -m; "$@"; echo "shell again: $?"; read -r; fg'
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", "--yes", script=script) as screen:
            screen.read_until(ROW)
            screen.press("\x1a")
            screen.read_until("shell again: 148")
            assert screen.shows_cursor()
            assert screen.echoes()
            screen.press("\n")
            screen.read_until_cursor_is(hidden=True)
            assert not screen.echoes()
            screen.press("\x03")
            assert screen.read_to_end() == 75
            assert screen.shows_cursor()
            assert screen.echoes()
            lines = screen.lines()
            again = next(at for at, line in enumerate(lines) if "shell again" in line)
            assert any(line.startswith(ROW) for line in lines[:again])
            assert any(line.startswith("Interrupted.") for line in lines[again:])


def test_a_run_under_nohup_ignores_sighup(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", "--yes", script='trap "" HUP; exec "$@"') as screen:
            screen.read_until(ROW)
            screen.signal(signal.SIGHUP)
            screen.signal(signal.SIGTERM)
            assert screen.read_to_end() == 75


def test_the_end_has_every_job_of_the_run_once(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        with terminal(folder, "up", "--yes") as screen:
            assert screen.read_to_end() == 0
            lines = screen.lines()
        assert [line.split()[1] for line in lines[:9]] == ["customers"] * 6 + ["suppliers"] * 3
        assert all(line.startswith("✓ ") and " job_" in line for line in lines[:9])
        assert lines[10].startswith("9 of 9 steps satisfied (8 launched, 1 shared). ")


def test_a_run_shows_the_plan_and_asks_before_it_launches(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up") as screen:
            lines = screen.read_until("[y/N]")
            host = server.url.removeprefix("http://")
            assert lines[0] == f"dev · {host} · 0 of 5 slots in use"
            assert lines[2].startswith("+ customers   2026-11-20   1 job")
            assert lines[-1] == f"Launch 1 job on {host}? [y/N]:"
            screen.press("\n")
            assert screen.read_to_end() == 75
            assert screen.lines()[-1] == "Nothing was launched."
        assert server.posts() == []
        with terminal(folder, "up") as screen:
            screen.read_until("[y/N]")
            screen.press("y\n")
            assert screen.read_to_end() == 0
            assert screen.lines()[-1].startswith("1 of 1 steps satisfied (1 launched). ")
        with terminal(folder, "up") as screen:
            assert screen.read_to_end() == 0
            assert screen.lines()[-1].startswith("1 of 1 steps satisfied (1 already). ")


def test_an_interrupt_of_the_question_launches_nothing(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up") as screen:
            screen.read_until("[y/N]")
            screen.press("\x03")
            assert screen.read_to_end() == 75
            assert screen.lines()[-1] == "Nothing was launched."
        assert server.posts() == []


def test_what_failed_needs_no_scrolling_and_names_the_next_command(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"jobs": [{"outcome": "failed", "reason": "NO_ACCESS"}]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url, ONE_LOAD)
        with terminal(folder, "up", "--yes") as screen:
            assert screen.read_to_end() == 1
            (job,) = server.jobs()
            *problem, total = screen.lines()
            assert problem == [
                "✗ customers  load src_crm failed: NO_ACCESS: The job failed. (attempt 1 of 3)",
                f"             {job['jobId']} · Jobs page of {server.url}",
                "             To retry, run: tamr up --stack dev",
                "",
            ]
            assert total.startswith("0 of 1 steps satisfied, 1 failed. ")


def test_a_narrower_terminal_is_redrawn_without_remains(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", "--yes") as screen:
            screen.read_until(ROW)
            screen.resize(24, 50)
            screen.read_until_cursor_is(hidden=True)
            lines = screen.read_until("dev · 0 of 1 steps")
            assert sum(ROW in line for line in lines) == 1
            assert max(len(line) for line in lines) <= 50


def test_a_tall_stack_shows_running_steps_and_counts_the_rest(
    tmp_path: Path,
) -> None:
    sources = ", ".join(f"src_{number:02}" for number in range(60))
    many = f'    customers: {{version: "2026-11-20", sources: [{sources}], trustDays: 36500}}\n'
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, many)
        with terminal(folder, "up", "--yes", rows=20) as screen:
            lines = screen.read_until("slots ▰▰▰▰▰ 5 of 5")
            assert lines[0].startswith("dev · 0 of 60 steps · ")
            screen.read_until("… and ")
            screen.press("\x03")
            assert screen.read_to_end() == 75
            assert "(55 queued steps were not started)." in " ".join(screen.lines())


def test_a_watched_job_is_shown_until_it_ends(tmp_path: Path) -> None:
    with emulator("--load", "4s", "--pending", "50ms") as server:
        url = {"TAMR_URL": server.url, "TAMR_STACK": ""}
        job_id = tamr(tmp_path, "jobs", "start", "load", "src", **url).stdout.strip()
        with terminal(tmp_path, "jobs", "watch", job_id, env=url) as screen:
            screen.read_until("▶ load src  running ")
            assert screen.read_to_end() == 0
            assert screen.lines() == [f"{job_id} succeeded"]


def test_a_dumb_terminal_gets_lines(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", "--yes", env={"TERM": "dumb"}) as screen:
            assert screen.read_to_end() == 0
            assert "customers: load src_crm" in screen.lines()[0]
