"""Which tenants a change may have asked: those that its base names."""

from __future__ import annotations

from contextlib import closing
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tamr_provider.stackfile.pulumi_yaml import read_yaml
from tamr_provider.stackfile.since.git import Objects, Repository, find_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tamr_provider.stackfile.project import Project


def address_problems(
    project: Project, base: str, addresses: Iterable[tuple[str, str]]
) -> list[str]:
    """Return a line for each address, given by stack, that the commit `base` does not name.

    Whoever opens a pull request can write any address, and the key would follow it.
    """
    repository = Repository.find(project.file.parent)
    if repository is None:
        return [_problem(stack, url, "", base) for stack, url in addresses]
    with closing(repository.objects()) as objects:
        reader = _Base(project, repository, objects, base)
        known = [(stack, url, reader.address(stack)) for stack, url in addresses]
    return [
        _problem(stack, url, named, base) for stack, url, named in known if url.rstrip("/") != named
    ]


class _Base:
    """A project as a commit has it, described by the Pulumi.yaml of that commit."""

    def __init__(
        self, project: Project, repository: Repository, objects: Objects, commit: str
    ) -> None:
        self._objects = objects
        self._commit = commit
        path = project.file.resolve().relative_to(repository.top)
        self._folder = PurePosixPath(path.parent.as_posix())
        self._project = self._read(path.name)

    def address(self, stack: str) -> str:
        """Return the address of a stack, empty if it has none."""
        folder = self._project.get("stackConfigDir") or "."
        for end in ("yaml", "yml"):
            file = self._read(f"{folder}/Pulumi.{stack}.{end}")
            if file:
                return _url(file) or _url(self._project)
        return ""

    def _read(self, path: str) -> dict[str, Any]:
        """Return a file by its path from the project's folder, empty if it is not there."""
        found = find_file(self._objects, self._commit, self._folder / path)
        if found is None:
            return {}
        text = self._objects.content(found).decode("utf-8", "replace")
        document = read_yaml(text, f"{path} at {self._commit}")
        return document if isinstance(document, dict) else {}


def _url(document: dict[str, Any]) -> str:
    config = document.get("config")
    url = config.get("tamr:url") if isinstance(config, dict) else None
    if isinstance(url, dict):
        url = url.get("value")  # As Pulumi.yaml writes what all stacks share.
    return url.rstrip("/") if isinstance(url, str) else ""


def _problem(stack: str, url: str, named: str, base: str) -> str:
    before = f"{base} has {named or 'none'}"
    return (
        f"stack {stack}: tamr:url: {url} comes with this change ({before}). A key goes only to an "
        "address that the base names, so nothing was sent. Plan it after the merge"
    )
