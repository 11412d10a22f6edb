"""Atomic file writes: a reader sees the old or the new file, never a part of it."""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows: only the comparison before a write protects a file.
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Redirected output can be a regular file, but replacing it would lose the output.
_INHERITED = re.compile(r"/dev/(stdout|stderr|fd/\d+)|/proc/\w+/fd/\d+")


def write_file(path: Path, text: str, is_unchanged: Callable[[], bool] = lambda: True) -> bool:
    """Replace a file atomically, or write into a device or pipe such as /dev/stdout.

    Follows links, keeps the mode and leaves no temporary file. Writes nothing and returns False if
    `is_unchanged`, which is called last, returns False.

    Raises:
        OSError: the file cannot be written.
    """
    data = text.encode("utf-8", errors="replace")  # A lone surrogate has no UTF-8.
    if is_stream(path):
        _write_into(path, data)
        return True
    return _replace(path.resolve(), data, is_unchanged)


def is_stream(path: Path) -> bool:
    """Return whether a path is a device, a pipe or inherited output."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    is_inherited = _INHERITED.fullmatch(str(path)) is not None
    return not stat.S_ISDIR(mode) and (is_inherited or not stat.S_ISREG(mode))


@contextmanager
def lock_folder(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the folder of `path`, against other processes with this lock.

    There is no lock file. Without support for it, for example on Windows, nothing is locked.
    """
    folder = os.open(path.resolve().parent, os.O_RDONLY) if fcntl is not None else None
    try:
        if folder is not None:
            _lock(folder)
        yield
    finally:
        if folder is not None:
            os.close(folder)


def _lock(folder: int) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError:
        return  # Some network file systems cannot lock a folder.


def _replace(path: Path, data: bytes, is_unchanged: Callable[[], bool]) -> bool:
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        if mode is not None:
            temporary.chmod(mode)
        if not is_unchanged():
            return False
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _write_into(path: Path, data: bytes) -> None:
    # Non-blocking, because opening a pipe without a reader would wait forever.
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
