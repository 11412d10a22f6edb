"""Draw what the documentation shows: a run on a terminal and the board, both of a real run.

`make pictures`; the board needs Chromium on PATH.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from support.processes import emulator, project, stack_file, tamr
from support.terminals import terminal

if TYPE_CHECKING:
    from support.processes import Server

FOLDER = Path(__file__).parent / "pictures"
DURATIONS = ["--load", "9s", "--update", "14s", "--publish", "6s", "--pending", "1s"]
HOURS = [
    "--load",
    "35m",
    "--update",
    "80m",
    "--publish",
    "25m",
    "--pending",
    "4m",
    "--speed",
    "900",
]
OTHERS = {"TAMR_STACK": "", "TAMR_POLL_SECONDS": "0.2"}
PRODUCT = """\
    {name}:
      version: "{version}"
      since: "2026-11-20T09:00:00Z"
      trustDays: 36500
      sources: [{sources}]
      dataProduct: dp_{name}
      publish: [dst_{name}]
{more}"""


def main() -> None:
    """Draw both."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, emulator(*DURATIONS) as server:
        where = project(Path(folder), server.url, _products("2026-11-20"))
        _earlier_runs(where, server)
        _bump(where, "2026-11-23")
        _job(where, server, "update", "dp_contacts")
        _run(where)
    with (
        tempfile.TemporaryDirectory() as folder,
        emulator(*HOURS, "--faults", _faults(Path(folder))) as dev,
        emulator(*HOURS) as prod,
    ):
        where = project(Path(folder) / "p", dev.url, _products("2026-11-20"))
        _prod(where, prod, "2026-11-20")
        tamr(where, "up", TAMR_STACK="prod")
        _earlier_runs(where, dev)
        _bump(where, "2026-11-23")
        tamr(where, "up")
        tamr(where, "bump", "customers", "2026-11-24")
        _job(where, dev, "load", "src_web")
        _board(where)


def _faults(folder: Path) -> str:
    """Let the publishing of one product fail."""
    rule = {"destinationId": "dst_suppliers", "outcome": "failed", "reason": "TARGET_FULL"}
    path = folder / "faults.json"
    path.write_text(json.dumps({"jobs": [rule]}), encoding="utf-8")
    return str(path)


def _bump(where: Path, version: str) -> None:
    for name in ("customers", "suppliers"):
        tamr(where, "bump", name, version)


def _products(version: str, more: str = "") -> str:
    products = {"customers": "src_crm, src_erp", "suppliers": "src_erp, src_sap"}
    return "".join(
        PRODUCT.format(name=name, version=version, sources=sources, more=more)
        for name, sources in products.items()
    )


def _file(server: Server, products: str) -> str:
    return f"config:\n  tamr:url: {server.url}\n  tamr-pipelines:products:\n{products}"


def _prod(where: Path, server: Server, version: str) -> None:
    path = stack_file(where).with_name("Pulumi.prod.yaml")
    products = _products(version, "      promoteFrom: dev\n")
    path.write_text(_file(server, products), encoding="utf-8")


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
    with terminal(where, "up") as screen:
        screen.read_until("━━━━━")
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


def _board(where: Path) -> None:
    tamr(where, "board", "--out", "board.html", TAMR_STACK="")
    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 860})
        page.goto((where / "board.html").as_uri())
        page.screenshot(path=str(FOLDER / "board.png"))
        browser.close()


if __name__ == "__main__":
    main()
