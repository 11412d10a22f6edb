"""YAML as the Pulumi engine reads it, but scalars that it would rewrite stay as written.

The engine rewrites a stack file: `2026-11-20` becomes `2026-11-20 00:00:00 +0000 UTC`, `0123`
becomes 83, `1_000` becomes 1000. That is harmless for a version or a since. An ID must be quoted,
so the parser has to know which scalars were not.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
_LIKE_A_TIMESTAMP = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?")
# 2,000 products take a fifth of it. Editing a file of this size takes seconds.
MAX_BYTES = 2**20
# Limit of entries from merge keys: nested `<<` multiply them at each level.
_MAX_MERGED = 100_000
_PLAIN_INT = re.compile(r"-?(0|[1-9]\d{0,14})")  # A float64 keeps 15 digits.


class UnquotedScalar(str):
    """An unquoted scalar, as in the file, that the engine would rewrite.

    `engine` is the engine's spelling of a number. A timestamp is unchanged: all spellings parse.
    """

    engine: str

    def __new__(cls, text: str, engine: str = "") -> UnquotedScalar:
        """Create a scalar from the text in the file."""
        made = super().__new__(cls, text)
        made.engine = engine or text
        return made


class UnquotedFloat(UnquotedScalar):
    """An unquoted number with a point or an exponent: the engine reads `1.10` as 1.1."""


class _Constructor(SafeConstructor):
    """Constructs numbers and timestamps as the engine does."""

    _merged = 0

    def construct_document(self, node: Node) -> Any:
        """Return the value of a document, with its own limit of merged entries."""
        self._merged = 0
        return super().construct_document(node)

    def flatten_mapping(self, node: MappingNode) -> Any:
        """Replace the merge keys of a mapping by the entries that they add."""
        own = len(node.value)
        flat = super().flatten_mapping(node)
        self._merged += len(node.value) - own
        if self._merged > _MAX_MERGED:
            raise ConstructorError(
                None, None, "the merge keys (<<) add too many entries", node.start_mark
            )
        return flat


def _text(constructor: _Constructor, node: ScalarNode) -> object:
    # To the engine, unlike YAML 1.2, 2026-1-5 is a date.
    if node.style is None and _LIKE_A_TIMESTAMP.fullmatch(node.value):
        return UnquotedScalar(node.value)
    text: str = constructor.construct_yaml_str(node)
    if _HALF_A_CHARACTER.search(text):
        wrong = "an escape is half of a character. Write the character instead."
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
    return UnquotedFloat(node.value, _number(constructor.construct_yaml_float(node)))


def _number(value: float) -> str:
    """Format a number as the engine does, which stores a float64."""
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


_Constructor.add_constructor(
    "tag:yaml.org,2002:timestamp", lambda _, node: UnquotedScalar(node.value)
)
_Constructor.add_constructor("tag:yaml.org,2002:int", _integer)
_Constructor.add_constructor("tag:yaml.org,2002:float", _float)
_Constructor.add_constructor("tag:yaml.org,2002:str", _text)


_ONE_AT_A_TIME = threading.Lock()  # A YAML object keeps the state of one text.


@lru_cache(maxsize=1)
def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    return yaml


def parse_yaml(text: str, file: str) -> Any:
    """Return plain values. Raises InputError with `file`, line and column if `text` is not YAML."""
    if len(text) > MAX_BYTES:
        raise InputError(f"{file}: expected a file of at most 1 MB, got a larger one")
    try:
        with _ONE_AT_A_TIME:
            return _yaml().load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = " ".join(str(error.problem or error.context).split())
        raise InputError(f"{file}{place}: invalid YAML: {problem}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        reason = str(error).strip().splitlines() or ["unreadable"]
        raise InputError(f"{file}: invalid YAML: {reason[0]}") from None


def project_config(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the config that Pulumi.yaml gives all stacks, by full key.

    A key without a namespace belongs to the project. A key that only declares a type has no value.
    """
    config = document.get("config")
    found: dict[str, Any] = {}
    for key, value in config.items() if isinstance(config, dict) else ():
        full = str(key) if ":" in str(key) else f"{name}:{key}"
        if not isinstance(value, dict):
            found[full] = value
        elif "value" in value or "default" in value:
            found[full] = value.get("value", value.get("default"))
    return found
