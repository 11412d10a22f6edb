"""Checks of what a killed engine leaves in its state: a lock, and pending operations."""

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
    from collections.abc import Mapping

    from tamr_provider.doctor.finding import RunProgram


def find_backend_folder(
    project: Mapping[str, Any], env: Mapping[str, str], folder: Path
) -> Path | None:
    """Return the folder of a file backend, or None for another backend."""
    backend = project.get("backend")
    url = env.get("PULUMI_BACKEND_URL") or (backend.get("url") if isinstance(backend, dict) else "")
    if not url or urlsplit(url).scheme != "file":
        return None
    path = Path(unquote(url.removeprefix("file://"))).expanduser()
    return path if path.is_absolute() else folder / path


def check_lock(backend: Path, project: str, stack: str) -> Finding:
    """Check whether a run has the stack's lock, or left it behind."""
    folder = backend / ".pulumi/locks/organization" / project / stack
    locks = [_read_json(path) for path in sorted(folder.glob("*.json"))]
    if not locks:
        return Finding(OK, "the stack is not locked")
    lock = locks[0] or {}
    owner = f"{lock.get('username')}@{lock.get('hostname')}, process {lock.get('pid')}"
    since = f"{owner}, since {lock.get('timestamp')}"
    if _is_alive(lock):
        return Finding(WARNING, f"a run is in progress ({since})", "wait for it")
    fix = f"pulumi cancel --yes --stack {shlex.quote(stack)}"
    return Finding(PROBLEM, f"a killed run left its lock ({since})", fix)


def check_pending(
    run: RunProgram, folder: Path, backend: Path | None, project: str, stack: str
) -> Finding | None:
    """Check whether the state has operations that a killed engine never finished.

    Return None if there is no state that can be read from here, as without Pulumi.
    """
    pending = _read_pending_from_cli(run, folder, stack)
    if pending is None and backend is not None:
        content = _read_json(backend / ".pulumi/stacks" / project / f"{stack}.json")
        if content is not None:
            pending = _list_pending((content.get("checkpoint") or {}).get("latest"))
    if pending is None:
        return None
    if not pending:
        return Finding(OK, "no pending operations")
    fix = f"pulumi refresh --clear-pending-creates --yes --stack {shlex.quote(stack)}"
    message = f"a killed run left {len(pending)} pending operations. Their jobs will be adopted"
    return Finding(PROBLEM, message, fix)


def _read_pending_from_cli(run: RunProgram, folder: Path, stack: str) -> list[Any] | None:
    result = run(["pulumi", "-C", str(folder), "stack", "export", "--stack", stack])
    if result.code != 0:
        return None
    try:
        return _list_pending(json.loads(result.output)["deployment"])
    except (ValueError, KeyError, TypeError):
        return None


def _list_pending(deployment: object) -> list[Any]:
    found = deployment.get("pending_operations") if isinstance(deployment, dict) else None
    return list(found or [])


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _is_alive(lock: Mapping[str, Any]) -> bool:
    pid = lock.get("pid")
    if lock.get("hostname") != socket.gethostname() or not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # EPERM: the process exists but belongs to another user.
    return True
