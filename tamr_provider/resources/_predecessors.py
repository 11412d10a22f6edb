"""Whether the steps before a step were run for its version: with `--target` they may not be.

The engine hands a targeted step what its predecessors left in the state. A finish from before the
version's since is one of an earlier version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.resources import _properties as properties

if TYPE_CHECKING:
    from collections.abc import Mapping

# Handed from the Pipeline to `check`, which takes it out: the names of the steps of `after`. Other
# steps' finishes, of another product or stack, have none and may lie before the since.
KEY = "afterSteps"


def predecessor_problems(
    news: Mapping[str, Any], inputs: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Return what is wrong with the finishes of the steps before, as (property, reason)."""
    names, since = news.get(KEY), properties.parse_property_time(inputs.get("since"))
    finishes = properties.finish_times(inputs)
    if not isinstance(names, list) or since is None or len(names) != len(finishes):
        return []
    missing = [
        name
        for name, finish in zip(names, finishes, strict=True)
        if finish is not None and finish < since
    ]
    if not missing:
        return []
    were, them = ("was", "it") if len(missing) == 1 else ("were", "them")
    steps = f"products.{inputs.get('product')}: {', '.join(missing)}"
    late = f"{were} not run for version {inputs.get('version')} yet"
    return [("after", f"{steps} {late}: target {them} too, or run without --target")]
