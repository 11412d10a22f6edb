"""Files that others may read at any moment: they see the old or the new one, never half."""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows has none; there only the comparison before a write protects a file
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# What a shell sends to a file may be a regular file, but a new one in its place would be lost.
_INHERITED = re.compile(r"/dev/(stdout|stderr|fd/\d+)|/proc/\w+/fd/\d+")


def write_file(path: Path, text: str, is_still_right: Callable[[], bool] = lambda: True) -> bool:
    """Replace a file at once, or write into what is no regular file, such as /dev/stdout.

    A link is followed, the mode stays, and no draft is left behind. `is_still_right` is asked last
    of all: return False, and write nothing, if it says no. Raises OSError.
    """
    data = text.encode("utf-8", errors="replace")  # half a surrogate pair has no UTF-8
    if is_stream(path):
        _write_into(path, data)
        return True
    return _replace(path.resolve(), data, is_still_right)


def is_stream(path: Path) -> bool:
    """Return whether a path is no regular file, nor one to be made: a device or a pipe."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    is_inherited = _INHERITED.fullmatch(str(path)) is not None
    return not stat.S_ISDIR(mode) and (is_inherited or not stat.S_ISREG(mode))


@contextmanager
def sole_writer(path: Path) -> Iterator[None]:
    """Wait until no other process is in a block like this one for files of the same folder.

    The lock is on the folder itself, so that no lock file is left behind.
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
        return  # some network file systems lock no folder: then the comparison has to do


def _replace(path: Path, data: bytes, is_still_right: Callable[[], bool]) -> bool:
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(data)
        if mode is not None:
            draft.chmod(mode)
        if not is_still_right():
            return False
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _write_into(path: Path, data: bytes) -> None:
    # Without a reader, a pipe is an error at once instead of a wait without an end.
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
