"""How long it takes to learn from git since when 200 products count: `python -m bench.since`.

Makes repositories of 10,000 commits, each of which changes one product of one stack file.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from tamr_provider.stackfile.project import find_project
from tamr_provider.stackfile.since.lookup import with_effective_sinces
from tamr_provider.stackfile.since.origin import COMMITTED

_PRODUCTS = 200
_COMMITS = 10_000
_RUNS = 3
_START, _APART = 1_700_000_000, 600  # seconds
_STACK = "stacks/Pulumi.staging.yaml"
_PROJECT = "name: shop\nruntime: python\nmain: stacks\nstackConfigDir: stacks\n"


def main() -> None:
    for title, size, is_untouched in [
        ("200 KB, any of 200 products changes", 200_000, False),
        ("1 MB, the same", 1_000_000, False),
        ("200 KB, one product never changes", 200_000, True),
    ]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _write(folder, size, is_untouched)
            seconds = [_measure(folder) for _ in range(_RUNS)]
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        sys.stdout.write(f"{title}: {statistics.median(seconds):.2f} s ({spread})\n")


def _measure(folder: Path) -> float:
    now = datetime.now(timezone.utc)
    project = find_project(folder)
    file = project.read_stack("staging", now)
    began = time.perf_counter()
    counted = with_effective_sinces(file, project, "staging", now)
    took = time.perf_counter() - began
    assert {since.known_by for since in counted.sinces.values()} == {COMMITTED}
    return took


def _write(folder: Path, size: int, is_untouched: bool) -> None:
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    with subprocess.Popen([*git, "fast-import", "--quiet"], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for part in _stream(size, is_untouched):  # 10 GB in all, so never in memory at once
            process.stdin.write(part)
        process.stdin.close()
    subprocess.run([*git, "checkout", "--quiet", "main"], check=True)


def _stream(size: int, is_untouched: bool) -> Iterator[bytes]:
    """Yield the commits as `git fast-import` reads them."""
    chance = random.Random(1)
    versions = [0] * _PRODUCTS
    blocks = [_block(number, 0, size // _PRODUCTS) for number in range(_PRODUCTS)]
    head = "config:\n  tamr:url: http://127.0.0.1:8080\n  shop:products:\n"
    for commit in range(_COMMITS):
        number = chance.randrange(_PRODUCTS - is_untouched)
        versions[number] += 1
        blocks[number] = _block(number, versions[number], size // _PRODUCTS)
        at = _START + commit * _APART
        yield b"commit refs/heads/main\n"
        yield f"committer A <a@example.com> {at} +0000\ndata 1\nx\n".encode()
        if not commit:
            yield _file("Pulumi.yaml", _PROJECT)
        yield _file(_STACK, head + "".join(blocks))


def _block(number: int, version: int, size: int) -> str:
    lines = [
        f"    product_{number}:",
        f"      version: v{version}",
        f"      sources: [src_{number}_a, src_{number}_b]",
        f"      dataProduct: dp_{number}",
    ]
    comment = "      # what this product is good for, and which team looks after it"
    lines += [comment] * ((size - len("\n".join(lines))) // len(comment))
    return "\n".join(lines) + "\n"


def _file(path: str, text: str) -> bytes:
    content = text.encode()
    return f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


if __name__ == "__main__":
    main()
