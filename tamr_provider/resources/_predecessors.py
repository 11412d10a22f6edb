"""Refuses a step whose predecessors did not run for its version, as with `pulumi up --target`.

The engine passes to a targeted step the finish times in the state. A finish before the since of the
version is of an earlier version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.resources import _properties as properties

if TYPE_CHECKING:
    from collections.abc import Mapping

# The Pipeline passes the step names of `after` in it, and `check` removes it. A finish of another
# product or stack has no name and may be before the since.
KEY = "afterSteps"


def find_predecessor_problems(
    news: Mapping[str, Any], inputs: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Return the problems of the predecessors' finish times, as (property, reason)."""
    names = news.get(KEY)
    since = properties.parse_property_time(inputs.get("since"))
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
    steps = f"products.{inputs.get('product')}: {', '.join(missing)}"
    late = f"did not run for version {inputs.get('version')} yet"
    return [("after", f"{steps} {late}. Target them too, or run without --target.")]
