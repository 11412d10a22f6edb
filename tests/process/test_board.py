"""`tamr board`: its content, its safety, and its server."""

from __future__ import annotations

import html
import json
import shutil
import signal
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from support.fake_clock import FakeClock
from support.processes import QUICK, SLOW, emulator, project, stack_file, start_tamr, tamr
from tamr_provider.cli.output.board_server import REFRESH_SECONDS, CachedPage

if TYPE_CHECKING:
    from pathlib import Path

PRODUCT = """\
    {name}:
      version: "{version}"
      since: "2026-11-20T09:00:00Z"
      trustDays: 36500
      sources: [src_{name}]
"""


def stack(folder: Path, name: str, url: str, products: str) -> None:
    path = stack_file(folder).with_name(f"Pulumi.{name}.yaml")
    text = f"config:\n  tamr:url: {url}\n  tamr-pipelines:products:\n{products}"
    path.write_text(text, encoding="utf-8")


def board(folder: Path, **env: str) -> str:
    done = tamr(folder, "board", "--out", "board.html", **env)
    assert done.returncode == 0, done.stderr
    return (folder / "board.html").read_text(encoding="utf-8")


def test_a_page_has_every_state_with_its_reason_and_its_jobs(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    rule = {"type": "load", "sourceId": "src_b", "outcome": "failed", "reason": "BOOM"}
    faults.write_text(json.dumps({"jobs": [rule]}))
    both = "".join(PRODUCT.format(name=name, version="2026-11-20") for name in "ab")
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url, both)
        stack(folder, "prod", "http://127.0.0.1:9", both)
        tamr(folder, "up")
        page = html.unescape(board(folder))
        assert "1 of 4 deployed and fresh" in page
        for state in ("deployed", "failed", "unknown"):
            assert f'aria-label="{state}"' in page
        assert "load src_b: BOOM" in page
        assert "http://127.0.0.1:9 cannot be reached" in page
        for job in server.jobs():
            assert job["jobId"] in page


def test_a_version_to_promote_comes_with_its_command(tmp_path: Path) -> None:
    new = PRODUCT.format(name="a", version="2026-11-21")
    old = PRODUCT.format(name="a", version="2026-11-20") + "      promoteFrom: dev\n"
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, new)
        stack(folder, "prod", server.url, old)
        assert "tamr promote" not in board(folder)
        tamr(folder, "up")
        assert "tamr promote a --from dev --to prod" in board(folder)


def test_every_text_is_escaped_and_only_our_script_runs(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    faults = tmp_path / "faults.json"
    rule = {"outcome": "failed", "reason": "BAD", "message": f'"><img src=x onerror=x> {evil}'}
    faults.write_text(json.dumps({"jobs": [rule]}))
    products = PRODUCT.format(name="a", version="2026-11-20").replace("src_a", f'"{evil}"')
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url, products.replace("    a:", f'    "{evil}":'))
        tamr(folder, "up")
        page = board(folder)
        assert evil not in page
        assert "<img" not in page
        assert html.escape(evil, quote=False) in page
        assert page.count("<script>") == 1
        assert "default-src 'none'" in page
        assert "unsafe" not in page


def test_one_request_is_enough_for_a_page(tmp_path: Path) -> None:
    both = "".join(PRODUCT.format(name=name, version="2026-11-20") for name in "abcdefgh")
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, both)
        tamr(folder, "up")
        before = len(server.record()["requests"])
        board(folder)
        assert len(server.record()["requests"]) == before + 1


def test_a_board_without_options_is_a_file_in_this_folder(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9")
    done = tamr(folder, "board")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"Wrote board.html: {(folder / 'board.html').as_uri()}",
        "To open it in your browser, add --open.",
    ]


def test_open_shows_the_file_in_the_browser(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9")
    opened = tmp_path / "opened"
    done = tamr(folder, "board", "--open", BROWSER=f"{_write_browser(tmp_path, opened)} %s")
    address = (folder / "board.html").as_uri()
    assert done.stdout.splitlines() == [f"Wrote board.html: {address}"]
    assert opened.read_text().strip() == address


def _write_browser(folder: Path, opened: Path) -> Path:
    """Return a program that writes the address that it is given to a file."""
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n', encoding="utf-8")
    browser.chmod(0o755)
    return browser


def test_a_missing_browser_is_a_warning_with_the_address(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9")
    (programs := tmp_path / "bin").mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "git")
    done = tamr(folder, "board", "--open", BROWSER="/nonexistent/browser %s", PATH=str(programs))
    assert done.returncode == 0
    assert f"Open this address: {(folder / 'board.html').as_uri()}" in done.stderr


def test_a_page_on_stdout_is_alone_there(tmp_path: Path) -> None:
    done = tamr(project(tmp_path, "http://127.0.0.1:9"), "board", "--out", "/dev/stdout")
    assert done.stdout.startswith("<!doctype html>")
    assert done.stdout.rstrip().endswith("</html>")


def test_serve_and_out_are_refused_together(tmp_path: Path) -> None:
    folder = project(tmp_path, "http://127.0.0.1:9")
    done = tamr(folder, "board", "--serve", "--out", "board.html")
    assert done.returncode == 2
    assert done.stderr == "error: --serve writes no file: remove --out\n"


def test_an_unwritable_file_is_reported(tmp_path: Path) -> None:
    done = tamr(project(tmp_path, "http://127.0.0.1:9"), "board", "--out", "no/board.html")
    assert done.returncode == 2
    assert "--out: cannot write no/board.html" in done.stderr


def test_a_served_board_is_local_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        folder = project(tmp_path, server.url, PRODUCT.format(name="a", version="2026-11-20"))
        with start_tamr(folder, "board", "--serve") as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            count = len(server.record()["requests"])
            pages = [urllib.request.urlopen(url).read().decode() for _ in range(3)]
            count_after = len(server.record()["requests"])
            elsewhere = urllib.request.Request(url, headers={"Host": "attacker.example:80"})
            with pytest.raises(urllib.error.HTTPError, match="403") as refused:
                urllib.request.urlopen(elsewhere)
            refused.value.close()
            process.send_signal(signal.SIGINT)
        assert process.returncode == 0
        assert "2026-11-20" in pages[0]
        assert f'http-equiv="refresh" content="{REFRESH_SECONDS}"' in pages[0]
        assert count_after == count


def test_a_page_is_rebuilt_on_request_after_a_minute() -> None:
    clock, made = FakeClock(), list[int]()

    def make() -> str:
        made.append(1)
        return str(len(made))

    page = CachedPage(make, clock)
    assert [page.get(), page.get()] == ["1", "1"]
    clock.elapsed += REFRESH_SECONDS - 1
    assert page.get() == "1"
    clock.elapsed += 1000
    assert page.get() == "2"
