"""Documents with console blocks: run every command in one shell, compare what it prints.

In a block a line that starts with `$ ` is a command, the lines below are what it prints. Times,
job ids, lengths and ports are compared by their form alone, and a line `...` stands for any lines.
`PYTHONPATH=tests python -m support.doc_commands FILE` writes what is printed now into the file.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from support.processes import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_END = "end-of-command"
_FORMS = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DAY"),
    (re.compile(r"\d\d:\d\d UTC"), "CLOCK"),
    (re.compile(r"since \d\d:\d\d,"), "since CLOCK,"),
    (re.compile(r"job_\w+"), "JOB"),
    (re.compile(r"\b(\d+d)?(\d+h)?(\d+m)?(\d+s)\b|\b\d+m\b|\b\d+h\d\dm\b"), "LENGTH"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"\b[0-9a-f]{7}\b"), "COMMIT"),
    (re.compile(r" {2,}|-{4,}"), "  "),
]


class Shell:
    """One bash for all commands of a document, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        env = environment(TAMR_STACK="", TAMR_POLL_SECONDS="0.2", GIT_CONFIG_GLOBAL="/dev/null")
        env.pop("TAMR_API_KEY")
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self._ports: dict[str, str] = {}

    def run(self, command: str) -> str:
        """Run a command to its end and return what it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for written in re.findall(r"808\d", command):
            self._ports.setdefault(written, str(_free_port()))
        for written, port in self._ports.items():
            command = command.replace(written, port)
        self._process.stdin.write(f"{command}\necho; echo {_END}\n")
        self._process.stdin.flush()
        lines = list(iter(self._process.stdout.readline, f"{_END}\n"))
        printed = "".join(lines).removesuffix("\n")
        for written, port in self._ports.items():
            printed = printed.replace(f":{port}", f":{written}")
        return printed

    def close(self) -> None:
        """End the shell and what it started in the background."""
        assert self._process.stdin is not None
        with self._process:
            self._process.stdin.write("kill $(jobs -p) 2>/dev/null\nexit\n")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def sessions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a document and what it is said to print."""
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, printed = _split(part)
            yield command, printed


def _split(part: str) -> tuple[str, str]:
    """Part a command from its output; a backslash at a line's end goes on with the command."""
    lines = part.splitlines(keepends=True)
    end = next(at for at, line in enumerate(lines) if not line.rstrip().endswith("\\"))
    return "".join(lines[: end + 1]).rstrip("\n"), "".join(lines[end + 1 :])


def form(text: str) -> list[str]:
    """Return the lines of a text with everything replaced that differs between two runs."""
    for pattern, name in _FORMS:
        text = pattern.sub(name, text)
    return [line.strip() for line in text.strip().splitlines()]


def fits(printed: list[str], said: list[str]) -> bool:
    """Whether lines are as they are said to be; `...` stands for any lines."""
    if not said:
        return not printed
    if said[0] == "...":
        return any(fits(printed[at:], said[1:]) for at in range(len(printed) + 1))
    return bool(printed) and printed[0] == said[0] and fits(printed[1:], said[1:])


def write_anew(path: Path) -> None:
    """Replace what the commands of a document are said to print by what they print now."""
    text = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        shell = Shell(Path(folder))
        written, rest = "", text
        for command, said in sessions(text):
            printed = shell.run(command)
            before, _, rest = rest.partition(f"$ {command}\n{said}")
            kept = said if "..." in said.splitlines() else printed
            written += f"{before}$ {command}\n{kept}"
        shell.close()
    path.write_text(written + rest, encoding="utf-8")


if __name__ == "__main__":
    write_anew(Path(sys.argv[1]))
