"""A PostgreSQL server of our own: a temporary folder, a free port on loopback, no privileges."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

READY = "ready to accept connections"


def server_binaries() -> Path | None:
    """Return the folder of initdb and postgres, from PATH or where Debian keeps them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return newest[0].parent if newest else None


@contextmanager
def postgresql(binaries: Path) -> Iterator[str]:
    """Run a server until the block ends, and give its URL without a database's name."""
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="tamr-pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        with _serve(binaries, folder, user) as port:
            yield f"postgres://tamr@127.0.0.1:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serve(binaries: Path, folder: Path, user: str | None) -> Iterator[int]:
    # The server tells in the language of its locale when it is ready.
    env = {**os.environ, "LC_ALL": "C", "HOME": str(folder)}
    data, port = folder / "data", _free_port()
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "tamr", "--auth=trust", "-E", "UTF8", "-N"],
        user=user,
        cwd=folder,
        env=env,
        stdout=subprocess.DEVNULL,
        timeout=120,
        check=True,
    )
    options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with subprocess.Popen(
        [binaries / "postgres", "-D", data, "-p", str(port), *words],
        user=user,
        cwd=folder,
        env=env,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            _wait_until_ready(process)
            yield port
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: clients are cut off
            process.communicate(timeout=60)


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if READY in line:
            return
    raise AssertionError("".join(seen))


def _unprivileged() -> str | None:
    """Return who is to run the server; it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    users = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
