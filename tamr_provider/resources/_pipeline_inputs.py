"""What a Pipeline passes with each step, and only a run needs: none of it is in the state.

The later phases decide who gets a slot first. `check` keeps them in this process. Without them,
only the order of the queue changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.resources import _properties as properties

if TYPE_CHECKING:
    from collections.abc import Mapping

PIPELINE = "pipeline"
_THEN = "then"
_later: dict[tuple[object, ...], Any] = {}


def unpack(news: Mapping[str, Any]) -> dict[str, Any]:
    """Return new inputs with what the Pipeline passes as properties."""
    given = news.get(PIPELINE)
    packed = given if isinstance(given, dict) else {}
    return {**{name: news[name] for name in news if name != PIPELINE}, **packed}


def keep_later_phases(inputs: dict[str, Any]) -> None:
    """Take the later phases out of checked inputs, and keep them."""
    then = inputs.pop(_THEN, None)
    if then is not None and (key := _key(inputs)):
        _later[key] = then


def restore_later_phases(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs with the later phases that were taken out of them."""
    key = _key(inputs)
    return {_THEN: _later[key], **inputs} if key in _later else dict(inputs)


def _key(inputs: Mapping[str, Any]) -> tuple[object, ...]:
    configuration = properties.to_configuration(inputs)
    if configuration is None:
        return ()
    return (configuration, inputs.get("product"), inputs.get("stack"), inputs.get("url"))
