"""Documents with commands: run every command of a page in one shell.

Of an `sh` block every command must succeed; a comment before a block that is not run says why. Of a
`console` block it must also print what the page shows.

In a block a line that starts with `$ ` is a command, the lines below are what it prints. Times,
job ids, lengths and ports are compared by their form alone. Of a log, whose lines start with a
time, the order does not count, since jobs run in parallel, nor do waits, which depend on clocks.
`PYTHONPATH=tests python -m support.doc_commands FILE` writes what is printed now into the file.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from support.processes import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCRIPT = re.compile(
    r"^ *(?:<!-- (?P<mark>.*?) -->\n *)?```(?:sh|shell)\n(?P<code>.*?)^ *```$",
    re.DOTALL | re.MULTILINE,
)
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_END = "end-of-command"
_LOG_LINE = re.compile(r"\d\d:\d\d:\d\d  ")
_WAIT = re.compile(r"  wait: ")
_FORMS = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DAY"),
    (re.compile(r"\d\d:\d\d UTC"), "CLOCK"),
    (re.compile(r"since \d\d:\d\d,"), "since CLOCK,"),
    (re.compile(r"job_\w+"), "JOB"),
    (re.compile(r"\d of 5 slots"), "SLOTS"),
    (re.compile(r"\b(\d+d)?(\d+h)?(\d+m)?(\d+s)\b|\b\d+m\b|\b\d+h\d\dm\b"), "LENGTH"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"\b[0-9a-f]{7}\b"), "COMMIT"),
    (re.compile(r" {2,}|-{4,}"), "  "),
]


@dataclass(frozen=True)
class Script:
    """The commands of an `sh` block, and the comment before it; "" if there is none."""

    commands: tuple[str, ...]
    mark: str


def scripts(text: str) -> list[Script]:
    """Return the `sh` blocks of a page."""
    return [
        Script(tuple(_commands(textwrap.dedent(found["code"]))), found["mark"] or "")
        for found in _SCRIPT.finditer(text)
    ]


def _commands(code: str) -> Iterator[str]:
    """Yield each command; a backslash at the end of a line continues it."""
    for command in re.split(r"(?<!\\)\n", code):
        if command.strip():
            yield command


class Shell:
    """One bash for all commands of a document, in a folder of its own."""

    def __init__(self, folder: Path, **more: str) -> None:
        git = {"GIT_CONFIG_GLOBAL": "/dev/null"}
        env = environment(TAMR_STACK="", TAMR_POLL_SECONDS="0.2", **git, **more)
        if "TAMR_API_KEY" not in more:
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

    def run_checked(self, command: str) -> str:
        """Run a command and return what it printed. Raises AssertionError if it fails."""
        *lines, code = self.run(f"{command}\necho $?").splitlines()
        assert code == "0", "\n".join([f"$ {command}", *lines, f"exit code {code}"])
        return "\n".join(lines)

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
    """Return the lines of a text, those of a log sorted, without what differs between two runs."""
    lines = text.strip().splitlines()
    log = [line[10:] for line in lines if _LOG_LINE.match(line) and not _WAIT.search(line)]
    others = [line for line in lines if not _LOG_LINE.match(line)]
    return sorted(map(_form, log)) + [_form(line) for line in others]


def _form(line: str) -> str:
    for pattern, name in _FORMS:
        line = pattern.sub(name, line)
    return line.strip()


def write_anew(path: Path) -> None:
    """Replace what the commands of a document are said to print by what they print now."""
    text = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        shell = Shell(Path(folder))
        written, rest = "", text
        for command, said in sessions(text):
            printed = shell.run(command)
            before, _, rest = rest.partition(f"$ {command}\n{said}")
            written += f"{before}$ {command}\n{printed}"
        shell.close()
    path.write_text(written + rest, encoding="utf-8")


if __name__ == "__main__":
    write_anew(Path(sys.argv[1]))
