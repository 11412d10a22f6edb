"""Draw what the documentation shows: a real run on a terminal, and the board of a made-up day.

`make pictures`; the board needs Chromium on PATH.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from support.processes import emulator, project, tamr
from support.sample_board import NOW, SAMPLES, format_sample
from support.terminals import terminal

if TYPE_CHECKING:
    from support.processes import Server

FOLDER = Path(__file__).parent / "pictures"
DURATIONS = ["--load", "9s", "--update", "14s", "--publish", "6s", "--pending", "1s"]
OTHERS = {"TAMR_STACK": "", "TAMR_POLL_SECONDS": "0.2"}
PRODUCT = """\
    {name}:
      version: "{version}"
      since: "2026-11-20T09:00:00Z"
      trustDays: 36500
      sources: [{sources}]
      dataProduct: dp_{name}
      publish: [dst_{name}]
"""


def main() -> None:
    """Draw both."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, emulator(*DURATIONS) as server:
        where = project(Path(folder), server.url, _products("2026-11-20"))
        _earlier_runs(where, server)
        _bump(where, "2026-11-23")
        _job(where, server, "update", "dp_contacts")
        _run(where)
    _draw_boards()


def _bump(where: Path, version: str) -> None:
    for name in ("customers", "suppliers"):
        tamr(where, "bump", name, version)


def _products(version: str) -> str:
    products = {"customers": "src_crm, src_erp", "suppliers": "src_erp, src_sap"}
    return "".join(
        PRODUCT.format(name=name, version=version, sources=sources)
        for name, sources in products.items()
    )


def _earlier_runs(where: Path, server: Server) -> None:
    """Let each job have run three times, so that it has a usual duration."""
    tamr(where, "up")
    for version in ("2026-11-21", "2026-11-22"):
        _bump(where, version)
        tamr(where, "up")
    job_id = _job(where, server, "load", "src_web")
    tamr(where, "jobs", "stop", job_id, **OTHERS, TAMR_URL=server.url)


def _job(where: Path, server: Server, *words: str) -> str:
    return tamr(where, "jobs", "start", *words, **OTHERS, TAMR_URL=server.url).stdout.strip()


def _run(where: Path) -> None:
    """Draw the terminal while a run waits for its first jobs."""
    with terminal(where, "up", "--yes") as screen:
        screen.read_until("▰▰▰▰▰")
        lines = screen.styled()
    console = Console(record=True, width=100, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for line in lines:
        console.print(_text(line), soft_wrap=True)
    drawn = console.export_svg(title="tamr up --stack dev")
    # Rich names a font on somebody's server; a picture of ours loads nothing.
    path = FOLDER / "run.svg"
    path.write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL), encoding="utf-8")


def _text(line: list[tuple[str, str, bool]]) -> Text:
    text = Text()
    for character, colour, bold in line:
        style = "" if colour == "default" else colour.replace("brown", "yellow")
        text.append(character, f"{style} bold".strip() if bold else style)
    text.rstrip()
    return text


def _draw_boards() -> None:
    """Draw a bad day, the same on a phone, and the timeline of a normal day."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = _open_board(browser, "bad-day", viewport={"width": 1280, "height": 920})
        page.screenshot(path=str(FOLDER / "board.png"))
        phone = {"width": 400, "height": 820}
        page = _open_board(browser, "bad-day", viewport=phone, color_scheme="dark")
        page.screenshot(path=str(FOLDER / "board-phone.png"))
        page = _open_board(browser, "normal", viewport={"width": 1280, "height": 920})
        page.get_by_role("radio", name="6 h").check(force=True)
        page.mouse.move(0, 0)  # Away from the jobs, which show their details.
        page.locator(".tenant").first.screenshot(path=str(FOLDER / "board-timeline.png"))
        browser.close()


def _open_board(browser: Any, sample: str, **options: Any) -> Any:
    page = browser.new_context(timezone_id="Europe/Berlin", **options).new_page()
    page.clock.set_fixed_time(NOW)
    page.set_content(format_sample(SAMPLES[sample]()))
    return page


if __name__ == "__main__":
    main()
