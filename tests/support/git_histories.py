"""Real git repositories with fixed committer dates, written by one `git fast-import`."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tamr_provider.stackfile.project import find_project
from tamr_provider.stackfile.since.lookup import with_effective_sinces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tamr_provider.stackfile.since.origin import Since

FILE = "stacks/Pulumi.staging.yaml"
PROJECT = "name: shop\nruntime: python\nmain: stacks\nstackConfigDir: stacks\n"
START = datetime(2026, 11, 20, 9, tzinfo=timezone.utc)
NOW = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)


def clock(hours: float) -> datetime:
    """Return the time `hours` after the first commit of a test."""
    return START + timedelta(hours=hours)


def product(version: str, since: str = "", name: str = "customers", more: str = "") -> str:
    """Return a product's lines."""
    lines = [f"    {name}:", f"      version: {version}"]
    lines += [f"      since: {since}"] if since else []
    return "\n".join([*lines, more or f"      dataProduct: dp_{name}", ""])


def write_product(version: str, since: datetime | None) -> str:
    """Return the lines of a product with a since, if any."""
    return product(version, f"{since:%Y-%m-%dT%H:%M:%SZ}" if since else "")


def stack(*products: str) -> str:
    """Return a stack file's text."""
    return "config:\n  tamr:url: http://127.0.0.1:8080\n  shop:products:\n" + "".join(products)


def git(
    folder: Path, *words: str, data: bytes | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run git without the settings of this machine and return its output."""
    env = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.com",
        **(env or {}),
    }
    done = subprocess.run(
        ["git", "-C", str(folder), *words], input=data, capture_output=True, check=True, env=env
    )
    return done.stdout.decode()


class History:
    """Planned commits. `write` creates a repository of them and checks out the last one."""

    def __init__(self) -> None:
        self._stream: list[bytes] = []
        self._count = 0
        self._blobs: dict[str, int] = {}

    def commit(
        self,
        at: datetime,
        files: Mapping[str, str],
        parents: Sequence[int] | None = None,
        authored: datetime | None = None,
        message: str = "x",
    ) -> int:
        """Add a commit with exactly these files and return its number."""
        blobs = {path: self._blob(text) for path, text in {"Pulumi.yaml": PROJECT, **files}.items()}
        self._count += 1
        mark = self._count
        parents = ([self._last] if self._last else []) if parents is None else parents
        stamp, author = int(at.timestamp()), int((authored or at).timestamp())
        head = [
            f"commit refs/heads/c{mark}",
            f"mark :{mark}",
            f"author Ann <ann@example.com> {author} +0000",
            f"committer Ann <ann@example.com> {stamp} +0000",
            f"data {len(message.encode())}",
            message,
        ]
        head += [
            f"{'from' if not place else 'merge'} :{parent}" for place, parent in enumerate(parents)
        ]
        head.append("deleteall")
        head += [f"M 100644 :{blob} {path}" for path, blob in blobs.items() if files.get(path, " ")]
        self._stream.append(("\n".join(head) + "\n\n").encode())
        self._last = mark
        return mark

    _last = 0

    def stack(self, at: float, *products: str, parents: Sequence[int] | None = None) -> int:
        """Add a commit with one stack file, `at` hours after the start."""
        return self.commit(clock(at), {FILE: stack(*products)}, parents)

    def write(self, folder: Path, *options: str) -> Path:
        """Write the repository and check out the last commit."""
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "--quiet", "--initial-branch=main", *options)
        if self._stream:
            git(folder, "fast-import", "--quiet", "--force", data=b"".join(self._stream))
            git(folder, "reset", "--quiet", "--hard", f"c{self._last}")
        return folder

    def _blob(self, text: str) -> int:
        if text not in self._blobs:
            self._count += 1
            self._blobs[text] = self._count
            content = text.encode()
            head = f"blob\nmark :{self._count}\ndata {len(content)}\n".encode()
            self._stream.append(head + content + b"\n")
        return self._blobs[text]


def sinces(folder: Path, now: datetime = NOW, base: str = "") -> Mapping[str, Since]:
    """Return the effective since of each product in the folder's stack file."""
    project = find_project(folder)
    file = project.read_stack("staging", now)
    return with_effective_sinces(file, project, "staging", now, base).sinces


def since(folder: Path, now: datetime = NOW, name: str = "customers") -> datetime | None:
    """Return the effective since of one product."""
    return sinces(folder, now)[name].at
