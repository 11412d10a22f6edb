"""Pages of the site that are made from the code when the site is built."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from mkdocs.structure.files import File

from tamr_provider.cli import main
from tamr_provider.stackfile.schema import schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages; mkdocs calls this by its name."""
    made = {"commands": commands(), "stack-file": stack_file(), "python": _PYTHON}
    for name, text in made.items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def commands() -> str:
    """Return the page of all commands as their own help describes them."""
    return "# Commands\n\n" + "\n".join(_helps(main, click.Context(main, info_name="tamr")))


def _helps(command: click.Command, context: click.Context) -> Iterator[str]:
    level = "#" * min(4, 1 + len(context.command_path.split()))
    yield f"{level} `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _helps(below, click.Context(below, info_name=name, parent=context))


def stack_file() -> str:
    """Return the page of the stack file's keys, from its JSON Schema."""
    schema = json.loads(schema_text())
    lines = ["# Stack file", "", "From the JSON Schema that `tamr schema` prints.", ""]
    for title, properties in _objects(schema):
        lines += [f"## {title}", "", "| key | allowed | default | |", "| --- | --- | --- | --- |"]
        lines += [_row(name, each, schema) for name, each in properties.items()] + [""]
    return "\n".join(lines)


def _objects(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    parts = schema["$defs"]
    for name in sorted(parts, key=lambda each: each != "Product"):
        if "properties" in parts[name]:
            yield name, parts[name]["properties"]


def _row(name: str, each: dict[str, Any], schema: dict[str, Any]) -> str:
    default = json.dumps(each["default"]) if each.get("default") not in (None, [], "") else ""
    told = " ".join(str(each.get("description", "")).split()).replace("|", "\\|")
    return f"| `{name}` | {_kind(each, schema)} | {default} | {told} |"


def _kind(each: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return what is allowed, in a word or two."""
    options = each.get("anyOf") or each.get("oneOf")
    if options:
        kinds = [_kind(option, schema) for option in options if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in each:
        name = each["$ref"].rpartition("/")[2]
        return str(schema["$defs"][name].get("title", name))
    if each.get("type") == "array":
        return f"list of {_kind(each.get('items', {}), schema)}"
    if "enum" in each or "const" in each:
        return " or ".join(json.dumps(option) for option in each.get("enum", [each.get("const")]))
    kinds = each.get("type", "any")
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


_PYTHON = """\
# Python

What a Pulumi program imports from `tamr_provider.resources`; `stacks/__main__.py` is one.

::: tamr_provider.resources.pipeline.Pipeline

::: tamr_provider.resources.steps.Wanted

::: tamr_provider.resources.steps.Load

::: tamr_provider.resources.steps.Update

::: tamr_provider.resources.steps.Publish

::: tamr_provider.resources.program
"""
