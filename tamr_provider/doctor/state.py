"""What a killed engine leaves behind: a lock, and pending operations."""

from __future__ import annotations

import json
import os
import shlex
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tamr_provider.doctor.finding import OK, PROBLEM, WARNING, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tamr_provider.doctor.finding import Run


def backend_folder(project: Mapping[str, Any], env: Mapping[str, str], folder: Path) -> Path | None:
    """Return the folder of a file backend, None where the backend is another one."""
    backend = project.get("backend")
    url = env.get("PULUMI_BACKEND_URL") or (backend.get("url") if isinstance(backend, dict) else "")
    if not url or urlsplit(url).scheme != "file":
        return None
    path = Path(unquote(url.removeprefix("file://"))).expanduser()
    return path if path.is_absolute() else folder / path


def check_lock(backend: Path, project: str, stack: str) -> Finding:
    """Say whether a run holds the stack's lock, or left it behind."""
    folder = backend / ".pulumi/locks/organization" / project / stack
    locks = [_read(path) for path in sorted(folder.glob("*.json"))]
    if not locks:
        return Finding(OK, "the stack is not locked")
    lock = locks[0] or {}
    who = f"{lock.get('username')}@{lock.get('hostname')}, process {lock.get('pid')}"
    since = f"{who}, since {lock.get('timestamp')}"
    if _alive(lock):
        return Finding(WARNING, f"a run is under way ({since})", "wait for it")
    repair = f"pulumi cancel --yes --stack {shlex.quote(stack)}"
    return Finding(PROBLEM, f"a lock was left behind ({since})", repair)


def check_pending(
    run: Run, folder: Path, backend: Path | None, project: str, stack: str
) -> Finding:
    """Say whether the state has operations that a killed engine never finished."""
    pending = _pending_from_cli(run, folder, stack)
    if pending is None and backend is not None:
        pending = _pending_from_file(backend / ".pulumi/stacks" / project / f"{stack}.json")
    if pending is None:
        return Finding(OK, "the stack has no state that can be looked at from here")
    if not pending:
        return Finding(OK, "no pending operations")
    repair = f"pulumi refresh --clear-pending-creates --yes --stack {shlex.quote(stack)}"
    what = f"{len(pending)} pending operations were left behind; their jobs go on and are adopted"
    return Finding(PROBLEM, what, repair)


def _pending_from_cli(run: Run, folder: Path, stack: str) -> list[Any] | None:
    ran = run(["pulumi", "-C", str(folder), "stack", "export", "--stack", stack])
    if ran.code != 0:
        return None
    try:
        deployment = json.loads(ran.output)["deployment"]
    except (ValueError, KeyError, TypeError):
        return None
    return list(_pending(deployment))


def _pending_from_file(path: Path) -> list[Any] | None:
    content = _read(path)
    if content is None:
        return None
    return list(_pending((content.get("checkpoint") or {}).get("latest")))


def _pending(deployment: object) -> Iterator[Any]:
    found = deployment.get("pending_operations") if isinstance(deployment, dict) else None
    yield from found or []


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _alive(lock: Mapping[str, Any]) -> bool:
    """Whether the lock's process still runs, as far as this machine can tell."""
    pid = lock.get("pid")
    if lock.get("hostname") != socket.gethostname() or not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's process
    return True
