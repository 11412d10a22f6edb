"""Pages of the site that are made from the code and from the package's metadata."""

from __future__ import annotations

import inspect
import json
import re
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, is_typeddict

import click

from tamr_provider import resources as public
from tamr_provider.cli import main
from tamr_provider.doctor.engine import MIN_CLI
from tamr_provider.stackfile.schema import schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import PackageMetadata


def write_pages(folder: Path) -> None:
    """Write the pages that are not committed, each only if it changed."""
    made = {"commands": commands(), "stack-file": stack_file(), "versions": versions()}
    for name, text in made.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def commands() -> str:
    """Return the page of all commands, from their own help."""
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
        lines += [
            f"## {title}",
            "",
            "| key | type | default | meaning |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_row(name, value, schema) for name, value in properties.items()] + [""]
    return "\n".join(lines)


def _objects(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    parts = schema["$defs"]
    for name in sorted(parts, key=lambda part: part != "Product"):
        if "properties" in parts[name]:
            yield name, parts[name]["properties"]


def _row(name: str, value: dict[str, Any], schema: dict[str, Any]) -> str:
    default = json.dumps(value["default"]) if value.get("default") not in (None, [], "") else ""
    text = " ".join(str(value.get("description", "")).split()).replace("|", "\\|")
    return f"| `{name}` | {_kind(value, schema)} | {default} | {text} |"


def _kind(value: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return the allowed type in a word or two."""
    options = value.get("anyOf") or value.get("oneOf")
    if options:
        kinds = [_kind(option, schema) for option in options if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return str(schema["$defs"][name].get("title", name))
    if value.get("type") == "array":
        return f"list of {_kind(value.get('items', {}), schema)}"
    if "enum" in value or "const" in value:
        return " or ".join(json.dumps(option) for option in value.get("enum", [value.get("const")]))
    kinds = value.get("type", "any")
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def resources() -> str:
    """Return the page of what `tamr_provider.resources` exports, from signatures and docstrings."""
    lines = [
        "# Resources",
        "",
        "A Pulumi program, for example `stacks/__main__.py`, imports these from",
        "`tamr_provider.resources`.",
    ]
    for member in (getattr(public, name) for name in public.__all__):
        lines += ["", f"## {member.__name__}", "", "```text", _signature(member), "```", ""]
        lines += _markdown(inspect.getdoc(member) or "")
    return "\n".join(lines) + "\n"


def versions() -> str:
    """Return the page of supported versions, dependencies and licenses, from the metadata."""
    own = metadata("tamr-provider")
    rows = [
        _dependency(text) for text in own.get_all("Requires-Dist", []) if "extra ==" not in text
    ]
    return _VERSIONS.format(
        version=own["Version"],
        license=_license(own),
        python=own["Requires-Python"],
        sdk=next(row for row in rows if row.startswith("| pulumi |")).split("|")[2].strip(),
        cli=".".join(map(str, MIN_CLI)),
        rows="\n".join(sorted(rows)),
    )


def _dependency(requirement: str) -> str:
    name, versions_ = re.fullmatch(r"([\w-]+)(?:\[\w+\])?(.*)", requirement).groups()  # type: ignore[union-attr]
    found = metadata(name)
    return f"| {found['Name']} | {versions_} | {found['Version']} | {_license(found)} |"


def _license(found: PackageMetadata) -> str:
    """Return the license that a package states: an expression, a short text, or a classifier."""
    stated = found.get("License-Expression") or found.get("License", "")
    if stated and "\n" not in stated and len(stated) < _MAX_LICENSE:
        return stated
    classifiers = [text for text in found.get_all("Classifier", []) if text.startswith("License")]
    return classifiers[0].rpartition(" :: ")[2] if classifiers else "see its page"


_MAX_LICENSE = 40
_VERSIONS = """\
# Versions and licenses

Made from the package's metadata when this site was built.

| | |
| --- | --- |
| tamr-provider | {version}, {license} |
| Python | {python} |
| Pulumi SDK | {sdk} |
| Pulumi CLI | {cli} or newer; `tamr doctor` checks that it fits the SDK. `tamr up` needs no CLI |
| git | any version; it must be on PATH |
| Tamr | Tamr Cloud, Jobs API `v1beta1` |

## Dependencies

`pip` installs these with tamr-provider. The site was built with the versions in the third column.

| package | range | here | license |
| --- | --- | --- | --- |
{rows}
"""


def _signature(member: Any) -> str:
    if is_typeddict(member):
        keys = (f"{name}: {kind}" for name, kind in member.__annotations__.items())
        return f"{member.__name__}(\n    " + ",\n    ".join(map(_plain, keys)) + ",\n)"
    signature = inspect.signature(member)
    parameters = list(_parameters(signature))
    returns = f" -> {signature.return_annotation}" if inspect.isfunction(member) else ""
    if not parameters:
        return f"{member.__name__}(){returns}"
    return f"{member.__name__}(\n    " + ",\n    ".join(parameters) + f",\n){returns}"


def _plain(annotation: str) -> str:
    return re.sub(r"ForwardRef\('([^']*)'[^)]*\)", r"\1", annotation)


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    is_keyword_only = False
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not is_keyword_only:
            is_keyword_only = True
            yield "*"
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        yield f"{parameter.name}: {parameter.annotation}{default}"


def _markdown(docstring: str) -> list[str]:
    """Return a docstring with its sections (Args, Attributes, Raises) as lists."""
    lines: list[str] = []
    for line in docstring.splitlines():
        entry = re.fullmatch(r"    ([\w.]+): (.*)", line)
        if re.fullmatch(r"[A-Z]\w+:", line):
            lines += [f"**{line.removesuffix(':')}**", ""]
        elif entry:
            lines.append(f"- `{entry[1]}`: {entry[2]}")
        elif line.startswith("        "):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return lines


if __name__ == "__main__":
    Path(__file__).with_suffix("").joinpath("resources.md").write_text(resources(), "utf-8")
