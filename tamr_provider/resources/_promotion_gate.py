"""Whether the environment before this one holds the version, asked once per process."""

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
_answers: dict[PromotionRequest, str] = {}


def refused(inputs: Mapping[str, Any]) -> str:
    """Return why the version of checked properties may not run here, empty where it may."""
    stand = properties.version_and_since(inputs)
    before = inputs.get("promoteFrom")
    if not before or stand is None:
        return ""
    product, stack = str(inputs.get("product") or ""), str(inputs.get("stack") or "")
    candidate = PromotionRequest(product, stand[0], stack, str(before))
    with _lock:
        if candidate not in _answers:
            _answers[candidate] = _ask(candidate)
        return _answers[candidate]


def newly_refused(olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """Return the same where the version is new to the resource; what it holds already stays."""
    if properties.same_version(olds.get("version"), news.get("version")):
        return ""
    return refused(news)


def _ask(candidate: PromotionRequest) -> str:
    try:
        # The engine runs providers in the program's folder, which is inside the project.
        project = find_project(Path.cwd())
    except InputError as error:
        return f"promoteFrom: {error}"
    return promotion_blocker(project, candidate, os.environ, SystemClock())
