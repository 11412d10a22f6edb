"""Change values of a product in the stack file's text; all other bytes stay the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode

from tamr_provider.atomic_write import write_file
from tamr_provider.errors import InputError
from tamr_provider.stackfile.project import display_path, read_raw
from tamr_provider.stackfile.pulumi_yaml import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def set_values(text: str, project: str, product: str, values: Mapping[str, str]) -> str:
    """Return the text with a product's values replaced, or added below its version.

    `text` must be a valid stack file. Raises InputError if the product cannot be edited in place,
    or the edit would change another product too, for example through an anchor.
    """
    before = _read_products(text, project)
    for key, value in values.items():
        node = _product(text, project, product)
        try:
            text = _set(text, node, key, value)
        except InputError as error:
            raise InputError(f"products.{product}.{error}") from None
    if _read_products(text, project) != {**before, product: {**before[product], **values}}:
        raise InputError(
            f"products.{product}: shares values with another key (& and *). Edit the file manually."
        )
    return text


def replace_file(path: Path, before: str, text: str) -> None:
    """Replace a file atomically. Raises InputError if it is not `before` anymore, or unwritable."""
    try:
        written = write_file(path, text, lambda: read_raw(path) == before)
    except OSError as error:
        raise InputError(f"{display_path(path)}: cannot be written: {error.strerror}") from None
    if not written:
        raise changed_error(path)


def changed_error(path: Path) -> InputError:
    """Return the error for a file that another program changed during the edit."""
    problem = "the file changed during the edit, so nothing was written. Run the command again."
    return InputError(f"{display_path(path)}: {problem}")


def _read_products(text: str, project: str) -> dict[str, Any]:
    document = parse_yaml(text, "the edited file")
    products = (document.get("config") or {}).get(f"{project}:products") or {}
    return {str(name): product for name, product in products.items()}


def _product(text: str, project: str, product: str) -> MappingNode:
    node: Any = YAML(typ="safe", pure=True).compose(text)
    for key in ("config", f"{project}:products", product):
        node = _find(node, key)
    if not isinstance(node, MappingNode):
        raise InputError(
            f"products.{product}: cannot edit this product in place. Edit the file manually."
        )
    return node


def _find(node: object, key: str) -> object:
    if not isinstance(node, MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _set(text: str, product: MappingNode, key: str, value: str) -> str:
    node = _find(product, key)
    if isinstance(node, ScalarNode) and node.anchor:
        raise InputError(f"{key}: an anchor or an alias (& or *). Edit the file manually.")
    if isinstance(node, ScalarNode) and node.style not in ("|", ">"):
        quoted = _quote(value, node.style)
        return _splice(text, node.start_mark.index, node.end_mark.index, quoted)
    if node is not None:
        raise InputError(f"{key}: not a plain value. Edit the file manually.")
    return _insert(text, product, f"{key}: {_quote(value, None)}")


def _insert(text: str, product: MappingNode, line: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    version = _find(product, "version")
    if not isinstance(version, ScalarNode):  # A merge key adds the version.
        start = product.value[0][0].start_mark
        separator = ", " if product.flow_style else newline + " " * start.column
        return _splice(text, start.index, start.index, line + separator)
    name = next(key for key, _ in product.value if key.value == "version")
    end: int = version.end_mark.index
    if product.flow_style:
        return _splice(text, end, end, f", {line}")
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
    # Quote plain values: the engine would rewrite an unquoted date or number.
    return json.dumps(value, ensure_ascii=not value.isprintable())
