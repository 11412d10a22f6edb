"""The files of a new project, or those that an existing one lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.cli.scaffold.origin import find_origin
from tamr_provider.cli.scaffold.template import PROJECT, template_texts, write_missing
from tamr_provider.errors import InputError
from tamr_provider.stackfile.project import find_project

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_EXAMPLE_DAY = "2026-11-20"  # The template's; a new project gets today's.
_EXAMPLES = "stacks/Pulumi."
_FIRST_STACK = "staging"  # Of the template.
_README = "README.md"
_REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class WrittenProject:
    """The paths of a project that were added, and those that it had.

    `readme` is what an existing README lacks, or "". `stack` is one to start with, "" for none.
    """

    name: str
    added: tuple[str, ...]
    kept: tuple[str, ...]
    readme: str
    stack: str


def write_project(directory: Path, ci: str, now: datetime) -> WrittenProject:
    """Write the missing files of a project; `ci` is a template of workflows, or empty."""
    name = _find_name(directory)
    texts = template_texts(name, [PROJECT, ci] if ci else [PROJECT])
    known = [path for path in sorted({*texts, _REQUIREMENTS}) if (directory / path).exists()]
    if any((directory / "stacks").glob("Pulumi.*")):
        texts = {path: text for path, text in texts.items() if not path.startswith(_EXAMPLES)}
    origin = find_origin()
    texts[_REQUIREMENTS] = f"{origin.requirement}\n"
    for path in (path for path in texts if path.startswith(_EXAMPLES)):
        texts[path] = texts[path].replace(_EXAMPLE_DAY, f"{now:%Y-%m-%d}")
    paths = write_missing(directory, dict(sorted(texts.items())))
    if _REQUIREMENTS in paths and origin.wheel:
        wheel = directory / "wheels" / origin.wheel_name
        wheel.parent.mkdir(exist_ok=True)
        wheel.write_bytes(origin.wheel)
        paths.append(f"wheels/{origin.wheel_name}")
    workflows = template_texts(name, [ci]) if ci else {}
    readme = workflows.pop(_README, "")
    lacks_readme = _README not in paths and any(path in paths for path in workflows)
    return WrittenProject(
        name=name,
        added=tuple(paths),
        kept=tuple(known),
        readme=readme if lacks_readme else "",
        stack=_find_stack(directory),
    )


def _find_stack(directory: Path) -> str:
    stacks = find_project(directory).stacks()
    return _FIRST_STACK if _FIRST_STACK in stacks else next(iter(stacks), "")


def _find_name(directory: Path) -> str:
    if any((directory / file).is_file() for file in ("Pulumi.yaml", "Pulumi.yml")):
        return find_project(directory).name
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", directory.resolve().name).strip("-.")
    if not name:
        raise InputError(
            f"{directory}: cannot derive a project name. Use a folder name with letters or digits"
        )
    return name
