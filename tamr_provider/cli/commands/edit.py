"""`tamr bump` and `tamr retry`: the two edits of a stack file."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import project_options
from tamr_provider.cli.output.printing import say
from tamr_provider.errors import InputError
from tamr_provider.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from pathlib import Path

    from tamr_provider.stackfile.product import Product

NOW = "now"


@click.command()
@project_options
@click.argument("product")
@click.argument("version")
@click.option("--since", default="", help="Since when data counts as new enough.  [default: now]")
def bump(directory: Path, stack: str, product: str, version: str, since: str) -> None:
    """Write a product's version and since into the stack file.

    The same version with a new since runs everything again. An older version is a rollback: it
    is pinned, so that `tamr promote` leaves it alone until it is told --release.
    """
    moment = parse_timestamp(since) if since else None
    if since and moment is None:
        raise InputError(f"--since: found {since!r}; allowed: a time such as 2026-11-20T09:00:00Z")
    values = {"version": version, "since": format_timestamp(moment) if moment else NOW}
    edit = Edit(directory, stack, product, os.environ.get("TAMR_URL", ""))
    say(edit.write(values, may_roll_back=True))


@click.command()
@project_options
@click.argument("product")
def retry(directory: Path, stack: str, product: str) -> None:
    """Forgive a product's failed and stopped jobs: what was held may run again."""
    edit = Edit(directory, stack, product, os.environ.get("TAMR_URL", ""))
    say(edit.write({"retriedAt": NOW}))


def now() -> datetime:
    """Return this moment in whole seconds, as it is written into files: rounded up."""
    return _round_up(datetime.now(timezone.utc))


class Edit:
    """An edit of one product in a stack file; `url` wins over the file's own tenant."""

    def __init__(self, directory: Path, stack: str, product: str, url: str = "") -> None:
        from tamr_provider.stackfile.project import display_path, find_project

        self._project = find_project(directory)
        self._stack = stack
        self._name = product
        self._path = self._project.stack_file(stack)
        self._where = display_path(self._path)
        self._given_url = url
        self._read()

    def _read(self) -> None:
        from tamr_provider.stackfile.parser import parse_stack_file
        from tamr_provider.stackfile.project import read_raw

        self._original = read_raw(self._path)
        file = parse_stack_file(
            self._original, self._project.name, self._where, now(), self._project.config
        )
        if self._name not in file.products:
            known = ", ".join(file.products) or "none"
            raise InputError(f"{self._where}: no product {self._name}; products here: {known}")
        self.before = file.products[self._name]
        self._url = self._given_url or file.url

    def write(
        self,
        values: dict[str, str],
        may_roll_back: bool = False,
        is_dry_run: bool = False,
        only_over: Product | None = None,
    ) -> str:
        """Write values into the stack file, and return what changed in one line.

        Other edits of the file are waited for, and stay. A time of NOW becomes one that no job of
        before can reach. Raises InputError if a since would not count, or if the product is not
        `only_over` any more.
        """
        from tamr_provider.atomic_write import lock_folder
        from tamr_provider.stackfile.editing import changed_error

        moment = self._latest_clock() if NOW in values.values() else None
        with lock_folder(self._path):
            self._read()
            if only_over is not None and self.before != only_over:
                raise changed_error(self._path)
            return self._replace(values, moment, may_roll_back, is_dry_run)

    def _replace(
        self, values: dict[str, str], moment: datetime | None, may_roll_back: bool, is_dry_run: bool
    ) -> str:
        from tamr_provider.stackfile.editing import replace_file, set_values
        from tamr_provider.stackfile.version_change import is_older

        if moment is not None:
            late = format_timestamp(self._later_than_all(moment, values.get("version")))
            values = {key: late if value == NOW else value for key, value in values.items()}
        note = ""
        if may_roll_back and is_older(values["version"], self.before.version):
            values = {**values, "pinned": values["version"]}
            note = f"; a rollback from {self.before.version}, pinned until: tamr promote --release"
        try:
            text = set_values(self._original, self._project.name, self._name, values)
        except InputError as error:
            raise InputError(f"{self._where}: {error}") from None
        self._check(text, "since" in values)
        if not is_dry_run:
            replace_file(self._path, self._original, text)
        changes = ", ".join(f"{key} {value}" for key, value in values.items())
        return f"{self._where}: {self._name}: {changes}{note}"

    def _latest_clock(self) -> datetime:
        """Return the later of this machine's and the tenant's time.

        In whole seconds, rounded up: a job of this very second is not later than itself.
        """
        from tamr_provider.client.tenant_time import read_tenant_time

        here = datetime.now(timezone.utc)
        there = read_tenant_time(self._url, here) if self._url else None
        if there is None:
            name = self._url or "the tenant: no tamr:url"
            say(f"warning: the time is this machine's, since {name} did not say its own", err=True)
        return _round_up(max(here, there or here))

    def _later_than_all(self, moment: datetime, version: str | None) -> datetime:
        """Return a time from that moment on which no other version of the product reaches."""
        from pydantic_core import PydanticCustomError

        from tamr_provider.stackfile.since.lookup import earliest_since
        from tamr_provider.stackfile.values import canonical_version

        if version is None:
            return moment
        try:
            canonical = canonical_version(version)
        except PydanticCustomError as error:
            place = f"{self._where}: products.{self._name}.version"
            raise InputError(f"{place}: {error.message()}") from None
        wanted = self.before.model_copy(update={"version": canonical})
        return earliest_since(self._project, self._stack, self._name, wanted, moment)

    def _check(self, text: str, is_since: bool) -> None:
        """Refuse a text that is no stack file, or a since that would not count in it."""
        from tamr_provider.stackfile.parser import parse_stack_file
        from tamr_provider.stackfile.since.lookup import find_floor

        project = self._project
        file = parse_stack_file(text, project.name, self._where, now(), project.config)
        after = file.products[self._name]
        if not is_since or after.since is None:
            return
        floor = find_floor(project, self._stack, self._name, self.before, after, now())
        if floor is not None:
            late = f"since {format_timestamp(after.since)} is not after {format_timestamp(floor)}"
            counts = "from when an earlier version counts; give a later --since"
            raise InputError(f"{self._where}: products.{self._name}: {late}, {counts}")


def _round_up(moment: datetime) -> datetime:
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)
