"""YAML as the Pulumi engine reads it, with every scalar that it would respell kept as written.

The engine writes a stack file anew: `2026-11-20` becomes `2026-11-20 00:00:00 +0000 UTC`, `0123`
becomes 83, `1_000` becomes 1000. Where the spelling does not matter (a version, a since) that is
harmless; where it does (an id) the file has to quote it, so we must be able to tell.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from ruamel.yaml.nodes import ScalarNode

_LIKE_A_MOMENT = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?")
_PLAIN_INT = re.compile(r"-?(0|[1-9]\d{0,14})")  # 15 digits survive the engine's float64


class Unquoted(str):
    """A scalar as it stands in the file, unquoted, that the engine would spell differently.

    `engine` is the engine's spelling of a number; a moment stays as it is, since every spelling
    of one is read.
    """

    engine: str

    def __new__(cls, text: str, engine: str = "") -> Unquoted:
        """Make one from the text in the file."""
        made = super().__new__(cls, text)
        made.engine = engine or text
        return made


class _Constructor(SafeConstructor):
    """Numbers and timestamps as the engine takes them."""


def _timestamp(_: _Constructor, node: ScalarNode) -> Unquoted:
    return Unquoted(node.value)


def _text(constructor: _Constructor, node: ScalarNode) -> object:
    # The engine takes 2026-1-5 for a date, which YAML 1.2 does not.
    if node.style is None and _LIKE_A_MOMENT.fullmatch(node.value):
        return Unquoted(node.value)
    return constructor.construct_yaml_str(node)


def _integer(constructor: _Constructor, node: ScalarNode) -> object:
    if _PLAIN_INT.fullmatch(node.value):
        return constructor.construct_yaml_int(node)
    digits = node.value.replace("_", "")
    old_octal = re.fullmatch(r"([-+]?)0([0-7]+)", digits)
    value = int(f"{old_octal[1]}0o{old_octal[2]}" if old_octal else digits, 0)
    return Unquoted(node.value, _number(float(value)))


def _float(constructor: _Constructor, node: ScalarNode) -> object:
    return Unquoted(node.value, _number(constructor.construct_yaml_float(node)))


def _number(value: float) -> str:
    """Spell a number as the engine does, which holds every one as a float64."""
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)
_Constructor.add_constructor("tag:yaml.org,2002:int", _integer)
_Constructor.add_constructor("tag:yaml.org,2002:float", _float)
_Constructor.add_constructor("tag:yaml.org,2002:str", _text)


@lru_cache(maxsize=1)
def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    return yaml


def read_yaml(text: str, where: str) -> Any:
    """Return the document as plain values. Raises InputError naming the place of a mistake."""
    try:
        return _yaml().load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = " ".join(str(error.problem or error.context).split())
        raise InputError(f"{where}{place}: this is not YAML: {problem}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        reason = str(error).strip().splitlines() or ["unreadable"]
        raise InputError(f"{where}: this is not YAML: {reason[0]}") from None
