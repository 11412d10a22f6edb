"""A lock that keeps a second emulator off a state file: each would write its own jobs alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from tamr_provider.emulator.store import StoreError

try:
    import fcntl
except ImportError:  # Windows has none; there a second emulator is not noticed
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def state_lock(state: Path | None) -> Iterator[None]:
    """Keep a state file to this process until the block ends.

    The lock is on a file beside it, since the state file itself is replaced at each change. Raises
    StoreError if another process has it, or if the file cannot be made.
    """
    if state is None or fcntl is None or state.is_dir() or not state.parent.is_dir():
        yield  # what cannot be a state file is named when it is read
        return
    with _locked(state):
        yield


def _locked(state: Path) -> IO[str]:
    try:
        lock = state.with_name(f"{state.name}.lock").open("a")
    except OSError as error:
        raise StoreError(f"the state file {state} cannot be locked: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreError(
            f"the state file {state} is in use by another emulator; end that one, or name another"
        ) from None
    return lock
