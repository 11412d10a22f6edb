"""Change single values of a product in the stack file's text; every other byte stays."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode

from tamr_provider.errors import InputError
from tamr_provider.stackfile.project import read_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping


def set_values(text: str, project: str, product: str, values: Mapping[str, str]) -> str:
    """Return the text with a product's values replaced, or added below its version.

    The text has to be a valid stack file. Raises InputError where the product cannot be edited
    in place.
    """
    for key, value in values.items():
        text = _set(text, _product(text, project, product), key, value)
    return text


def replace_text(path: Path, before: str, text: str) -> None:
    """Replace a file at once, so that no reader and no crash sees half of it.

    `before` is the text that was read. Raises InputError, and writes nothing, where somebody
    changed the file since then.
    """
    try:
        mode = path.stat().st_mode
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(name).chmod(mode)
        if read_for_edit(path) != before:
            Path(name).unlink()
            raise InputError(f"{shown(path)}: somebody changed it meanwhile; nothing was written")
        Path(name).replace(path)
    except OSError as error:
        raise InputError(f"{shown(path)}: cannot be written: {error.strerror}") from None


def read_for_edit(path: Path) -> str:
    """Return a file's text with its line ends as they are."""
    read_text(path)  # says what is wrong where it cannot be read
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def _product(text: str, project: str, product: str) -> MappingNode:
    node: Any = YAML(typ="safe", pure=True).compose(text)
    for key in ("config", f"{project}:products", product):
        node = _find(node, key)
    if not isinstance(node, MappingNode):
        raise InputError(f"products.{product}: not found as a mapping of its own; edit it by hand")
    return node


def _find(node: object, key: str) -> object:
    if not isinstance(node, MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _set(text: str, product: MappingNode, key: str, value: str) -> str:
    node = _find(product, key)
    if isinstance(node, ScalarNode) and node.style not in ("|", ">"):
        quoted = _quote(value, node.style)
        return _splice(text, node.start_mark.index, node.end_mark.index, quoted)
    if node is not None:
        raise InputError(f"{key}: not a plain value; edit it by hand")
    return _insert(text, product, f"{key}: {_quote(value, None)}")


def _insert(text: str, product: MappingNode, line: str) -> str:
    name, version = next(pair for pair in product.value if pair[0].value == "version")
    end: int = version.end_mark.index
    if product.flow_style:
        return _splice(text, end, end, f", {line}")
    newline = "\r\n" if "\r\n" in text else "\n"
    indented: str = " " * name.start_mark.column + line
    line_end: int = text.find("\n", end)
    if line_end < 0:
        return text + newline + indented
    return _splice(text, line_end + 1, line_end + 1, indented + newline)


def _splice(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _quote(value: str, style: str | None) -> str:
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    # A plain value gains quotes: the engine would respell an unquoted date or number.
    return json.dumps(value, ensure_ascii=False)
