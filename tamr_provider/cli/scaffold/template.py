"""The files that a project starts from; `pulumi new` takes the same folder.

It puts a line end after the project's name in files that end in .yaml, so the stack files carry a
${DESCRIPTION} at the end of their names, which it drops there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROJECT = "project"
DEMO = "demo"
_TEMPLATES = Path(__file__).parents[2] / "templates"
_CORE = ("Pulumi.yaml", "stacks/__main__.py", "stacks/host")
_DESCRIPTION = "Data refreshes on Tamr Cloud as deployments"


def write_core(folder: Path, name: str) -> None:
    """Write what every project has: Pulumi.yaml, the program and the host."""
    texts = template_texts(name, [PROJECT])
    write_missing(folder, {path: text for path, text in texts.items() if path.startswith(_CORE)})


def template_texts(name: str, templates: Sequence[str]) -> dict[str, str]:
    """Return the files of a project of that name by path; parts of one file are joined."""
    texts: dict[str, str] = {}
    for template in templates:
        for path, source in _files(template).items():
            text = source.read_text(encoding="utf-8").replace("${PROJECT}", name)
            text = text.replace("${DESCRIPTION}", _DESCRIPTION)
            texts[path] = f"{texts[path]}\n{text}" if path in texts else text
    return texts


def write_missing(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Write the files that are not there yet, and return their paths."""
    missing = [path for path in texts if not (folder / path).exists()]
    try:
        for path in missing:
            _write(folder / path, texts[path])
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be written: {error.strerror}") from None
    return missing


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    target.chmod(0o755 if text.startswith("#!") else 0o644)


def _files(template: str) -> dict[str, Path]:
    """Return a template's files by the path that they get in a project."""
    root = _TEMPLATES / template
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {
        path.relative_to(root).as_posix().replace("${DESCRIPTION}", ""): path
        for path in files
        if "__pycache__" not in path.parts
    }
