"""`tamr init`."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.cli.scaffold.origin import Origin, find_origin
from tamr_provider.cli.scaffold.template import PROJECT, template_texts, write_missing
from tamr_provider.errors import InputError

_EXAMPLE_DAY = "2026-11-20"  # The template's; the example of a new project has today's.
_EXAMPLES = "stacks/Pulumi."
_README = "README.md"
_REQUIREMENTS = "requirements.txt"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "none"]),
    default="none",
    show_default=True,
    help="Whose workflows to add: check, up and promote.",
)
def init(directory: Path, ci: str) -> None:
    """Start a project, or add what is missing to one.

    Writes the program, its host, example stacks, the workflows of a CI, and a requirements.txt
    that names where this tamr-provider came from. Files that exist are never changed.
    """
    name = _name(directory)
    templates = [PROJECT] if ci == "none" else [PROJECT, ci]
    texts = template_texts(name, templates)
    if any((directory / "stacks").glob("Pulumi.*")):
        texts = {path: text for path, text in texts.items() if not path.startswith(_EXAMPLES)}
    origin = find_origin()
    texts[_REQUIREMENTS] = f"{origin.requirement}\n"
    today = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    for path in (path for path in texts if path.startswith(_EXAMPLES)):
        texts[path] = texts[path].replace(_EXAMPLE_DAY, today)
    written = write_missing(directory, dict(sorted(texts.items())))
    if _REQUIREMENTS in written and origin.wheel:
        written.append(_write_wheel(directory, origin))
    _say(directory, name, written)
    if ci != "none" and _README not in written and any(path in written for path in _workflows(ci)):
        say(f"\n{_README} exists and was not changed; it lacks this:\n")
        say(template_texts(name, [ci])[_README])


def _name(directory: Path) -> str:
    """Return the project's name: of its Pulumi.yaml if it has one, else the folder's."""
    from tamr_provider.stackfile.project import find_project

    if any((directory / file).is_file() for file in ("Pulumi.yaml", "Pulumi.yml")):
        return find_project(directory).name
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", directory.resolve().name).strip("-.")
    if not name:
        raise InputError(f"{directory}: its name would be the project's; give it letters or digits")
    return name


def _write_wheel(directory: Path, origin: Origin) -> str:
    path = directory / "wheels" / origin.wheel_name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(origin.wheel)
    return f"wheels/{origin.wheel_name}"


def _workflows(ci: str) -> list[str]:
    return [path for path in template_texts("", [ci]) if path != _README]


def _say(directory: Path, name: str, written: list[str]) -> None:
    if not written:
        say(f"project {name} in {directory} lacks nothing; nothing was written")
        return
    say("\n".join(f"  {path}" for path in written))
    say(f"\nproject {name} is in {directory}; next: its README.md")
