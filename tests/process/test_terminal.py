"""`tamr up` and `tamr jobs watch` on a terminal."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from support.processes import QUICK, SLOW, emulator, project, tamr
from support.terminals import terminal

if TYPE_CHECKING:
    from pathlib import Path

ONE_LOAD = '    customers: {version: "2026-11-20", sources: [src_crm], trustDays: 36500}\n'
HEAD = "product    step          state"


def test_after_ctrl_c_the_last_line_says_how_to_resume(
    tmp_path: Path,
) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up") as screen:
            screen.read_until("RUNNING")
            screen.press("\n\nhello\n")
            screen.press("\x03")
            assert screen.read_to_end() == 75
            lines = screen.lines()
            assert lines[:2] == [HEAD, "customers  load src_crm  not finished"]
            assert lines[2].startswith("error: customers: load src_crm did not finish")
            assert lines[-1] == "0 of 1 steps satisfied (none). To resume, run: tamr up --stack dev"
            assert screen.echoes()
        assert len(server.posts()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_restores_the_terminal(tmp_path: Path, number: signal.Signals) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up") as screen:
            screen.read_until("RUNNING")
            assert not screen.shows_cursor()
            screen.signal(number)
            assert screen.read_to_end() == 75
            assert screen.shows_cursor()
            assert screen.echoes()
            assert screen.lines()[-1].endswith("To resume, run: tamr up --stack dev")


def test_closing_the_terminal_exits_as_not_finished(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up") as screen:
            screen.read_until("RUNNING")
            assert screen.hang_up() == 75
        assert len(server.posts()) == 1


def test_ctrl_z_restores_the_terminal_until_the_run_continues(tmp_path: Path) -> None:
    script = 'set -m; "$@"; echo "shell again: $?"; read -r; fg'
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", script=script) as screen:
            screen.read_until("RUNNING")
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
            assert any("RUNNING" in line for line in lines[:again])
            assert any("not finished" in line for line in lines[again:])


def test_a_run_under_nohup_ignores_sighup(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", script='trap "" HUP; exec "$@"') as screen:
            screen.read_until("RUNNING")
            screen.signal(signal.SIGHUP)
            screen.signal(signal.SIGTERM)
            assert screen.read_to_end() == 75


def test_the_final_table_has_every_step_once(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        with terminal(folder, "up") as screen:
            assert screen.read_to_end() == 0
            lines = screen.lines()
        assert [line.split()[0] for line in lines[1:10]] == ["customers"] * 6 + ["suppliers"] * 3
        assert all("  satisfied " in line for line in lines[1:10])
        assert lines[10] == "9 of 9 steps satisfied (8 launched, 1 shared)"


def test_a_narrower_terminal_is_redrawn_without_remains(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up") as screen:
            screen.read_until("RUNNING")
            screen.resize(24, 50)
            lines = screen.read_until("  RUNNING")
            assert sum("RUNNING" in line for line in lines) == 1
            assert max(len(line) for line in lines) <= 50


def test_a_tall_stack_shows_running_steps_and_counts_the_rest(
    tmp_path: Path,
) -> None:
    sources = ", ".join(f"src_{number:02}" for number in range(60))
    many = f'    customers: {{version: "2026-11-20", sources: [{sources}], trustDays: 36500}}\n'
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, many)
        with terminal(folder, "up", rows=20) as screen:
            lines = screen.read_until("5 of 5 slots in use")
            assert lines[0].startswith("product ")
            assert any(" more" in line for line in lines)
            screen.press("\x03")
            assert screen.read_to_end() == 75
            assert any(
                line == "error: 55 more steps did not finish. None of them had a running job"
                for line in screen.lines()
            )


def test_a_watched_job_is_shown_until_it_ends(tmp_path: Path) -> None:
    with emulator("--load", "4s", "--pending", "50ms") as server:
        url = {"TAMR_URL": server.url, "TAMR_STACK": ""}
        job_id = tamr(tmp_path, "jobs", "start", "load", "src", **url).stdout.strip()
        with terminal(tmp_path, "jobs", "watch", job_id, env=url) as screen:
            screen.read_until("typical duration unknown")
            assert screen.read_to_end() == 0
            assert screen.lines() == [f"{job_id} succeeded"]


def test_a_dumb_terminal_gets_lines(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        with terminal(folder, "up", env={"TERM": "dumb"}) as screen:
            assert screen.read_to_end() == 0
            assert "customers: load src_crm" in screen.lines()[0]
