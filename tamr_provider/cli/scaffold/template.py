"""The templates of a project; `pulumi new` uses the same folder.

That adds a line break after the project's name in .yaml files, so the names of the stack files end
in ${DESCRIPTION}, which both remove.
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
    """Write the files of every project: Pulumi.yaml, the program and the host."""
    texts = template_texts(name, [PROJECT])
    write_missing(folder, {path: text for path, text in texts.items() if path.startswith(_CORE)})


def template_texts(name: str, templates: Sequence[str]) -> dict[str, str]:
    """Return the texts of a project's files by path; parts of one file are joined."""
    texts: dict[str, str] = {}
    for template in templates:
        for path, source in _list_files(template).items():
            text = source.read_text(encoding="utf-8").replace("${PROJECT}", name)
            text = text.replace("${DESCRIPTION}", _DESCRIPTION)
            texts[path] = f"{texts[path]}\n{text}" if path in texts else text
    return texts


def write_missing(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Write the files that do not exist, and return their paths."""
    missing = [path for path in texts if not (folder / path).exists()]
    try:
        for path in missing:
            target, text = folder / path, texts[path]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            target.chmod(0o755 if text.startswith("#!") else 0o644)
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be written: {error.strerror}") from None
    return missing


def _list_files(template: str) -> dict[str, Path]:
    root = _TEMPLATES / template
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {
        path.relative_to(root).as_posix().replace("${DESCRIPTION}", ""): path
        for path in files
        if "__pycache__" not in path.parts
    }
