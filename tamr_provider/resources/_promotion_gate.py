"""Whether `promoteFrom` blocks a version, queried once per process."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tamr_provider.clock import SystemClock
from tamr_provider.environments.promotion import PromotionRequest, promotion_blocker
from tamr_provider.errors import InputError
from tamr_provider.resources import _properties as properties
from tamr_provider.stackfile.project import find_project

if TYPE_CHECKING:
    from collections.abc import Mapping

_lock = threading.Lock()
_blockers: dict[PromotionRequest, str] = {}


def find_version_blocker(inputs: Mapping[str, Any]) -> str:
    """Return why the version of checked properties must not run here, or "" if it may."""
    current = properties.version_and_since(inputs)
    upstream = inputs.get("promoteFrom")
    if not upstream or current is None:
        return ""
    product = str(inputs.get("product") or "")
    request = PromotionRequest(product, current[0], str(inputs.get("stack") or ""), str(upstream))
    with _lock:
        if request not in _blockers:
            _blockers[request] = _query(request)
        return _blockers[request]


def _query(request: PromotionRequest) -> str:
    try:
        # The engine runs providers in the program's folder, which is in the project.
        project = find_project(Path.cwd())
    except InputError as error:
        return f"promoteFrom: {error}"
    return promotion_blocker(project, request, os.environ, SystemClock())
