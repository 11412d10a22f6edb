"""The line of the file that a problem is about, found by the problem's path."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

_INDEX = re.compile(r"\[(\d+)\]")

_Entry = tuple[int, Any]  # The line of a key or an item, and the node of its value.
_NOWHERE: _Entry = (1, None)


class ProblemLines:
    """Finds the line of a problem in a file that is valid YAML."""

    def __init__(self, text: str, project: str) -> None:
        root: Any = YAML(typ="safe", pure=True).compose(text)
        self._products = f"{project}:products"
        self._line, self._config = _find_entry(root, "config") or _NOWHERE

    def find(self, problem: str) -> int:
        """Return the line of the longest part of the path that the file has."""
        if problem.startswith(("products.", "products:")):
            entry, rest = _find_entry(self._config, self._products), problem[len("products") :]
        else:
            entry, rest = _find_longest(self._config, problem)
        line = self._line
        while entry is not None:
            line, node = entry
            entry, rest = _descend(node, rest)
        return line


def _descend(node: object, rest: str) -> tuple[_Entry | None, str]:
    """Return the entry that the path continues with, None at its end, and the rest."""
    index = _INDEX.match(rest)
    if index is not None and isinstance(node, SequenceNode):
        item = node.value[int(index[1])]
        return (item.start_mark.line + 1, item), rest[index.end() :]
    return _find_longest(node, rest[1:]) if rest.startswith(".") else (None, rest)


def _find_longest(node: object, rest: str) -> tuple[_Entry | None, str]:
    """Return the entry with the longest key that the text starts with: names may have dots."""
    entries = node.value if isinstance(node, MappingNode) else ()
    keys = [key.value for key, _ in entries if isinstance(key, ScalarNode)]
    fitting = [key for key in keys if re.match(re.escape(key) + r"[.:\[]", rest)]
    if not fitting:
        return None, rest
    longest = max(fitting, key=len)
    return _find_entry(node, longest), rest[len(longest) :]


def _find_entry(node: object, name: str) -> _Entry | None:
    for key, value in node.value if isinstance(node, MappingNode) else ():
        if key.value == name:
            return key.start_mark.line + 1, value
    return None
