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
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
_LIKE_A_MOMENT = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?")
# 2,000 products are a fifth of it, and a program that edits the file takes seconds for the whole.
MAX_BYTES = 2**20
# What all merge keys of a file may bring; `<<` within `<<` multiplies it at each level.
_MAX_MERGED = 100_000
_PLAIN_INT = re.compile(r"-?(0|[1-9]\d{0,14})")  # 15 digits survive the engine's float64


class UnquotedScalar(str):
    """A scalar as it stands in the file, unquoted, that the engine would spell differently.

    `engine` is the engine's spelling of a number; a moment stays as it is, since every spelling
    of one is read.
    """

    engine: str

    def __new__(cls, text: str, engine: str = "") -> UnquotedScalar:
        """Make one from the text in the file."""
        made = super().__new__(cls, text)
        made.engine = engine or text
        return made


class _Constructor(SafeConstructor):
    """Numbers and timestamps as the engine takes them."""

    _merged = 0

    def construct_document(self, node: Node) -> Any:
        """Return the value of a document; merge keys are counted anew for each one."""
        self._merged = 0
        return super().construct_document(node)

    def flatten_mapping(self, node: MappingNode) -> Any:
        """Replace the merge keys of a mapping by what they bring."""
        own = len(node.value)
        flat = super().flatten_mapping(node)
        self._merged += len(node.value) - own
        if self._merged > _MAX_MERGED:
            raise ConstructorError(
                None, None, "the merge keys (<<) bring too much", node.start_mark
            )
        return flat


def _timestamp(_: _Constructor, node: ScalarNode) -> UnquotedScalar:
    return UnquotedScalar(node.value)


def _text(constructor: _Constructor, node: ScalarNode) -> object:
    # The engine takes 2026-1-5 for a date, which YAML 1.2 does not.
    if node.style is None and _LIKE_A_MOMENT.fullmatch(node.value):
        return UnquotedScalar(node.value)
    text: str = constructor.construct_yaml_str(node)
    if _HALF_A_CHARACTER.search(text):
        wrong = "an escape is half of a character; write the character itself"
        raise ConstructorError(None, None, wrong, node.start_mark)
    return text


def _integer(constructor: _Constructor, node: ScalarNode) -> object:
    if _PLAIN_INT.fullmatch(node.value):
        return constructor.construct_yaml_int(node)
    digits = node.value.replace("_", "")
    old_octal = re.fullmatch(r"([-+]?)0([0-7]+)", digits)
    value = int(f"{old_octal[1]}0o{old_octal[2]}" if old_octal else digits, 0)
    return UnquotedScalar(node.value, _number(float(value)))


def _float(constructor: _Constructor, node: ScalarNode) -> object:
    return UnquotedScalar(node.value, _number(constructor.construct_yaml_float(node)))


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
    if len(text) > MAX_BYTES:
        raise InputError(f"{where}: larger than 1 MB; allowed: a file of at most 1 MB")
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
