"""Lock of a state file: two emulators would overwrite the jobs of one another."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from tamr_provider.emulator.store import StoreError

try:
    import fcntl
except ImportError:  # Windows has no fcntl, so a second emulator is not detected.
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def state_lock(state: Path | None) -> Iterator[None]:
    """Lock a state file for this process until the block ends.

    The lock is on a second file because every change replaces the state file. Raises StoreError if
    another process has the lock or if the file cannot be created.
    """
    if state is None or fcntl is None or state.is_dir() or not state.parent.is_dir():
        yield  # Store reports an unusable path.
        return
    with _locked(state):
        yield


def _locked(state: Path) -> IO[str]:
    try:
        lock = state.with_name(f"{state.name}.lock").open("a")
    except OSError as error:
        raise StoreError(f"{state}: cannot lock the state file: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreError(
            f"{state}: another emulator uses this state file. Stop it, or use another file."
        ) from None
    return lock
