"""The since of a step whose program could not read it from git.

A shallow clone lacks the commit, and without git there is only the file. The inputs of the last run
have its version and since.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from tamr_provider.resources import _properties as properties
from tamr_provider.stackfile.since.origin import (
    COMMITTED,
    CUT_OFF,
    NEW_TO_HEAD,
    UNCOMMITTED,
    WITHOUT_GIT,
)
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# The program passes `Since.known_by` in it, and `check` removes it, so it is never in the state.
KEY = "sinceFrom"
_CERTAIN = (COMMITTED, UNCOMMITTED)
_REASONS = {
    CUT_OFF: "its commit is beyond this shallow clone. Check out with fetch-depth: 0",
    WITHOUT_GIT: "there is no git repository with its commit",
    NEW_TO_HEAD: "no commit has the product yet",
}


def resolve_since(
    olds: Mapping[str, Any], news: Mapping[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the inputs with the effective since, and the problems as (property, reason)."""
    inputs = {name: value for name, value in news.items() if name != KEY}
    origin = news.get(KEY)
    old = properties.version_and_since(olds)
    if origin in _CERTAIN:
        return inputs, []
    if origin is None:
        return inputs, _declared_problems(olds, inputs)
    since = properties.parse_property_time(inputs.get("since"))
    if old is None:
        is_enough = since is not None and origin != CUT_OFF
    elif properties.is_same_version(old[0], inputs.get("version")):
        if origin != NEW_TO_HEAD:
            inputs["since"] = format_timestamp(max(old[1], since or old[1]))
        return inputs, []
    else:
        is_enough = since is not None and since > old[1]
    problems = [] if is_enough else [("since", _explain(old, inputs, str(origin)))]
    return inputs, problems


def _explain(old: tuple[str, datetime] | None, inputs: Mapping[str, Any], origin: str) -> str:
    version = str(inputs.get("version"))
    product = str(inputs.get("product") or "PRODUCT")
    words = ["tamr", "bump", product, version, "--stack", str(inputs.get("stack") or "STACK")]
    before = f" is not {old[0]}, the last one that ran, and" if old is not None else ":"
    command = shlex.join(words)
    return f"version {version}{before} {_REASONS[origin]}. To give it a since, run: {command}"


def _declared_problems(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the problems of another version of a step that is not of a Pipeline."""
    old = properties.version_and_since(olds)
    new = properties.version_and_since(news)
    if old is None or new is None or old[0] == new[0] or olds.get("url") != news.get("url"):
        return []
    if new[1] > old[1]:
        return []
    expected = f"a time after {format_timestamp(old[1])}, the since of version {old[0]}"
    return [("since", f"expected {expected}, got {format_timestamp(new[1])}")]
