"""The configuration of a job, and its form in the body of a create."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.emulator.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_NAMES = {
    "load": ("sourceId",),
    "update": ("dataProductId", "workflowId"),
    "publish": ("destinationId", "dataProductId"),
}
_REQUIRED = {
    "load": "sourceId",
    "update": "one of dataProductId and workflowId",
    "publish": "destinationId",
}


@dataclass(frozen=True)
class EmulatedConfiguration:
    """A type (load, update or publish) and its set ids by their JSON names."""

    type: str
    ids: Mapping[str, str]

    def __str__(self) -> str:
        return " ".join([self.type, *self.ids.values()])


def parse_configuration(job: object) -> EmulatedConfiguration:
    """Read the configuration from the body of a create. Raises ApiError (assumption U4)."""
    if not isinstance(job, dict):
        raise ApiError(400, "the body must be a JSON object")
    given = job.get("configuration")
    if not isinstance(given, dict):
        raise ApiError(400, "configuration is missing or not an object")
    types = [name for name in ID_NAMES if given.get(name) is not None]
    if len(types) != 1:
        found = " and ".join(types) or "none"
        raise ApiError(400, f"configuration: expected one of load, update, publish, got {found}")
    return _parse_ids(types[0], given[types[0]])


def _parse_ids(kind: str, given: object) -> EmulatedConfiguration:
    if not isinstance(given, dict):
        raise ApiError(400, f"configuration.{kind} is not an object")
    ids = {name: _id(given.get(name), f"configuration.{kind}.{name}") for name in ID_NAMES[kind]}
    ids = {name: value for name, value in ids.items() if value}
    complete = len(ids) == 1 if kind == "update" else ID_NAMES[kind][0] in ids
    if not complete:
        found = " and ".join(ids) or "no id"
        raise ApiError(400, f"configuration.{kind}: expected {_REQUIRED[kind]}, got {found}")
    return EmulatedConfiguration(kind, ids)


def _id(value: object, path: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ApiError(400, f"{path} is not a string")
    return value
