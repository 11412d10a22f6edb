"""The Pulumi project that a command stands in: its name and where its stack files are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tamr_provider.errors import InputError
from tamr_provider.stackfile.parser import StackFile, read_stack_file
from tamr_provider.stackfile.pulumi_yaml import MAX_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_FILES = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True)
class Project:
    """A folder with a Pulumi.yaml; `stack_dir` holds its `Pulumi.<stack>.yaml` files.

    `config` is what Pulumi.yaml gives every stack, by its full keys.
    """

    file: Path
    name: str
    stack_dir: Path
    config: Mapping[str, Any] = field(default_factory=dict)

    def stacks(self) -> list[str]:
        """Return the names of the stacks that have a file, sorted."""
        names = (re.fullmatch(r"Pulumi\.(.+)\.ya?ml", file.name) for file in self._files())
        return sorted({name[1] for name in names if name})

    def stack_file(self, stack: str) -> Path:
        """Return the stack's file. Raises InputError naming the stacks there are."""
        known = ", ".join(self.stacks()) or "none"
        if not stack:
            raise InputError(f"no stack: give --stack or TAMR_STACK; stacks here: {known}")
        for file in self._files():
            if file.name in (f"Pulumi.{stack}.yaml", f"Pulumi.{stack}.yml"):
                return file
        missing = display_path(self.stack_dir / f"Pulumi.{stack}.yaml")
        raise InputError(f"{missing}: no such stack file; stacks here: {known}")

    def read_stack(self, stack: str, now: datetime) -> StackFile:
        """Return what the stack's file says. Raises InputError with every problem at once."""
        path = self.stack_file(stack)
        return read_stack_file(read_text(path), self.name, display_path(path), now, self.config)

    def _files(self) -> list[Path]:
        return sorted(self.stack_dir.glob("Pulumi.*")) if self.stack_dir.is_dir() else []


def find_project(start: Path) -> Project:
    """Return the nearest project from `start` upwards. Raises InputError where there is none."""
    if not start.is_dir():
        raise InputError(f"{start}: no such folder")
    try:
        folder = start.resolve()
    except OSError:
        raise InputError(f"{start}: the folder was deleted; change to another one") from None
    for each in (folder, *folder.parents):
        for name in _FILES:
            if (each / name).is_file():
                return _read_project(each / name)
    raise InputError(f"no Pulumi.yaml in {start} or above it; say where the project is with -C DIR")


def _read_project(path: Path) -> Project:
    where = display_path(path)
    document = read_yaml(read_text(path), where)
    name = document.get("name") if isinstance(document, dict) else None
    if not isinstance(name, str) or not name:
        raise InputError(f"{where}: name: missing; allowed: the project's name")
    folder = document.get("stackConfigDir") or "."
    return Project(path, name, path.parent / str(folder), project_config(document, name))


def project_config(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the config that Pulumi.yaml gives every stack, by its full keys.

    A key without a namespace is the project's own; a key that only declares a type gives nothing.
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


def read_text(path: Path) -> str:
    """Return a file's text with `\\n` as its line ends. Raises InputError if it cannot be read."""
    return read_raw(path).replace("\r\n", "\n").replace("\r", "\n")


def read_raw(path: Path) -> str:
    """Return a file's text with its line ends as they are.

    Raises InputError if it cannot be read, is no file (a pipe would be waited for without an end)
    or is larger than any stack file.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputError(
                f"{display_path(path)}: cannot be read: it is a device or a pipe, not a file"
            )
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(
                f"{display_path(path)}: larger than 1 MB; allowed: a file of at most 1 MB"
            )
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(f"{display_path(path)}: cannot be read: {reason}") from None


def display_path(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError, RuntimeError):  # Python 3.10 to 3.12: a link to itself
        return str(path)
