"""The tenant URLs that a change adds, which must not get an API key."""

from __future__ import annotations

from contextlib import closing
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tamr_provider.stackfile.pulumi_yaml import parse_yaml
from tamr_provider.stackfile.since.git import Repository
from tamr_provider.stackfile.since.git_objects import Objects, find_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tamr_provider.stackfile.project import Project


def find_new_urls(project: Project, base: str, urls: Iterable[tuple[str, str]]) -> list[str]:
    """Return a problem for each (stack, URL) that is not in the commit `base`.

    Anyone who can open a pull request can write a URL, and the key would be sent to it.
    """
    repository = Repository.find(project.file.parent)
    if repository is None:
        return [_problem(stack, url, "", base) for stack, url in urls]
    with closing(repository.objects()) as objects:
        reader = _Base(project, repository, objects, base)
        known = [(stack, url, reader.url(stack)) for stack, url in urls]
    return [
        _problem(stack, url, named, base) for stack, url, named in known if url.rstrip("/") != named
    ]


class _Base:
    """A project at a commit, described by the Pulumi.yaml of that commit."""

    def __init__(
        self, project: Project, repository: Repository, objects: Objects, commit: str
    ) -> None:
        self._objects = objects
        self._commit = commit
        path = project.file.resolve().relative_to(repository.top)
        self._folder = PurePosixPath(path.parent.as_posix())
        self._project = self._read(path.name)

    def url(self, stack: str) -> str:
        """Return the URL of a stack, or "" if it has none."""
        folder = self._project.get("stackConfigDir") or "."
        for end in ("yaml", "yml"):
            file = self._read(f"{folder}/Pulumi.{stack}.{end}")
            if file:
                return _url(file) or _url(self._project)
        return ""

    def _read(self, path: str) -> dict[str, Any]:
        """Return a parsed file by its path in the project, or {} if it does not exist."""
        found = find_file(self._objects, self._commit, self._folder / path)
        if found is None:
            return {}
        text = self._objects.content(found).decode("utf-8", "replace")
        document = parse_yaml(text, f"{path} at {self._commit}")
        return document if isinstance(document, dict) else {}


def _url(document: dict[str, Any]) -> str:
    config = document.get("config")
    url = config.get("tamr:url") if isinstance(config, dict) else None
    if isinstance(url, dict):
        url = url.get("value")  # The form that Pulumi.yaml has for all stacks.
    return url.rstrip("/") if isinstance(url, str) else ""


def _problem(stack: str, url: str, named: str, base: str) -> str:
    before = f"{base} has {named or 'none'}"
    return (
        f"stack {stack}: tamr:url: {url} is new in this change ({before}). The key is sent only to "
        "URLs of the base, so nothing was sent. Plan the change after the merge."
    )
