"""Since when a step's version counts, where the program could not learn it from git.

A shallow clone does not tell, and a folder without git only what stands in the file. The inputs
of the last run do: they say which version that was, and since when it counted.
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

# Handed from the program to `check`, which takes it out: it is never in the state.
KEY = "sinceFrom"
_SURE = (COMMITTED, UNCOMMITTED)
_WHY = {
    CUT_OFF: "the clone is too shallow to tell since when it counts: check out with fetch-depth: 0",
    WITHOUT_GIT: "there is no git repository to tell since when it counts",
    NEW_TO_HEAD: "no commit has the product yet to tell since when it counts",
}


def settle(
    olds: Mapping[str, Any], news: Mapping[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the inputs with the since that counts, and what is wrong with it."""
    inputs = {name: value for name, value in news.items() if name != KEY}
    origin, old = news.get(KEY), properties.version_and_since(olds)
    if origin in _SURE:
        return inputs, []
    if origin is None:
        return inputs, _declared_problems(olds, inputs)
    since = properties.parse_property_time(inputs.get("since"))
    if old is None:
        is_enough = since is not None and origin != CUT_OFF
    elif properties.same_version(old[0], inputs.get("version")):
        if origin != NEW_TO_HEAD:
            inputs["since"] = format_timestamp(max(old[1], since or old[1]))
        return inputs, []
    else:
        is_enough = since is not None and since > old[1]
    problems = [] if is_enough else [("since", _unsettled(old, inputs, str(origin)))]
    return inputs, problems


def _unsettled(old: tuple[str, datetime] | None, inputs: Mapping[str, Any], origin: str) -> str:
    version, product = str(inputs.get("version")), str(inputs.get("product") or "PRODUCT")
    words = ["tamr", "bump", product, version, "--stack", str(inputs.get("stack") or "STACK")]
    before = f" is not {old[0]}, which ran last, and" if old is not None else ":"
    return f"version {version}{before} {_WHY[origin]}. To give it a since, run: {shlex.join(words)}"


def _declared_problems(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with another version of a step that a program declares itself."""
    old, new = properties.version_and_since(olds), properties.version_and_since(news)
    if old is None or new is None or old[0] == new[0] or olds.get("url") != news.get("url"):
        return []
    if new[1] > old[1]:
        return []
    counted = f"{format_timestamp(old[1])}, from when version {old[0]} counted"
    return [("since", f"{format_timestamp(new[1])} is not after {counted}; give a later since")]
